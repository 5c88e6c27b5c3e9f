/// By what a row is known that is read again behind a restart: a digest of its columns, and its
/// event time.
///
/// Rows that have both in common are the same to whoever reads them, so it does not matter which
/// one is taken for which.
package struct RowIdentity: Hashable, Sendable {
  package var digest: UInt64
  package var time: Int64

  package init(digest: UInt64, time: Int64) {
    self.digest = digest
    self.time = time
  }

  /// Of each row of a batch without selection. `isTimed`: the event time counts, for it is the same
  /// when a row is read again.
  package static func of(_ batch: Batch, isTimed: Bool) -> [RowIdentity] {
    let memory = Memory.allocate(batch.rowCount * 8)
    defer { memory.free() }
    let digests = memory.base.assumingMemoryBound(to: UInt64.self)
    let kinds = batch.hidden.rowKinds.map { [$0] } ?? []
    KeyHasher.hash(
      columns: batch.columns + kinds, rowCount: batch.rowCount, selection: nil, into: digests)
    let times = isTimed ? batch.hidden.eventTimes : nil
    return (0..<batch.rowCount).map { row in
      RowIdentity(digest: digests[row], time: times.flatMap { Self.time(row, in: $0) } ?? 0)
    }
  }

  private static func time(_ row: Int, in column: Column) -> Int64? {
    guard column.isValid(row) else { return nil }
    let (column, row) = column.entry(row)
    return column.int(row)
  }
}
