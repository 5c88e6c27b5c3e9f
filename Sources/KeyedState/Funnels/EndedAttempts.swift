import Columns
import Schemas

/// Attempts that have ended, as rows: the key, when each step was reached, and how many were.
final class EndedAttempts {
  private let schema: Schema
  private let keyCount: Int
  private let rowLimit: Int
  private let columns: [ColumnBuilder]
  private let codec: KeyCodec
  /// The keys' bytes, for the table may forget them before the batch is made; and where each lies
  /// in them, nil where it is a null text.
  private let keyBytes = ByteBuffer()
  private var keyPlaces: [Range<Int>?] = []
  private let tags = [ColumnBuilder(.timestamp), ColumnBuilder(.int), ColumnBuilder(.int)]
  private var count = 0
  private var ready: [Batch] = []

  init(_ schema: Schema, keys: Int, rowLimit: Int) {
    self.schema = schema
    keyCount = keys
    self.rowLimit = rowLimit
    codec = KeyCodec(schema.fields[..<keys].map(\.type))
    columns = schema.fields[keys...].map { ColumnBuilder($0.type) }
  }

  /// `times`: by step, of which so many were reached; `tag`: the event time and place of the row
  /// that comes out.
  func add(
    _ keys: KeptKeys, _ key: UInt32, _ times: [Cells<Int64>], reached: Int, _ tag: RowTag
  ) {
    let (bytes, length) = keys.table.key(key)
    keyPlaces.append(bytes.map { _ in keyBytes.count..<keyBytes.count + length })
    keyBytes.append(UnsafeBufferPointer(start: bytes, count: length))
    for step in times.indices {
      let builder = columns[step]
      if step < reached { builder.append(int: times[step][key]) } else { builder.appendNull() }
    }
    columns[columns.count - 1].append(int: Int64(reached))
    tags[0].append(int: tag.time)
    tags[1].append(int: tag.lane)
    tags[2].append(int: tag.place)
    count += 1
    if count == rowLimit || keyBytes.count >= TextLimit.batchBytes { close() }
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
      schema: schema, columns: keyColumns() + columns.map { $0.finish() }, rowCount: count)
    batch.hidden.eventTimes = tags[0].finish()
    batch.hidden.lanes = tags[1].finish()
    batch.hidden.places = tags[2].finish()
    count = 0
    keyBytes.removeAll()
    keyPlaces.removeAll(keepingCapacity: true)
    ready.append(batch)
  }

  private func keyColumns() -> [Column] {
    guard keyCount > 0 else { return [] }
    let base = UnsafePointer(keyBytes.base)
    return codec.columns(count) { row in
      guard let place = keyPlaces[row] else { return (nil, 0) }
      return (base + place.lowerBound, place.count)
    }
  }
}
