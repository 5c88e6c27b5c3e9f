import CPlatform
package import Columns
import Plans
import Schemas

/// Fills the columns that come from the record's surroundings: `meta.topic`, `meta.key`, ….
struct MetaFiller {
  let column: DecodedColumn

  init(_ column: DecodedColumn) throws(FormatError) {
    self.column = column
    let type = column.field.type
    let fits: Bool =
      switch (column.origin, type) {
      case (.topic, .string), (.partition, .int), (.offset, .int), (.timestamp, .timestamp): true
      case (.key, .string), (.key, .bytes), (.header, .string), (.header, .bytes): true
      default: false
      }
    guard fits else {
      throw FormatError("column `\(column.field.name)` cannot be a \(type)")
    }
  }

  func fill(_ records: RecordBatch, _ log: FailureLog) -> Column {
    switch column.origin {
    case .topic: topic(records)
    case .partition: partition(records)
    case .offset: offsets(records)
    case .timestamp: timestamps(records, log)
    case .header(let name): texts(records, log, header: Array(name.utf8))
    default: texts(records, log, header: nil)
    }
  }

  /// A dictionary of one entry: every record's code is 0.
  private func topic(_ records: RecordBatch) -> Column {
    let builder = ColumnBuilder(.string, capacity: 1)
    builder.append(string: records.partition.topic)
    let column = Column(dictionary: builder.finish(), rowCount: records.count)
    column.codes.update(repeating: 0, count: records.count)
    return column
  }

  private func partition(_ records: RecordBatch) -> Column {
    let column = Column(fixed: .int, rowCount: records.count)
    column.ints.update(repeating: Int64(records.partition.number), count: records.count)
    return column
  }

  private func offsets(_ records: RecordBatch) -> Column {
    let column = Column(fixed: .int, rowCount: records.count)
    column.ints.update(from: records.offsets, count: records.count)
    return column
  }

  private func timestamps(_ records: RecordBatch, _ log: FailureLog) -> Column {
    let count = records.count
    let from = records.timestamps
    var missing = 0
    for row in 0..<count where from[row] == .min { missing += 1 }
    let column = Column(fixed: .timestamp, rowCount: count, withValidity: missing > 0)
    column.ints.update(from: from, count: count)
    guard missing > 0, let validity = column.validity else { return column }
    for row in 0..<count {
      let isThere = from[row] != .min
      validity[row] = isThere ? 1 : 0
      if !isThere { column.ints[row] = 0 }
      if !isThere, !self.column.field.isNullable {
        log.fail(row, "the record has no timestamp, and `\(self.column.field.name)` needs one")
      }
    }
    return column
  }

  /// Keys, or the last header of a name.
  private func texts(_ records: RecordBatch, _ log: FailureLog, header: [UInt8]?) -> Column {
    let type = column.field.type
    let builder = ColumnBuilder(type, capacity: records.count)
    for row in 0..<records.count {
      let found: UnsafeBufferPointer<UInt8>?
      if let header {
        found = records.bytes(records.headers[row]).flatMap { RecordHeaders.last(header, in: $0) }
      } else {
        found = records.bytes(records.keys[row])
      }
      guard let found else {
        if !column.field.isNullable {
          log.fail(row, "the record has no \(header == nil ? "key" : "header") for `\(name)`")
        }
        builder.appendNull()
        continue
      }
      if type == .string, let base = found.baseAddress, raudal_valid_utf8(base, found.count) == 0 {
        log.fail(row, "`\(name)` is no UTF-8")
        builder.append(text: UnsafeBufferPointer(start: nil, count: 0))
      } else {
        builder.append(text: found)
      }
    }
    return builder.finish()
  }

  private var name: String { column.field.name }
}

/// A record's headers as `RecordBatch` keeps them: (UInt32 name length, name, Int32 value length or
/// -1, value)*, little-endian.
package enum RecordHeaders {
  /// A record's own headers beyond this are no longer what a dead letter keeps of it.
  private static let copyLimit = 16 << 10

  /// Appends the headers of a block whose names don't begin so; none of an overlong block.
  static func copy(
    _ block: UnsafeBufferPointer<UInt8>, without prefix: [UInt8], to buffer: ByteBuffer
  ) {
    guard block.count <= copyLimit else { return }
    each(block) { range, name, _ in
      guard !block[name].starts(with: prefix) else { return }
      buffer.append(UnsafeBufferPointer(rebasing: block[range]))
    }
  }

  /// The value of the last header of that name; nil for none, and for null.
  package static func last(
    _ name: [UInt8], in block: UnsafeBufferPointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8>? {
    var found: UnsafeBufferPointer<UInt8>?
    each(block) { _, place, value in
      guard place.count == name.count, block[place].elementsEqual(name) else { return }
      found = value.map { UnsafeBufferPointer(rebasing: block[$0]) }
    }
    return found
  }

  /// Calls `body` for each header, with where it stands, its name, and its value unless that is
  /// null. Ends where the block is broken off.
  private static func each(
    _ block: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>, Range<Int>, Range<Int>?) -> Void
  ) {
    var at = 0
    while at + 4 <= block.count {
      let nameLength = Int(length(block, at))
      let nameEnd = at + 4 + nameLength
      guard nameLength >= 0, nameEnd + 4 <= block.count else { break }
      let valueLength = Int(length(block, nameEnd))
      let valueEnd = nameEnd + 4 + max(valueLength, 0)
      guard valueEnd <= block.count else { break }
      body(
        at..<valueEnd, (at + 4)..<nameEnd, valueLength < 0 ? nil : (nameEnd + 4)..<valueEnd)
      at = valueEnd
    }
  }

  /// Appends a header; `value` nil for null.
  package static func append(
    _ name: [UInt8], _ value: UnsafeBufferPointer<UInt8>?, to buffer: ByteBuffer
  ) {
    append(length: Int32(truncatingIfNeeded: name.count), to: buffer)
    name.withUnsafeBufferPointer { buffer.append($0) }
    append(length: value.map { Int32(truncatingIfNeeded: $0.count) } ?? -1, to: buffer)
    if let value { buffer.append(value) }
  }

  private static func length(_ block: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int32 {
    UnsafeRawBufferPointer(block).loadUnaligned(fromByteOffset: at, as: Int32.self)
  }

  private static func append(length: Int32, to buffer: ByteBuffer) {
    let target = UnsafeMutableRawPointer(buffer.reserve(4))
    target.storeBytes(of: length.littleEndian, as: Int32.self)
    buffer.commit(4)
  }
}
