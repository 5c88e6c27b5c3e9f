import Columns

/// A path of SQL/JSON: `$.a.b[0]`, `$["odd name"]`, with `lax` or nothing before it.
struct JSONPath {
  private enum Step {
    /// The name's UTF-8.
    case member([UInt8])
    case element(Int)
  }

  private let steps: [Step]

  init(_ text: String) throws(BindingError) {
    var rest = Substring(text)
    func mistake(_ reason: String) -> BindingError { .badPath(text, reason: reason) }
    if rest.hasPrefix("lax ") { rest = rest.dropFirst(4) }
    guard rest.first == "$" else { throw mistake("it begins with `$`") }
    rest = rest.dropFirst()
    var steps: [Step] = []
    while let first = rest.first {
      rest = rest.dropFirst()
      switch first {
      case ".":
        let name = rest.first == "\"" ? try Self.quoted(&rest, text) : Self.bare(&rest)
        guard !name.isEmpty else { throw mistake("a name is missing behind a `.`") }
        steps.append(.member(Array(name.utf8)))
      case "[":
        if rest.first == "\"" || rest.first == "'" {
          steps.append(.member(Array(try Self.quoted(&rest, text).utf8)))
        } else {
          let digits = rest.prefix { $0.isASCII && $0.isNumber }
          guard let index = Int(digits) else {
            throw mistake("in brackets stands a number from 0 or a name in quotes")
          }
          rest = rest.dropFirst(digits.count)
          steps.append(.element(index))
        }
        guard rest.first == "]" else { throw mistake("a `]` is missing") }
        rest = rest.dropFirst()
      default: throw mistake("`\(first)` has no meaning here")
      }
    }
    self.steps = steps
  }

  private static func bare(_ rest: inout Substring) -> String {
    let name = rest.prefix { $0.isLetter || $0.isNumber || "_-@".contains($0) }
    rest = rest[name.endIndex...]
    return String(name)
  }

  private static func quoted(
    _ rest: inout Substring, _ path: String
  ) throws(BindingError) -> String {
    let quote = rest.removeFirst()
    guard let end = rest.firstIndex(of: quote) else {
      throw .badPath(path, reason: "a quote is not closed")
    }
    let name = String(rest[..<end])
    rest = rest[rest.index(after: end)...]
    return name
  }

  /// Where the value at the path lies in a document; nil for nothing. Of equal names the last wins,
  /// as everywhere. O(document).
  func find(in text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    var reader = JSONReader(text)
    reader.skipSpace()
    for step in steps {
      let start: Int?
      switch step {
      case .member(let name): start = Self.member(name, text, reader)
      case .element(let index): start = Self.element(index, text, reader)
      }
      guard let start else { return nil }
      reader = JSONReader(text, at: start)
    }
    let start = reader.at
    guard reader.skipValue() else { return nil }
    return start..<reader.at
  }

  private static func member(
    _ name: [UInt8], _ text: UnsafeBufferPointer<UInt8>, _ at: JSONReader
  ) -> Int? {
    var reader = at
    guard reader.take("{") else { return nil }
    var found: Int?
    reader.skipSpace()
    if reader.take("}") { return nil }
    while true {
      reader.skipSpace()
      guard reader.byte == UInt8(ascii: "\""), let key = reader.skipString() else { return nil }
      reader.skipSpace()
      guard reader.take(":") else { return nil }
      reader.skipSpace()
      if JSONString.equals(text, key, name) { found = reader.at }
      guard reader.skipValue() else { return nil }
      reader.skipSpace()
      if reader.take(",") { continue }
      return reader.take("}") ? found : nil
    }
  }

  private static func element(
    _ index: Int, _ text: UnsafeBufferPointer<UInt8>, _ at: JSONReader
  ) -> Int? {
    var reader = at
    guard reader.take("[") else { return nil }
    reader.skipSpace()
    if reader.take("]") { return nil }
    var left = index
    while true {
      reader.skipSpace()
      if left == 0 { return reader.at }
      guard reader.skipValue() else { return nil }
      reader.skipSpace()
      guard reader.take(",") else { return nil }
      left -= 1
    }
  }
}

/// Strings of JSON with their escapes.
enum JSONString {
  /// Whether the inside of a string means these bytes.
  static func equals(
    _ text: UnsafeBufferPointer<UInt8>, _ inside: Range<Int>, _ bytes: [UInt8]
  ) -> Bool {
    let raw = UnsafeBufferPointer(rebasing: text[inside])
    if raw.contains(UInt8(ascii: "\\")) {
      let buffer = ByteBuffer(capacity: raw.count)
      write(text, inside, to: buffer)
      return buffer.bytes.elementsEqual(bytes)
    }
    return raw.count == bytes.count && raw.elementsEqual(bytes)
  }

  /// Writes what the inside of a checked string means. Half a surrogate pair becomes U+FFFD.
  static func write(
    _ text: UnsafeBufferPointer<UInt8>, _ inside: Range<Int>, to buffer: ByteBuffer
  ) {
    var at = inside.lowerBound
    while at < inside.upperBound {
      let byte = text[at]
      at += 1
      guard byte == UInt8(ascii: "\\") else {
        buffer.append(byte)
        continue
      }
      let kind = text[at]
      at += 1
      switch Unicode.Scalar(kind) {
      case "b": buffer.append(0x08)
      case "f": buffer.append(0x0C)
      case "n": buffer.append(0x0A)
      case "r": buffer.append(0x0D)
      case "t": buffer.append(0x09)
      case "u": buffer.append(scalar(text, &at, end: inside.upperBound))
      default: buffer.append(kind)
      }
    }
  }

  private static func scalar(
    _ text: UnsafeBufferPointer<UInt8>, _ at: inout Int, end: Int
  ) -> Unicode.Scalar {
    let high = unit(text, at)
    at += 4
    guard high >= 0xD800, high < 0xDC00 else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
    guard at + 6 <= end, text[at] == UInt8(ascii: "\\"), text[at + 1] == UInt8(ascii: "u") else {
      return "\u{FFFD}"
    }
    let low = unit(text, at + 2)
    guard low >= 0xDC00, low < 0xE000 else { return "\u{FFFD}" }
    at += 6
    return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
  }

  private static func unit(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 << 4 | (hexDigit(text[at + $1]) ?? 0) }
  }
}
