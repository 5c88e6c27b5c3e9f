import Columns

/// The newest row of each key of a topic, as far as it was read.
struct NewestRows<Row> {
  private(set) var rows: [String: Row] = [:]

  /// `make` gives nil of a row that says nothing.
  mutating func take(
    _ records: RecordBatch, _ reading: RowReading, _ make: (Batch, Int) -> Row?
  ) {
    let batch = reading.rows(records)
    let readable = Set(batch.numbers)
    for record in 0..<records.count {
      guard let key = records.key(of: record) else { continue }
      if !records.hasValue(record) {
        rows[key] = nil
      } else if readable.contains(record), let row = make(batch, record) {
        rows[key] = row
      }
    }
  }
}
