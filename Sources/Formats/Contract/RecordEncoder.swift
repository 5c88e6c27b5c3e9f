package import Columns
package import Plans
package import Schemas

/// Turns rows into records. One thread at a time uses it.
package protocol RecordEncoder: AnyObject {
  /// What stands before the first record of a file, without a newline: CSV's heading.
  var heading: [UInt8]? { get }

  /// Writes the selected rows behind what `records` holds already (`removeAll` begins anew).
  func encode(_ batch: Batch, into records: EncodedRecords)
}

extension RecordEncoder {
  /// The selected rows as new records.
  package func encode(_ batch: Batch) -> EncodedRecords {
    let records = EncodedRecords()
    encode(batch, into: records)
    return records
  }
}

/// Records ready to be written: their bytes in one arena.
package final class EncodedRecords {
  package typealias Span = RecordBatch.Span

  /// One record; its row is of the batch that it came from.
  package struct Record {
    package var row: Int
    package var value: Span
    package var key: Span
    /// As `RecordHeaders` writes them; null for none.
    package var headers: Span

    /// Bytes of all of it.
    package var size: Int {
      max(Int(value.length), 0) + max(Int(key.length), 0) + max(Int(headers.length), 0)
    }
  }

  package let arena: ByteBuffer
  package private(set) var records: [Record] = []
  /// Rows that have no form in the format, by row number.
  package private(set) var failures: [RecordFailure] = []

  package init(byteCapacity: Int = 64 * 1024) { arena = ByteBuffer(capacity: byteCapacity) }

  package var count: Int { records.count }

  package func removeAll() {
    arena.removeAll()
    records.removeAll(keepingCapacity: true)
    failures.removeAll(keepingCapacity: true)
  }

  /// The bytes of a span; nil for null. Valid until something is encoded.
  package func bytes(_ span: Span) -> UnsafeBufferPointer<UInt8>? {
    span.isNull
      ? nil
      : UnsafeBufferPointer(
        start: UnsafePointer(arena.base) + Int(span.start), count: Int(span.length))
  }

  func append(_ record: Record) { records.append(record) }

  /// A record with a key and no value: a deletion. Without a key it would delete nothing.
  func append(tombstone row: Int, key: Span, headers: Span, cutTo start: Int) {
    guard !key.isNull else {
      return fail(row, "it is a deletion, and its key is null", cutTo: start)
    }
    append(Record(row: row, value: .null, key: key, headers: headers))
  }

  func fail(_ row: Int, _ reason: String, cutTo start: Int) {
    arena.truncate(to: start)
    failures.append(RecordFailure(row: row, reason: reason))
  }

  /// What was written since `start`.
  func span(from start: Int) -> Span {
    Span(
      start: UInt32(truncatingIfNeeded: start),
      length: Int32(truncatingIfNeeded: arena.count - start))
  }

  /// Cuts a record's value so that all of it takes at most `limit` bytes; a header says how long
  /// the value was. A key that leaves no room for that goes. Whether it fits now.
  package func shorten(_ index: Int, to limit: Int, header: String) -> Bool {
    var record = records[index]
    let whole = max(Int(record.value.length), 0)
    // A copy: the arena may move while it grows.
    let headers = bytes(record.headers).map(Array.init) ?? []
    let start = arena.count
    headers.withUnsafeBufferPointer { arena.append($0) }
    Array("\(whole)".utf8).withUnsafeBufferPointer {
      RecordHeaders.append(Array(header.utf8), $0, to: arena)
    }
    record.headers = span(from: start)
    let room = limit - Int(record.headers.length)
    guard room >= 0 else { return false }
    if Int(record.key.length) > room { record.key = .null }
    let rest = room - max(Int(record.key.length), 0)
    if !record.value.isNull { record.value.length = Int32(truncatingIfNeeded: min(whole, rest)) }
    records[index] = record
    return true
  }
}

/// Makes the encoder that a definition asks for, for rows of that schema.
package func makeEncoder(
  _ spec: EncodingSpec, schema: Schema
) throws(FormatError) -> any RecordEncoder {
  var outer = spec
  // Its key stands in a deletion's own object.
  if spec.marksDeletions { outer.keys = [] }
  let surroundings = try SurroundingsWriter(outer, schema)
  switch spec.format {
  case .json: return try JSONEncoder(spec, schema, surroundings)
  case .csv: return try CSVEncoder(spec, schema, surroundings)
  case .text: return try TextEncoder(spec, schema, surroundings)
  }
}
