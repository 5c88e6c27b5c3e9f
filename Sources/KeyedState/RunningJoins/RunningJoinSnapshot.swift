import Columns
import Schemas

extension RunningJoinStore {
  package static let stateNames = ["left", "right"]

  package var declarations: [StateDeclaration] {
    [declaration(.left), declaration(.right)]
      + [JoinSide.left, .right].map { WaitingInputs.declaration(shape, $0) }
      + [JoinProgress.declaration]
  }

  func declaration(_ side: JoinSide) -> StateDeclaration {
    StateDeclaration(
      name: Self.stateNames[side.rawValue], kind: .keyed,
      schema: Schema(sides[side.rawValue].declaration), keyColumns: 0,
      parameters: shape.parameters)
  }
}

extension RunningJoinShape {
  /// What the rows of its states mean. Each has its time: how long it is kept may change.
  var parameters: String {
    "running \(join.kind.rawValue)\(expiry == nil ? "" : ", expiring")"
      + (origin.isEmpty ? "" : " of \(origin)")
  }
}

/// The rows of both sides of a running join at a barrier, and those that wait to be taken.
final class RunningJoinSnapshot: StateSnapshot, @unchecked Sendable {
  struct Side: Sendable {
    let declaration: StateDeclaration
    let rowKeys: SortKeys
    let types: [DataType]
    let hasTimes: Bool
    let rows: SavedValues
  }

  let isDelta: Bool
  private let progress: StateBlock
  private let waiting: WaitingInputs
  private let table: GroupTable
  private let sides: [Side]

  init(
    isDelta: Bool, progress: StateBlock, waiting: WaitingInputs, table: GroupTable, sides: [Side]
  ) {
    self.isDelta = isDelta
    self.progress = progress
    self.waiting = waiting
    self.table = table
    self.sides = sides
  }

  func write(to writer: any StateWriter) throws {
    try writer.write(progress)
    try waiting.write(to: writer)
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
