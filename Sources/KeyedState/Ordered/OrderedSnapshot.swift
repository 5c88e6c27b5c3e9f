import Columns
import Schemas

/// The rows that waited at a barrier, or those that came since the one before.
final class OrderedSnapshot: StateSnapshot, @unchecked Sendable {
  struct Share: @unchecked Sendable {
    let rows: Batch
    /// Those that had not left, in their order.
    let left: ArraySlice<UInt32>
  }

  private struct Place {
    var share: UInt32
    var row: UInt32
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
    let (places, ends) = byKeyGroup()
    let columns = shares.map { HeldRows.columns(of: $0.rows) }
    let builders = state.schema.fields.map { ColumnBuilder($0.type) }
    var start = 0
    for (group, end) in ends.enumerated() where end > start {
      let scope = StateScope.keyGroup(KeyGroup(UInt16(group)))
      var (rows, bytes) = (0, 0)
      for (number, place) in places[start..<end].enumerated() {
        for (builder, column) in zip(builders, columns[Int(place.share)]) {
          if let column {
            builder.append(from: column, row: Int(place.row))
          } else {
            builder.appendNull()
          }
        }
        rows += 1
        bytes = builders.reduce(0) { $0 + $1.byteCount }
        let isLast = number == end - start - 1
        guard isLast || rows == Batch.rowLimit || bytes >= TextLimit.batchBytes else { continue }
        let batch = Batch(
          schema: state.schema, columns: builders.map { $0.finish() }, rowCount: rows)
        try writer.write(StateBlock(state: state.name, scope: scope, rows: batch))
        rows = 0
      }
      start = end
    }
    shares = []
  }

  /// The rows by key group, and where each group's end. O(rows + key groups).
  private func byKeyGroup() -> ([Place], [Int]) {
    var groups: [(place: Place, group: Int)] = []
    var ends = Array(repeating: 0, count: KeyGroup.count + 1)
    for (number, share) in shares.enumerated() {
      var hashes = Array(repeating: UInt64(0), count: max(share.rows.rowCount, 1))
      KeyHasher.hash(
        columns: keys.map { share.rows.columns[$0] }, rowCount: share.rows.rowCount,
        selection: nil, into: &hashes)
      for row in share.left {
        let group = Int(KeyGroup(hash: hashes[Int(row)]).number)
        groups.append((Place(share: UInt32(number), row: row), group))
        ends[group + 1] += 1
      }
    }
    for group in 1...KeyGroup.count { ends[group] += ends[group - 1] }
    var next = ends
    var places = Array(repeating: Place(share: 0, row: 0), count: groups.count)
    for entry in groups {
      places[next[entry.group]] = entry.place
      next[entry.group] += 1
    }
    return (places, Array(ends.dropFirst()))
  }
}
