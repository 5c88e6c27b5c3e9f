import Columns
import Schemas

extension JoinStore {
  package static let stateNames = ["left", "right", JoinSnapshot.matches.name, JoinProgress.name]

  package var declarations: [StateDeclaration] {
    [declaration(.left), declaration(.right), JoinSnapshot.matches, JoinProgress.declaration]
  }

  func declaration(_ side: JoinSide) -> StateDeclaration {
    StateDeclaration(
      name: Self.stateNames[side.rawValue], kind: .keyed,
      schema: Schema(shape.schema(side).fields + JoinSnapshot.unseen), keyColumns: 0,
      parameters: shape.text)
  }

  /// All rows that wait, or those that came since the last snapshot and what is new of the others.
  /// No row may have begun to look for its matches. O(panes + rows that are new).
  package func snapshot(full: Bool, of keyGroups: Range<Int>) -> any StateSnapshot {
    let parts = [JoinSide.left, .right].map { side in
      (side == .left ? left : right).panes.compactMap { part($0, full: full) }
    }
    let progress = JoinProgress(watermark: watermark, probedBefore: probedBefore)
    return JoinSnapshot(
      isDelta: !full, progress: progress.block(of: keyGroups),
      sides: zip([JoinSide.left, .right], parts).map { side, parts in
        JoinSnapshot.Side(
          state: declaration(side), keys: shape.keys(side), parts: parts)
      })
  }

  private func part(_ pane: JoinPane, full: Bool) -> JoinSnapshot.Part? {
    let from = full ? 0 : pane.snapshotCount
    let matches = full ? [] : pane.settledMatches
    pane.snapshotCount = pane.count
    pane.settledMatches = []
    guard pane.count > from || !matches.isEmpty else { return nil }
    return JoinSnapshot.Part(
      runs: pane.runs, times: pane.times.share(), tags: pane.tags.share(),
      fresh: UInt32(truncatingIfNeeded: from)..<UInt32(truncatingIfNeeded: pane.count),
      matches: matches)
  }
}

/// The rows of a join that waited at a barrier, or those that came since the one before; and which
/// of the others have found a match since.
final class JoinSnapshot: StateSnapshot, @unchecked Sendable {
  /// Of a pane.
  struct Part: @unchecked Sendable {
    let runs: JoinRuns
    let times: Cells<Int64>
    let tags: Cells<Int64>
    let fresh: Range<UInt32>
    let matches: [UInt32]
  }

  struct Side: @unchecked Sendable {
    let state: StateDeclaration
    let keys: [Int]
    let parts: [Part]
  }

  /// Behind the columns of a row.
  static let unseen = [
    Field("$time", .timestamp), Field("$lane", .int, nullable: true),
    Field("$place", .int, nullable: true), Field("$serial", .int), Field("$matched", .bool),
  ]
  /// The serial numbers of rows that an earlier snapshot held.
  static let matches = StateDeclaration(
    name: "matches", kind: .keyed, schema: Schema([Field("$serial", .int)]), keyColumns: 0)

  let isDelta: Bool
  private let progress: StateBlock
  private var sides: [Side]

  init(isDelta: Bool, progress: StateBlock, sides: [Side]) {
    self.isDelta = isDelta
    self.progress = progress
    self.sides = sides
  }

  /// Frees its share of the rows at the end.
  func write(to writer: any StateWriter) throws {
    try writer.write(progress)
    for side in sides {
      try writeRows(side, to: writer)
      try writeMatches(side, to: writer)
    }
    sides = []
  }

  private func writeRows(_ side: Side, to writer: any StateWriter) throws {
    let width = side.state.schema.count - Self.unseen.count
    try write(side, as: side.state, { Array($0.fresh) }, to: writer) { part, stretch in
      let rows = stretch.run.rows
      let (times, serials, matched) = part.marks(of: stretch.numbers)
      return rows.columns[..<width].map(stretch.values)
        + [times, rows.hidden.lanes.map(stretch.values), rows.hidden.places.map(stretch.values)]
        + [serials, matched]
    }
  }

  private func writeMatches(_ side: Side, to writer: any StateWriter) throws {
    try write(side, as: Self.matches, { $0.matches.sorted() }, to: writer) { part, stretch in
      [part.marks(of: stretch.numbers).serials]
    }
  }

  /// Some rows of each pane; `columns` are what is written of a stretch of them.
  private func write(
    _ side: Side, as state: StateDeclaration, _ numbers: (Part) -> [UInt32],
    to writer: any StateWriter, _ columns: (Part, JoinStretch) -> [Column?]
  ) throws {
    var parts: [[Column?]] = []
    var places: [PartPlace] = []
    var hashes: [[UInt64]] = []
    for part in side.parts {
      for stretch in part.runs.stretches(of: numbers(part)) {
        let place = UInt32(truncatingIfNeeded: parts.count)
        let count = UInt32(truncatingIfNeeded: stretch.numbers.count)
        places += (0..<count).map { PartPlace(part: place, number: $0) }
        hashes.append(stretch.hashes(side.keys))
        parts.append(columns(part, stretch))
      }
    }
    try RowBlocks(state, parts).write(places, hashes, to: writer)
  }
}

extension JoinSnapshot.Part {
  /// What is known of these rows beside their columns.
  fileprivate func marks(
    of numbers: ArraySlice<UInt32>
  ) -> (times: Column, serials: Column, matched: Column) {
    let times = Column(fixed: .timestamp, rowCount: numbers.count)
    let serials = Column(fixed: .int, rowCount: numbers.count)
    let matched = Column(fixed: .bool, rowCount: numbers.count)
    for (row, number) in numbers.enumerated() {
      let tag = tags[number]
      times.ints[row] = self.times[number]
      serials.ints[row] = tag >> 1
      matched.bools[row] = UInt8(truncatingIfNeeded: tag & 1)
    }
    return (times, serials, matched)
  }
}
