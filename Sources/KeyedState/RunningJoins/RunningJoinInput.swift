import Columns
import Schemas

/// Rows of a side that wait to be taken.
struct RunningJoinInput: @unchecked Sendable {
  /// Without a selection; nobody changes it.
  let batch: Batch
  let side: JoinSide
  /// The number of the batch's first row, by which what came is told from what comes.
  let serial: Int64
  /// The watermark at which they came.
  let mark: Timestamp
  /// The first row that is not taken.
  var first = 0

  var rows: Range<Int> { first..<batch.rowCount }
}

/// Such rows in snapshots.
struct WaitingInputs: Sendable {
  static let stateNames = ["left_input", "right_input"]
  private static let unseen = [
    Field("$time", .timestamp, nullable: true), Field("$watermark", .timestamp),
    Field("$gone", .bool), Field("$serial", .int),
  ]

  static func declaration(_ shape: RunningJoinShape, _ side: JoinSide) -> StateDeclaration {
    StateDeclaration(
      name: stateNames[side.rawValue], kind: .keyed,
      schema: Schema(shape.join.schema(side).fields + unseen), keyColumns: 0,
      parameters: shape.parameters)
  }

  private let shape: RunningJoinShape
  private let inputs: [RunningJoinInput]

  /// Those from a serial number on.
  init(_ shape: RunningJoinShape, _ inputs: [RunningJoinInput], from serial: Int64) {
    self.shape = shape
    self.inputs = inputs.compactMap { input in
      var input = input
      let told = min(Int(clamping: serial - input.serial), input.batch.rowCount)
      input.first = max(input.first, told)
      return input.rows.isEmpty ? nil : input
    }
  }

  func write(to writer: any StateWriter) throws {
    for side in [JoinSide.left, .right] {
      let own = inputs.filter { $0.side == side }
      var places: [PartPlace] = []
      for (part, input) in own.enumerated() {
        places += input.rows.map {
          PartPlace(
            part: UInt32(truncatingIfNeeded: part), number: UInt32(truncatingIfNeeded: $0))
        }
      }
      let keys = shape.join.keys(side)
      try RowBlocks(Self.declaration(shape, side), own.map(\.columns))
        .write(places, own.map { $0.hashes(keys) }, to: writer)
    }
  }
}

extension RunningJoinInput {
  fileprivate var columns: [Column?] {
    let count = batch.rowCount
    let gone = Column(fixed: .bool, rowCount: count)
    let serials = Column(fixed: .int, rowCount: count)
    for row in 0..<count {
      gone.bools[row] = batch.takesBack(row) ? 1 : 0
      serials.ints[row] = serial + Int64(row)
    }
    return batch.columns
      + [
        batch.hidden.eventTimes,
        .repeating(mark.microseconds, .timestamp, rowCount: count), gone, serials,
      ]
  }

  fileprivate func hashes(_ keys: [Int]) -> [UInt64] {
    var hashes = Array(repeating: UInt64(0), count: max(batch.rowCount, 1))
    KeyHasher.hash(
      columns: keys.map { batch.columns[$0] }, rowCount: batch.rowCount, selection: nil,
      into: &hashes)
    return hashes
  }
}

/// What a restore brings beside the rows that are there, until all of it is.
package struct RestoredRunningJoin {
  private struct Part {
    var side: JoinSide
    var group: Int
    var rows: Batch
  }

  private var parts: [Part] = []
  private var progress = RestoredProgress()

  package init() {}

  /// Takes a block over if it is one of these.
  package mutating func add(_ block: StateBlock) -> Bool {
    if progress.add(block) { return true }
    guard let place = WaitingInputs.stateNames.firstIndex(of: block.state),
      let side = JoinSide(rawValue: place)
    else { return false }
    if case .keyGroup(let group) = block.scope, block.rows.selectedCount > 0 {
      parts.append(Part(side: side, group: Int(group.number), rows: block.rows.gathered()))
    }
    return true
  }

  func watermark(of keyGroups: Range<Int>) -> Timestamp { progress.watermark(of: keyGroups) }

  /// Rows that were not taken, in the order in which they came.
  func inputs(_ shape: RunningJoinShape) -> [(batch: Batch, side: JoinSide, mark: Timestamp)] {
    var order = RestoredRows()
    for (place, part) in parts.enumerated() {
      let width = shape.join.schema(part.side).count
      let (marks, serials) = (part.rows.columns[width + 1], part.rows.columns[width + 3])
      for row in 0..<part.rows.rowCount
      where serials.ints[row] >= progress[part.group].probedBefore {
        order.add(
          serial: serials.ints[row], part: place, row: UInt32(truncatingIfNeeded: row),
          mark: marks.ints[row])
      }
    }
    return order.stretches().map { stretch in
      let part = parts[stretch.part]
      let batch = Self.plain(
        part.rows.gathered(rows: stretch.rows), shape.join.schema(part.side))
      return (batch, part.side, Timestamp(microseconds: stretch.mark))
    }
  }

  /// Rows as they came.
  private static func plain(_ rows: Batch, _ schema: Schema) -> Batch {
    let batch = Batch(
      schema: schema, columns: Array(rows.columns[..<schema.count]), rowCount: rows.rowCount)
    let (times, gone) = (rows.columns[schema.count], rows.columns[schema.count + 2])
    if (0..<rows.rowCount).allSatisfy({ times.isValid($0) }) { batch.hidden.eventTimes = times }
    let kinds = (0..<rows.rowCount).map { gone.bools[$0] == 1 ? RowKind.delete : .insert }
    if kinds.contains(.delete) { batch.hidden.rowKinds = .kinds(kinds) }
    return batch
  }
}
