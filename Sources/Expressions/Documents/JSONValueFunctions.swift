import Columns

/// A value of fixed width made of what is at a path of a document; nil for null.
struct JSONReading<Value: BitwiseCopyable>: ValueFunction {
  typealias Body = @Sendable (UnsafeBufferPointer<UInt8>) -> Value?

  private let body: Body
  private var place: JSONPlace

  init(_ place: JSONPlace, _ body: @escaping Body) {
    self.place = place
    self.body = body
  }

  mutating func prepare(_ arguments: [Column]) { place.prepare(arguments) }

  func value(_ row: Int, _ frame: Frame) -> Value? {
    guard let (text, found) = place.find(row) else { return nil }
    return body(UnsafeBufferPointer(rebasing: text[found]))
  }
}

/// `json_type`: the name of what is at a path.
struct JSONKindName: TextFunction {
  private var place: JSONPlace

  init(_ place: JSONPlace) { self.place = place }

  mutating func prepare(_ arguments: [Column]) { place.prepare(arguments) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let (text, found) = place.find(row) else { return false }
    switch text[found.lowerBound] {
    case UInt8(ascii: "{"): buffer.append("object")
    case UInt8(ascii: "["): buffer.append("array")
    case UInt8(ascii: "\""): buffer.append("string")
    case UInt8(ascii: "t"), UInt8(ascii: "f"): buffer.append("boolean")
    case UInt8(ascii: "n"): buffer.append("null")
    default: buffer.append("number")
    }
    return true
  }
}

/// What a checked JSON value is.
enum JSONValue {
  typealias Text = UnsafeBufferPointer<UInt8>

  /// Digits alone: `5.0` is no int, as in decoding.
  @Sendable
  static func int(_ value: Text) -> Int64? { IntegerText.parse(value) }

  @Sendable
  static func float(_ value: Text) -> Double? {
    isNumber(value) ? FloatText.parse(value) : nil
  }

  @Sendable
  static func bool(_ value: Text) -> UInt8? {
    switch value.first {
    case UInt8(ascii: "t"): 1
    case UInt8(ascii: "f"): 0
    default: nil
    }
  }

  private static func isNumber(_ value: Text) -> Bool {
    value.first == UInt8(ascii: "-") || (value.first ?? 0) &- UInt8(ascii: "0") < 10
  }

  /// How many elements or members it has.
  @Sendable
  static func length(_ value: Text) -> Int64? {
    let isObject = value.first == UInt8(ascii: "{")
    guard isObject || value.first == UInt8(ascii: "[") else { return nil }
    var reader = JSONReader(value, at: 1)
    reader.skipSpace()
    if reader.take(isObject ? "}" : "]") { return 0 }
    var count: Int64 = 0
    repeat {
      reader.skipSpace()
      if isObject {
        guard reader.skipString() != nil else { return nil }
        reader.skipSpace()
        guard reader.take(":") else { return nil }
        reader.skipSpace()
      }
      guard reader.skipValue() else { return nil }
      reader.skipSpace()
      count += 1
    } while reader.take(",")
    return count
  }

  /// Whether the text is JSON of a kind that `is_json` names.
  static func isDocument(_ text: Text, kind: String) -> Bool {
    guard JSONReader.isDocument(text),
      let first = text.first(where: { !" \n\r\t".utf8.contains($0) })
    else { return false }
    switch kind {
    case "OBJECT": return first == UInt8(ascii: "{")
    case "ARRAY": return first == UInt8(ascii: "[")
    case "SCALAR": return first != UInt8(ascii: "{") && first != UInt8(ascii: "[")
    default: return true
    }
  }
}

extension JSONString {
  /// Writes the text as a JSON string with its quotes.
  @Sendable
  static func quote(_ text: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) -> Bool {
    buffer.append(UInt8(ascii: "\""))
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""): buffer.append("\\\"")
      case UInt8(ascii: "\\"): buffer.append("\\\\")
      case 0x08: buffer.append("\\b")
      case 0x09: buffer.append("\\t")
      case 0x0A: buffer.append("\\n")
      case 0x0C: buffer.append("\\f")
      case 0x0D: buffer.append("\\r")
      case 0..<0x20:
        let digit = byte & 15
        buffer.append(byte < 16 ? "\\u000" : "\\u001")
        buffer.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      default: buffer.append(byte)
      }
    }
    buffer.append(UInt8(ascii: "\""))
    return true
  }

  /// What a text that is a JSON string means; any other text as it is.
  @Sendable
  static func unquote(_ text: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) -> Bool {
    if text.first == UInt8(ascii: "\""), JSONReader.isDocument(text),
      text.last == UInt8(ascii: "\"")
    {
      write(text, 1..<(text.count - 1), to: buffer)
    } else {
      buffer.append(text)
    }
    return true
  }
}
