package import Columns
import Schemas

/// The frames of a batch's rows, and the aggregates over them, some rows at a time.
package struct Frames {
  /// Rows of frames that are looked at in one piece of work, if a single frame has no more.
  private static let pieceRows = 1 << 17

  private let store: FrameStore
  /// The rows of all keys of the batch, those of a key together.
  private let work: Batch
  private let columns: BatchColumns
  /// By row of the batch: its frame, as rows of `work`.
  private let bounds: [Range<Int>]
  private var next = 0

  init(_ store: FrameStore, _ work: Batch, _ bounds: [Range<Int>]) {
    self.store = store
    self.work = work
    self.bounds = bounds
    columns = BatchColumns(
      work, bounds.isEmpty ? WindowInputs(keys: [], aggregates: []) : store.inputs)
  }

  /// The next rows of the batch and a column of each aggregate over their frames; nil at the end.
  package mutating func results(
    limit: Int = Batch.rowLimit
  ) -> (rows: Range<Int>, columns: [Column], failed: [FailedResult])? {
    guard next < bounds.count else { return nil }
    let start = next
    var size = 0
    while next < bounds.count, next - start < limit,
      next == start || size + bounds[next].count <= Self.pieceRows
    {
      size += bounds[next].count
      next += 1
    }
    return compute(start..<next, size)
  }

  private func compute(
    _ rows: Range<Int>, _ size: Int
  ) -> (rows: Range<Int>, columns: [Column], failed: [FailedResult]) {
    var groups = Scratch<UInt32>(max(size, 1))
    var numbers = Scratch<UInt32>(max(size, 1))
    let (groupBase, numberBase) = (groups.reserve(size), numbers.reserve(size))
    var at = 0
    for (group, row) in rows.enumerated() {
      for number in bounds[row] {
        groupBase[at] = UInt32(truncatingIfNeeded: group)
        numberBase[at] = UInt32(truncatingIfNeeded: number)
        at &+= 1
      }
    }
    let all = GroupRows(
      groups: UnsafePointer(groupBase), rows: UnsafePointer(numberBase), count: size)
    let identity = IdentityRows()
    let list = RowList(rows: identity.first(rows.count), count: rows.count)
    var results: [Column] = []
    var failed: [FailedResult] = []
    for (spec, aggregate) in zip(store.configuration.aggregates, columns.aggregates) {
      // The store was made with these, so that each has one.
      guard let state = spec.makeState() else { continue }
      state.grow(to: rows.count)
      state.update(store.reader.chosen(all, aggregate), aggregate.input)
      let result = state.result(list)
      results.append(result.column)
      failed += result.failed.map { FailedResult(row: $0, aggregate: spec.name) }
    }
    withExtendedLifetime(identity) {}
    return (rows, results, failed)
  }
}
