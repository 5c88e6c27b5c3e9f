import Columns
import Schemas

/// Attempts that have ended, as rows: the key, when each step was reached, and how many were.
final class EndedAttempts {
  private let schema: Schema
  private let keyCount: Int
  private let rowLimit: Int
  private let columns: [ColumnBuilder]
  private let keyBuilders: [ColumnBuilder]
  private let tags = [ColumnBuilder(.timestamp), ColumnBuilder(.int), ColumnBuilder(.int)]
  private var count = 0
  private var ready: [Batch] = []

  init(_ schema: Schema, keys: Int, rowLimit: Int) {
    self.schema = schema
    keyCount = keys
    self.rowLimit = rowLimit
    columns = schema.fields.map { ColumnBuilder($0.type) }
    keyBuilders = Array(columns[..<keys])
  }

  /// `times`: by step, of which so many were reached; `tag`: the event time and place of the row
  /// that comes out.
  func add(
    _ keys: KeptKeys, _ key: UInt32, _ times: [Cells<Int64>], reached: Int, _ tag: RowTag
  ) {
    let (bytes, length) = keys.table.key(key)
    keys.codec.decode(bytes, length, into: keyBuilders)
    for step in times.indices {
      let builder = columns[keyCount + step]
      if step < reached { builder.append(int: times[step][key]) } else { builder.appendNull() }
    }
    columns[columns.count - 1].append(int: Int64(reached))
    tags[0].append(int: tag.time)
    tags[1].append(int: tag.lane)
    tags[2].append(int: tag.place)
    count += 1
    let bytesOfKeys = keyBuilders.reduce(0) { $0 + $1.byteCount }
    if count == rowLimit || bytesOfKeys >= TextLimit.batchBytes { close() }
  }

  /// Whether a batch is full.
  var isFull: Bool { !ready.isEmpty }

  /// The next rows, in the order in which they were added.
  func next() -> Batch? {
    if ready.isEmpty { close() }
    return ready.isEmpty ? nil : ready.removeFirst()
  }

  private func close() {
    guard count > 0 else { return }
    let batch = Batch(
      schema: schema, columns: columns.map { $0.finish() }, rowCount: count)
    batch.hidden.eventTimes = tags[0].finish()
    batch.hidden.lanes = tags[1].finish()
    batch.hidden.places = tags[2].finish()
    count = 0
    ready.append(batch)
  }
}
