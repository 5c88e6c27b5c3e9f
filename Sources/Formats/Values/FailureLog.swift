import Columns

/// The records of a batch that can't become rows, each with its first reason.
final class FailureLog {
  private(set) var failures: [RecordFailure] = []
  /// A byte a row, 0 for a failed one; nil while there is none.
  private var mask: Memory?
  private let rowCount: Int

  init(rowCount: Int) { self.rowCount = rowCount }

  deinit { mask?.free() }

  var isEmpty: Bool { failures.isEmpty }

  func hasFailed(_ row: Int) -> Bool {
    mask.map { $0.base.load(fromByteOffset: row, as: UInt8.self) == 0 } ?? false
  }

  /// Later reasons of the same row are dropped.
  func fail(_ row: Int, _ reason: @autoclosure () -> String) {
    guard !hasFailed(row) else { return }
    let mask = self.mask ?? Memory.allocate(rowCount)
    if self.mask == nil {
      mask.base.initializeMemory(as: UInt8.self, repeating: 1, count: rowCount)
      self.mask = mask
    }
    mask.base.storeBytes(of: 0, toByteOffset: row, as: UInt8.self)
    failures.append(RecordFailure(row: row, reason: reason()))
  }

  /// Those that whoever read them knows to be no rows; their first reason is the one that counts.
  func failFaulty(of records: RecordBatch) {
    for (row, reason) in records.faults { fail(row, reason) }
  }

  /// A record without a value is a deletion, not a row whose fields are all missing.
  func failTombstones(of records: RecordBatch) {
    let values = records.values
    for row in 0..<records.count where values[row].isNull { fail(row, Self.tombstone) }
  }

  static let tombstone = "the record has no value (a tombstone)"

  /// The rows that are left; nil where that is all of them.
  func selection() -> Selection? {
    mask.map {
      Selection(mask: $0.base.assumingMemoryBound(to: UInt8.self), rowCount: rowCount)
    }
  }

  /// In the records' order.
  var ordered: [RecordFailure] { failures.sorted { $0.row < $1.row } }
}
