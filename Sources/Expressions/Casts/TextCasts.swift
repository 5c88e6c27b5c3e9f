import Columns
import Schemas

/// Reads a value from text; nil where the text is none. White space around it was taken away.
protocol TextParser {
  associatedtype Value: BitwiseCopyable
  func parse(_ text: UnsafeBufferPointer<UInt8>) -> Value?
}

/// A cast from text.
struct Parsing<P: TextParser>: ValueFunction {
  let parser: P
  let target: DataType
  let isTry: Bool
  private var texts: TextReader?

  init(parser: P, target: DataType, isTry: Bool) {
    self.parser = parser
    self.target = target
    self.isTry = isTry
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func value(_ row: Int, _ frame: Frame) -> P.Value? {
    guard let texts else { return nil }
    if let value = parser.parse(texts[row].trimmed) { return value }
    if !isTry { frame.fail(row, .cast(value: texts[row].excerpt, to: target)) }
    return nil
  }
}

struct BoolParser: TextParser {
  func parse(_ text: UnsafeBufferPointer<UInt8>) -> UInt8? {
    guard text.count <= 5 else { return nil }
    switch String(decoding: text, as: UTF8.self).lowercased() {
    case "true", "t", "yes", "y", "1": return 1
    case "false", "f", "no", "n", "0": return 0
    default: return nil
    }
  }
}

struct IntParser: TextParser {
  func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int64? { IntegerText.parse(text) }
}

struct FloatParser: TextParser {
  func parse(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    FloatText.parse(text, special: true)
  }
}

struct DecimalParser: TextParser {
  let precision: Int
  let scale: Int
  func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int128? {
    DecimalText.parse(text, precision: precision, scale: scale)
  }
}

struct TimestampParser: TextParser {
  func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int64? { TimestampText.parse(text) }
}

struct DateParser: TextParser {
  func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int64? { DateText.parse(text) }
}

struct DurationParser: TextParser {
  func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int64? { DurationText.parse(text) }
}

/// Writes a value as text.
protocol ValueWriter {
  associatedtype Value: BitwiseCopyable
  func write(_ value: Value, to buffer: ByteBuffer)
}

/// A cast to text.
struct Writing<W: ValueWriter>: TextFunction {
  let writer: W
  private var values: UnsafePointer<W.Value>?

  init(writer: W) { self.writer = writer }

  mutating func prepare(_ arguments: [Column]) {
    values = UnsafePointer(arguments[0].values.assumingMemoryBound(to: W.Value.self))
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let values else { return false }
    writer.write(values[row], to: buffer)
    return true
  }
}

struct BoolWriter: ValueWriter {
  func write(_ value: UInt8, to buffer: ByteBuffer) {
    buffer.append(value == 0 ? "false" : "true")
  }
}

struct IntWriter: ValueWriter {
  func write(_ value: Int64, to buffer: ByteBuffer) { IntegerText.write(value, to: buffer) }
}

struct FloatWriter: ValueWriter {
  func write(_ value: Double, to buffer: ByteBuffer) { FloatText.write(value, to: buffer) }
}

struct DecimalWriter: ValueWriter {
  let scale: Int
  func write(_ value: Int128, to buffer: ByteBuffer) {
    DecimalText.write(value, scale: scale, to: buffer)
  }
}

struct TimestampWriter: ValueWriter {
  func write(_ value: Int64, to buffer: ByteBuffer) { TimestampText.write(value, to: buffer) }
}

struct DateWriter: ValueWriter {
  func write(_ value: Int64, to buffer: ByteBuffer) { DateText.write(value, to: buffer) }
}

struct DurationWriter: ValueWriter {
  func write(_ value: Int64, to buffer: ByteBuffer) { DurationText.write(value, to: buffer) }
}

/// A cast between texts: the same bytes, if they are what the target asks for.
struct CheckedCopy: TextFunction {
  enum Check { case none, utf8, json }

  private let check: Check
  private let target: DataType
  private let isTry: Bool
  private var texts: TextReader?

  init(check: Check, _ site: Casts.Site) {
    self.check = check
    target = site.target
    isTry = site.isTry
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts else { return false }
    let text = texts[row]
    let fits =
      switch check {
      case .none: true
      case .utf8: String(validating: text, as: UTF8.self) != nil
      case .json: JSONReader.isDocument(text)
      }
    if fits {
      buffer.append(text)
    } else if !isTry {
      frame.fail(row, .cast(value: text.excerpt, to: target))
    }
    return fits
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Without ASCII white space at both ends.
  var trimmed: UnsafeBufferPointer<UInt8> {
    var start = 0
    var end = count
    while start < end, self[start].isSpace { start += 1 }
    while end > start, self[end - 1].isSpace { end -= 1 }
    return UnsafeBufferPointer(rebasing: self[start..<end])
  }

  /// The first 64 bytes as text, for messages.
  var excerpt: String {
    let text = String(decoding: prefix(64), as: UTF8.self)
    return count > 64 ? text + "…" : text
  }
}

extension UInt8 {
  /// Space, tab, new line, carriage return, form feed, vertical tab.
  var isSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }
}
