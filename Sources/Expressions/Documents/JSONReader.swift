/// Walks over JSON text (RFC 8259) without building values: checks it and finds parts of it.
struct JSONReader {
  /// Nesting beyond this is refused, so that no document can exhaust the stack.
  static let depthLimit = 200

  private let text: UnsafeBufferPointer<UInt8>
  private(set) var at = 0

  init(_ text: UnsafeBufferPointer<UInt8>, at start: Int = 0) {
    self.text = text
    at = start
  }

  /// Whether the text is one JSON value with nothing behind it.
  static func isDocument(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var reader = JSONReader(text)
    reader.skipSpace()
    guard reader.skipValue() else { return false }
    reader.skipSpace()
    return reader.at == text.count
  }

  /// The next byte; 0 at the end.
  var byte: UInt8 { at < text.count ? text[at] : 0 }

  mutating func skipSpace() {
    while at < text.count, [0x20, 0x0A, 0x0D, 0x09].contains(text[at]) { at += 1 }
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at < text.count, text[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  /// Goes behind the value that begins here; false where it is none.
  mutating func skipValue(depth: Int = 0) -> Bool {
    guard depth < Self.depthLimit else { return false }
    switch byte {
    case UInt8(ascii: "{"): return skipMembers(depth, isObject: true)
    case UInt8(ascii: "["): return skipMembers(depth, isObject: false)
    case UInt8(ascii: "\""): return skipString() != nil
    case UInt8(ascii: "t"): return skip("true")
    case UInt8(ascii: "f"): return skip("false")
    case UInt8(ascii: "n"): return skip("null")
    default: return skipNumber()
    }
  }

  private mutating func skipMembers(_ depth: Int, isObject: Bool) -> Bool {
    let end: Unicode.Scalar = isObject ? "}" : "]"
    at += 1
    skipSpace()
    if take(end) { return true }
    while true {
      skipSpace()
      if isObject {
        guard byte == UInt8(ascii: "\""), skipString() != nil else { return false }
        skipSpace()
        guard take(":") else { return false }
        skipSpace()
      }
      guard skipValue(depth: depth + 1) else { return false }
      skipSpace()
      if take(",") { continue }
      return take(end)
    }
  }

  /// Goes behind the string that begins here and returns where its inside lies; nil where it has no
  /// end, a control character, or a broken escape.
  mutating func skipString() -> Range<Int>? {
    at += 1
    let start = at
    while at < text.count {
      let byte = text[at]
      if byte == UInt8(ascii: "\"") {
        at += 1
        return start..<(at - 1)
      }
      guard byte >= 0x20 else { return nil }
      at += 1
      if byte == UInt8(ascii: "\\") {
        guard skipEscape() else { return nil }
      }
    }
    return nil
  }

  private mutating func skipEscape() -> Bool {
    guard at < text.count else { return false }
    let kind = text[at]
    at += 1
    guard kind == UInt8(ascii: "u") else {
      return "\"\\/bfnrt".utf8.contains(kind)
    }
    guard at + 4 <= text.count else { return false }
    for i in at..<(at + 4) where hexDigit(text[i]) == nil { return false }
    at += 4
    return true
  }

  private mutating func skip(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard at + count <= text.count else { return false }
    for i in 0..<count where text[at + i] != word.utf8Start[i] { return false }
    at += count
    return true
  }

  private mutating func skipNumber() -> Bool {
    _ = take("-")
    if !take("0") {
      guard skipDigits() else { return false }
    }
    if take(".") {
      guard skipDigits() else { return false }
    }
    if byte | 0x20 == UInt8(ascii: "e") {
      at += 1
      if !take("+") { _ = take("-") }
      return skipDigits()
    }
    return true
  }

  private mutating func skipDigits() -> Bool {
    let start = at
    while byte &- UInt8(ascii: "0") < 10 { at += 1 }
    return at > start
  }
}

func hexDigit(_ byte: UInt8) -> UInt32? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
  default: nil
  }
}
