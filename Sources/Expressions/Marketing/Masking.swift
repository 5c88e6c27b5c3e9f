import Columns

/// Personal data made unreadable, its kind left to be seen.
enum Masking {
  typealias Text = UnsafeBufferPointer<UInt8>

  /// The first character of the name, and the domain.
  @Sendable
  static func email(_ text: Text, to buffer: ByteBuffer) -> Bool {
    if let at = separator(text) {
      buffer.append(CodePoints.decode(text, at: 0).scalar)
      buffer.append("***")
      buffer.append(text, at..<text.count)
    } else {
      buffer.append("***")
    }
    return true
  }

  @Sendable
  static func domain(_ text: Text, to buffer: ByteBuffer) -> Bool {
    guard let at = separator(text) else { return false }
    for byte in text[(at + 1)...] {
      buffer.append(byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte)
    }
    return true
  }

  /// Where the `@` of an address stands: the last one, with a name before and a domain behind it.
  private static func separator(_ text: Text) -> Int? {
    guard let at = text.lastIndex(of: UInt8(ascii: "@")), at > 0, at + 1 < text.count,
      !text.contains(where: \.isSpace)
    else { return nil }
    return at
  }

  /// Digits to be seen of a number, and how many a number must have to show any.
  private static let shown = 3
  private static let leastDigits = 7

  @Sendable
  static func phone(_ text: Text, to buffer: ByteBuffer) -> Bool {
    let digits = text.count { $0 &- UInt8(ascii: "0") < 10 }
    var left = digits < leastDigits ? digits : digits - shown
    for byte in text {
      let isDigit = byte &- UInt8(ascii: "0") < 10
      buffer.append(isDigit && left > 0 ? UInt8(ascii: "*") : byte)
      if isDigit { left -= 1 }
    }
    return true
  }
}
