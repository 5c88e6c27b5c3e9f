/// Divides rows among several by the values of a column: the same value always goes to the same.
///
/// Where shares change, a value moves only across the bounds that moved.
package struct ValueSplit: Sendable {
  private let column: Int
  private let salt: UInt64
  /// A mixed hash below it goes to the part or to one before it; of all parts before the last that
  /// has a share.
  private let bounds: [UInt64]

  /// `shares` are those of each part, 1 together; one without a share gets nothing.
  package init(column: Int, shares: [Double], salt: UInt64) {
    self.column = column
    self.salt = salt
    var sum = 0.0
    bounds = shares.prefix(shares.lastIndex { $0 > 0 } ?? 0).map { share in
      sum += share
      return sum >= 1 ? .max : UInt64(max(sum, 0) * 0x1p64)
    }
  }

  /// The part of each row of a batch without selection. O(rows × parts) besides the hashing.
  package func parts(of batch: Batch) -> [UInt32] {
    let memory = Memory.allocate(batch.rowCount * 8)
    defer { memory.free() }
    let hashes = memory.base.assumingMemoryBound(to: UInt64.self)
    KeyHasher.hash(
      columns: [batch.columns[column]], rowCount: batch.rowCount, selection: nil, into: hashes)
    return (0..<batch.rowCount).map { row in
      let mixed = RowSample.mix(hashes[row] ^ salt)
      return UInt32(truncatingIfNeeded: bounds.firstIndex { mixed < $0 } ?? bounds.count)
    }
  }
}
