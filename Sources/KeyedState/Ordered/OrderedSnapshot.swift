import Columns
import Schemas

/// The rows that waited at a barrier, or those that came since the one before.
final class OrderedSnapshot: StateSnapshot, @unchecked Sendable {
  struct Share: @unchecked Sendable {
    let rows: Batch
    /// Those that had not left, in their order.
    let left: ArraySlice<UInt32>
  }

  let isDelta: Bool
  private let state: StateDeclaration
  private let keys: [Int]
  private var shares: [Share]

  init(state: StateDeclaration, keys: [Int], isDelta: Bool, shares: [Share]) {
    self.state = state
    self.keys = keys
    self.isDelta = isDelta
    self.shares = shares
  }

  /// Key group by key group. Frees its share of the rows at the end.
  func write(to writer: any StateWriter) throws {
    let hashes = shares.map { self.hashes($0.rows) }
    let all = shares.enumerated().flatMap { part, share in
      share.left.map { PartPlace(part: UInt32(truncatingIfNeeded: part), number: $0) }
    }
    let places = PlacesByKeyGroup(all) { hashes[Int($0.part)][Int($0.number)] }
    let columns = shares.map { HeldRows.columns(of: $0.rows) }
    let builders = state.schema.fields.map { ColumnBuilder($0.type) }
    for group in 0..<KeyGroup.count {
      for chunk in places.chunks(group, limit: Batch.rowLimit) {
        var rest = chunk
        while !rest.isEmpty {
          rest = rest.dropFirst(append(rest, of: columns, to: builders))
          let count = builders[0].rowCount
          let rows = Batch(
            schema: state.schema, columns: builders.map { $0.finish() }, rowCount: count)
          try writer.write(
            StateBlock(
              state: state.name, scope: .keyGroup(KeyGroup(UInt16(group))), rows: rows))
        }
      }
    }
    shares = []
  }

  /// Appends rows until their texts make a batch; how many those are.
  private func append(
    _ places: ArraySlice<PartPlace>, of columns: [[Column?]], to builders: [ColumnBuilder]
  ) -> Int {
    var count = 0
    for place in places {
      for (builder, column) in zip(builders, columns[Int(place.part)]) {
        if let column {
          builder.append(from: column, row: Int(place.number))
        } else {
          builder.appendNull()
        }
      }
      count += 1
      if builders.reduce(0, { $0 + $1.byteCount }) >= TextLimit.batchBytes { break }
    }
    return count
  }

  private func hashes(_ rows: Batch) -> [UInt64] {
    var hashes = Array(repeating: UInt64(0), count: max(rows.rowCount, 1))
    KeyHasher.hash(
      columns: keys.map { rows.columns[$0] }, rowCount: rows.rowCount, selection: nil,
      into: &hashes)
    return hashes
  }
}
