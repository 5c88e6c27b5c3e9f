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

  /// Frees its share of the rows at the end.
  func write(to writer: any StateWriter) throws {
    let places = shares.enumerated().flatMap { part, share in
      share.left.map { PartPlace(part: UInt32(truncatingIfNeeded: part), number: $0) }
    }
    let blocks = RowBlocks(state, shares.map { HeldRows.columns(of: $0.rows) })
    try blocks.write(places, shares.map { hashes($0.rows) }, to: writer)
    shares = []
  }

  private func hashes(_ rows: Batch) -> [UInt64] {
    var hashes = Array(repeating: UInt64(0), count: max(rows.rowCount, 1))
    KeyHasher.hash(
      columns: keys.map { rows.columns[$0] }, rowCount: rows.rowCount, selection: nil,
      into: &hashes)
    return hashes
  }
}
