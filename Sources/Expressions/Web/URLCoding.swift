import Columns

/// The coding of forms (`application/x-www-form-urlencoded`), as Java's `URLEncoder` has it.
enum URLCoding {
  typealias Text = UnsafeBufferPointer<UInt8>

  @Sendable
  static func encode(_ text: Text, to buffer: ByteBuffer) -> Bool {
    let digits: StaticString = "0123456789ABCDEF"
    for byte in text {
      if isPlain(byte) {
        buffer.append(byte)
      } else if byte == UInt8(ascii: " ") {
        buffer.append(UInt8(ascii: "+"))
      } else {
        buffer.append(UInt8(ascii: "%"))
        buffer.append(digits.utf8Start[Int(byte >> 4)])
        buffer.append(digits.utf8Start[Int(byte & 15)])
      }
    }
    return true
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    let letter = byte | 0x20
    return letter >= 0x61 && letter <= 0x7A || byte &- UInt8(ascii: "0") < 10
      || "-_.*".utf8.contains(byte)
  }

  /// False, with nothing appended, where it is no coding of UTF-8.
  @Sendable
  static func decode(_ text: Text, to buffer: ByteBuffer) -> Bool {
    let start = buffer.count
    var at = 0
    while at < text.count {
      let byte = text[at]
      if byte == UInt8(ascii: "%") {
        guard at + 2 < text.count, let high = Hex.value(text[at + 1]),
          let low = Hex.value(text[at + 2])
        else {
          buffer.truncate(to: start)
          return false
        }
        buffer.append(high << 4 | low)
        at += 3
      } else {
        buffer.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        at += 1
      }
    }
    let made = UnsafeBufferPointer(rebasing: buffer.bytes[start...])
    if String(validating: made, as: UTF8.self) != nil { return true }
    buffer.truncate(to: start)
    return false
  }

  /// Decoded until nothing changes, at most so many times.
  static func decode(_ text: Text, atMost times: Int64, to buffer: ByteBuffer) -> Bool {
    var current = Array(text)
    for _ in 0..<max(0, times) {
      let step = ByteBuffer(capacity: current.count)
      guard current.withUnsafeBufferPointer({ decode($0, to: step) }) else { return false }
      if step.bytes.elementsEqual(current) { break }
      current = Array(step.bytes)
    }
    current.withUnsafeBufferPointer { buffer.append($0) }
    return true
  }
}

/// The parameters of a URL's query, or of a query string that stands alone.
enum QueryString {
  typealias Text = UnsafeBufferPointer<UInt8>

  /// Writes the first parameter of that name, decoded where it can be; false where there is none.
  static func write(_ name: Text, of text: Text, to buffer: ByteBuffer) -> Bool {
    let end = text.firstIndex(of: UInt8(ascii: "#")) ?? text.count
    let mark = text[..<end].firstIndex(of: UInt8(ascii: "?"))
    // Without a mark it is a query string, unless it is a URL.
    if mark == nil, URLParts(text)?.authority != nil { return false }
    var start = mark.map { $0 + 1 } ?? 0
    while start < end {
      let next = text[start..<end].firstIndex(of: UInt8(ascii: "&")) ?? end
      let equals = text[start..<next].firstIndex(of: UInt8(ascii: "=")) ?? next
      if equals > start, isNamed(slice(text, start..<equals), name) {
        let value = slice(text, min(equals + 1, next)..<next)
        if !URLCoding.decode(value, to: buffer) { buffer.append(value) }
        return true
      }
      start = next + 1
    }
    return false
  }

  private static func isNamed(_ coded: Text, _ name: Text) -> Bool {
    if TextOrder.areEqual(coded, name) { return true }
    guard coded.contains(UInt8(ascii: "%")) || coded.contains(UInt8(ascii: "+")) else {
      return false
    }
    let buffer = ByteBuffer(capacity: coded.count)
    return URLCoding.decode(coded, to: buffer) && TextOrder.areEqual(buffer.bytes, name)
  }

  private static func slice(_ text: Text, _ range: Range<Int>) -> Text {
    UnsafeBufferPointer(rebasing: text[range])
  }
}
