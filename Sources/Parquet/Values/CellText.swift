import Columns

/// Values as cells of CSV, which are read as those of any other file: a null is nothing, and each
/// text has its quotes.
enum CellText {
  private static let secondsADay: Int64 = 86_400
  /// Days that a date has at most: years have six digits.
  private static let lastDay: Int64 = 365_000_000

  /// - Parameter asBase64: bytes that nobody says to be text.
  static func write(
    _ value: StoredValue, _ form: FileColumn.Form, asBase64: Bool, to buffer: ByteBuffer
  ) throws(ParquetFault) {
    switch (value, form) {
    case (.bool(let value), _): buffer.append(value ? "true" : "false")
    case (.int(let value), _): write(value, form, to: buffer)
    case (.float(let value), _): buffer.append(string: "\(value)")
    case (.double(let value), _): FloatText.write(value, to: buffer)
    case (.bytes(let value), .decimal(let scale)):
      DecimalText.write(try decimal(value), scale: scale, to: buffer)
    case (.bytes(let value), .uuid): try writeUUID(value, to: buffer)
    case (.bytes(let value), .bytes) where asBase64:
      value.withUnsafeBufferPointer { Base64.write($0, to: buffer) }
    case (.bytes(let value), _): writeQuoted(value, to: buffer)
    }
  }

  private static func write(_ value: Int64, _ form: FileColumn.Form, to buffer: ByteBuffer) {
    switch form {
    case .unsigned(bits: 32):
      IntegerText.write(Int64(UInt32(truncatingIfNeeded: value)), to: buffer)
    case .unsigned: buffer.append(string: "\(UInt64(bitPattern: value))")
    case .decimal(let scale): DecimalText.write(Int128(value), scale: scale, to: buffer)
    case .date where value.magnitude <= lastDay.magnitude: DateText.write(value, to: buffer)
    case .timestamp(let unit):
      guard let micros = microseconds(value, unit) else { break }
      return TimestampText.write(micros, to: buffer)
    case .time(let unit):
      guard let micros = microseconds(value, unit), micros >= 0,
        micros < secondsADay * 1_000_000
      else { break }
      return TimeText.write(micros, to: buffer)
    default: IntegerText.write(value, to: buffer)
    }
    // What is out of range stands there as it is, and is told of its row.
    if form.isTimeOrTimestamp { IntegerText.write(value, to: buffer) }
  }

  /// Digits behind the sixth of a fraction are cut, as of texts.
  private static func microseconds(_ value: Int64, _ unit: SchemaElement.Unit) -> Int64? {
    switch unit {
    case .milliseconds:
      let (micros, isOver) = value.multipliedReportingOverflow(by: 1000)
      return isOver ? nil : micros
    case .microseconds: return value
    case .nanoseconds: return CivilCalendar.quotient(value, 1000)
    }
  }

  /// A number in two's complement, the greatest byte first.
  private static func decimal(_ bytes: ArraySlice<UInt8>) throws(ParquetFault) -> Int128 {
    guard let first = bytes.first, bytes.count <= 16 else {
      throw ParquetFault("a decimal of \(bytes.count) bytes")
    }
    return bytes.reduce(first >= 0x80 ? -1 : 0) { $0 << 8 | Int128($1) }
  }

  private static func writeUUID(
    _ bytes: ArraySlice<UInt8>, to buffer: ByteBuffer
  ) throws(ParquetFault) {
    guard bytes.count == 16 else { throw ParquetFault("a UUID of \(bytes.count) bytes") }
    for (place, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(place) { buffer.append(UInt8(ascii: "-")) }
      withUnsafePointer(to: byte) {
        Hex.write(UnsafeBufferPointer(start: $0, count: 1), to: buffer)
      }
    }
  }

  private static func writeQuoted(_ text: ArraySlice<UInt8>, to buffer: ByteBuffer) {
    let quote = UInt8(ascii: "\"")
    var out = buffer.reserve(2 * text.count + 2)
    let begun = out
    out.pointee = quote
    out += 1
    for byte in text {
      if byte == quote {
        out.pointee = quote
        out += 1
      }
      out.pointee = byte
      out += 1
    }
    out.pointee = quote
    buffer.commit(out + 1 - begun)
  }
}

extension FileColumn.Form {
  fileprivate var isTimeOrTimestamp: Bool {
    switch self {
    case .time, .timestamp: true
    default: false
    }
  }
}
