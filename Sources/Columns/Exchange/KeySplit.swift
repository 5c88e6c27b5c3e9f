import Schemas

/// Divides a batch among workers by key, for exchanges.
package enum KeySplit {
  /// The rows of each worker: those whose key group it owns. nil where it gets none.
  ///
  /// `keys` are columns of the batch. O(rows) besides the hashing.
  package static func rows(of batch: Batch, keys: [Int], workers: Int) -> [Selection?] {
    let rowCount = batch.rowCount
    let count = batch.selectedCount
    guard count > 0 else { return Array(repeating: nil, count: workers) }
    let hashMemory = Memory.allocate(rowCount * 8)
    defer { hashMemory.free() }
    let hashes = hashMemory.base.assumingMemoryBound(to: UInt64.self)
    KeyHasher.hash(
      columns: keys.map { batch.columns[$0] }, rowCount: rowCount, selection: batch.selection,
      into: hashes)
    let targets = (0..<workers).map { _ in Selection(capacity: count) }
    // Each target's rows and count in flat memory, so that the loop touches no object.
    let rows = UnsafeMutablePointer<UnsafeMutablePointer<UInt32>>.allocate(capacity: workers)
    let counts = UnsafeMutablePointer<Int>.allocate(capacity: workers)
    defer {
      rows.deallocate()
      counts.deallocate()
    }
    for worker in 0..<workers {
      rows[worker] = targets[worker].rows
      counts[worker] = 0
    }
    KeyHasher.eachRow(rowCount, batch.selection) { row in
      // As `KeyGroup(hash:).worker(of:)`.
      let worker = (Int(truncatingIfNeeded: hashes[row] >> 54) &* workers) >> 10
      let next = counts[worker]
      rows[worker][next] = UInt32(truncatingIfNeeded: row)
      counts[worker] = next &+ 1
    }
    for worker in 0..<workers { targets[worker].count = counts[worker] }
    return targets.map { $0.count > 0 ? $0 : nil }
  }
}

extension Batch {
  /// The same columns under another selection; a view for another owner.
  package func selecting(_ selection: Selection?) -> Batch {
    Batch(
      schema: schema, columns: columns, rowCount: rowCount, selection: selection, hidden: hidden)
  }

  /// A second batch of the same rows, whose owner may refine its selection apart from this one's.
  package func shared() -> Batch {
    guard let selection else { return selecting(nil) }
    let copy = Selection(capacity: selection.count)
    copy.rows.update(from: selection.rows, count: selection.count)
    copy.count = selection.count
    return selecting(copy)
  }
}
