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
      parameters: "\(shape.kind.rawValue), \(shape.before) before, \(shape.after) after")
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
      var hashes = KeyHashes(side)
      try write(side, &hashes, to: writer)
      try writeMatches(side, &hashes, to: writer)
    }
    sides = []
  }

  private func write(_ side: Side, _ hashes: inout KeyHashes, to writer: any StateWriter) throws {
    let all = side.parts.enumerated().flatMap { part, pane in
      pane.fresh.map { PartPlace(part: UInt32(truncatingIfNeeded: part), number: $0) }
    }
    let places = PlacesByKeyGroup(all) { hashes[$0] }
    let builders = side.state.schema.fields.map { ColumnBuilder($0.type) }
    for group in 0..<KeyGroup.count {
      for chunk in places.chunks(group, limit: Batch.rowLimit) {
        var rest = chunk
        while !rest.isEmpty {
          rest = rest.dropFirst(append(rest, of: side, to: builders))
          try writer.write(block(side.state, group, builders))
        }
      }
    }
  }

  private func block(
    _ state: StateDeclaration, _ group: Int, _ builders: [ColumnBuilder]
  ) -> StateBlock {
    let count = builders[0].rowCount
    return StateBlock(
      state: state.name, scope: .keyGroup(KeyGroup(UInt16(group))),
      rows: Batch(
        schema: state.schema, columns: builders.map { $0.finish() }, rowCount: count))
  }

  /// Appends rows until their texts make a batch; how many those are.
  private func append(
    _ places: ArraySlice<PartPlace>, of side: Side, to builders: [ColumnBuilder]
  ) -> Int {
    let width = builders.count - Self.unseen.count
    var count = 0
    for place in places {
      let part = side.parts[Int(place.part)]
      let run = part.runs.run(of: place.number)
      let row = Int(place.number - run.start)
      for column in 0..<width { builders[column].append(from: run.rows.columns[column], row: row) }
      builders[width].append(int: part.times[place.number])
      append(run.rows.hidden.lanes, row, to: builders[width + 1])
      append(run.rows.hidden.places, row, to: builders[width + 2])
      let tag = part.tags[place.number]
      builders[width + 3].append(int: tag >> 1)
      builders[width + 4].append(bool: tag & 1 == 1)
      count += 1
      if builders.reduce(0, { $0 + $1.byteCount }) >= TextLimit.batchBytes { break }
    }
    return count
  }

  private func append(_ column: Column?, _ row: Int, to builder: ColumnBuilder) {
    guard let column else { return builder.appendNull() }
    builder.append(from: column, row: row)
  }

  private func writeMatches(
    _ side: Side, _ hashes: inout KeyHashes, to writer: any StateWriter
  ) throws {
    let all = side.parts.enumerated().flatMap { part, pane in
      pane.matches.map { PartPlace(part: UInt32(truncatingIfNeeded: part), number: $0) }
    }
    guard !all.isEmpty else { return }
    let places = PlacesByKeyGroup(all) { hashes[$0] }
    let builder = ColumnBuilder(.int)
    for group in 0..<KeyGroup.count {
      for chunk in places.chunks(group, limit: Batch.rowLimit) {
        for place in chunk {
          builder.append(int: side.parts[Int(place.part)].tags[place.number] >> 1)
        }
        try writer.write(block(Self.matches, group, [builder]))
      }
    }
  }
}

/// The hashes of rows' keys, run by run as they are asked for.
private struct KeyHashes {
  private let side: JoinSnapshot.Side
  private var known: [ObjectIdentifier: [UInt64]] = [:]

  init(_ side: JoinSnapshot.Side) { self.side = side }

  subscript(place: PartPlace) -> UInt64 {
    mutating get {
      let run = side.parts[Int(place.part)].runs.run(of: place.number)
      let row = Int(place.number - run.start)
      if let hashes = known[ObjectIdentifier(run)] { return hashes[row] }
      var hashes = Array(repeating: UInt64(0), count: max(run.rows.rowCount, 1))
      KeyHasher.hash(
        columns: side.keys.map { run.rows.columns[$0] }, rowCount: run.rows.rowCount,
        selection: nil, into: &hashes)
      known[ObjectIdentifier(run)] = hashes
      return hashes[row]
    }
  }
}
