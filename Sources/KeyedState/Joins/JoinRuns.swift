import Columns

/// Some rows of a pane, as columns.
final class JoinRun: @unchecked Sendable {
  let rows: Batch
  /// The number of its first row in the pane.
  let start: UInt32
  /// In which batch of results it was used last, and its place there; its worker's alone.
  var pick = (batch: 0, place: UInt32(0))

  init(_ rows: Batch, start: UInt32) {
    self.rows = rows
    self.start = start
  }

  var end: UInt32 { start + UInt32(truncatingIfNeeded: rows.rowCount) }
}

/// The rows of a pane in runs, one behind the other. Small ones are put together, so that a row is
/// copied some times in its stay and there are few of them.
struct JoinRuns {
  private(set) var runs: [JoinRun] = []

  mutating func append(_ rows: Batch) {
    var rows = rows
    while let last = runs.last, last.rows.rowCount <= rows.rowCount,
      last.rows.rowCount + rows.rowCount <= Batch.rowLimit,
      last.rows.textBytes + rows.textBytes <= TextLimit.batchBytes
    {
      runs.removeLast()
      rows = .concatenated([last.rows, rows])
    }
    runs.append(JoinRun(rows, start: runs.last?.end ?? 0))
  }

  /// The run of a row that is there. O(log runs).
  func run(of row: UInt32) -> JoinRun {
    var (low, high) = (0, runs.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if runs[middle].start <= row { low = middle } else { high = middle - 1 }
    }
    return runs[low]
  }

  /// Rows, in the order of their numbers, run by run.
  func stretches(of numbers: [UInt32]) -> [JoinStretch] {
    var stretches: [JoinStretch] = []
    var rest = numbers[...]
    while let first = rest.first {
      let run = run(of: first)
      let stretch = JoinStretch(run, rest.prefix { $0 < run.end })
      stretches.append(stretch)
      rest = rest.dropFirst(stretch.numbers.count)
    }
    return stretches
  }
}

/// Some rows of a run.
struct JoinStretch {
  let run: JoinRun
  /// In the pane.
  let numbers: ArraySlice<UInt32>
  /// In the run; nil: all.
  private let rows: Selection?

  init(_ run: JoinRun, _ numbers: ArraySlice<UInt32>) {
    self.run = run
    self.numbers = numbers
    rows =
      numbers.count == run.rows.rowCount
      ? nil : Selection(numbers: numbers.map { $0 - run.start })
  }

  /// Their values of one of the run's columns.
  func values(_ column: Column) -> Column { rows.map { column.gathered(by: $0) } ?? column }

  func hashes(_ keys: [Int]) -> [UInt64] {
    var hashes = Array(repeating: UInt64(0), count: max(numbers.count, 1))
    KeyHasher.hash(
      columns: keys.map { values(run.rows.columns[$0]) }, rowCount: numbers.count,
      selection: nil, into: &hashes)
    return hashes
  }
}
