import Columns
import Schemas

/// The rows of both sides of a running join at a barrier.
final class RunningJoinSnapshot: StateSnapshot, @unchecked Sendable {
  struct Side: Sendable {
    let declaration: StateDeclaration
    let rowKeys: SortKeys
    let types: [DataType]
    let hasTimes: Bool
    let rows: SavedValues
  }

  let isDelta: Bool
  private let progress: StateBlock?
  private let table: GroupTable
  private let sides: [Side]

  init(isDelta: Bool, progress: StateBlock?, table: GroupTable, sides: [Side]) {
    self.isDelta = isDelta
    self.progress = progress
    self.table = table
    self.sides = sides
  }

  func write(to writer: any StateWriter) throws {
    if let progress { try writer.write(progress) }
    for side in sides {
      try [side.rows].write(side.declaration.name, by: table, to: writer) { part in
        Self.batch(side, part)
      }
    }
  }

  private static func batch(_ side: Side, _ part: ArraySlice<SavedMember>) -> Batch {
    let counts = Column(fixed: .int, rowCount: part.count)
    let times = Column(fixed: .timestamp, rowCount: part.count)
    var rows: [UnsafeBufferPointer<UInt8>] = []
    for (row, place) in part.enumerated() {
      let bytes = side.rows.bytes(place.member)
      counts.ints[row] = side.rows.counts[place.member]
      if side.hasTimes { times.ints[row] = RunningJoinSide.time(of: bytes) }
      rows.append(bytes)
    }
    let columns = side.rowKeys.columns(rows, side.types)
    return Batch(
      schema: side.declaration.schema,
      columns: columns + (side.hasTimes ? [times] : []) + [counts], rowCount: part.count)
  }
}

/// The watermarks at which rows of key groups were kept, as a restore brings them.
package struct RunningJoinProgress {
  private var marks = Array(repeating: Timestamp.beginning, count: KeyGroup.count)

  package init() {}

  /// Takes a block over if it is one of these.
  package mutating func add(_ block: StateBlock) -> Bool {
    guard block.state == JoinProgress.name else { return false }
    let rows = block.rows.gathered()
    for row in 0..<rows.rowCount {
      let (first, last) = (rows.columns[0].ints[row], rows.columns[1].ints[row])
      guard first >= 0, first <= last, last < Int64(KeyGroup.count) else { continue }
      let mark = Timestamp(microseconds: rows.columns[2].ints[row])
      for group in Int(first)...Int(last) { marks[group] = mark }
    }
    return true
  }

  func watermark(of keyGroups: Range<Int>) -> Timestamp {
    marks[keyGroups].min() ?? .beginning
  }
}
