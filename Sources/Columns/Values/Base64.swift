/// Bytes as text by RFC 4648's base64 with padding, and as hexadecimal digits.
package enum Base64 {
  private static let alphabet: StaticString =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

  package static func write(_ bytes: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) {
    let letters = alphabet.utf8Start
    let target = buffer.reserve((bytes.count + 2) / 3 * 4)
    var at = 0
    var from = 0
    while from < bytes.count {
      let left = bytes.count - from
      let group =
        UInt32(bytes[from]) << 16 | (left > 1 ? UInt32(bytes[from + 1]) << 8 : 0)
        | (left > 2 ? UInt32(bytes[from + 2]) : 0)
      target[at] = letters[Int(group >> 18)]
      target[at + 1] = letters[Int(group >> 12 & 63)]
      target[at + 2] = left > 1 ? letters[Int(group >> 6 & 63)] : UInt8(ascii: "=")
      target[at + 3] = left > 2 ? letters[Int(group & 63)] : UInt8(ascii: "=")
      at += 4
      from += 3
    }
    buffer.commit(at)
  }

  /// Appends the bytes that the text stands for and returns true; false, with nothing appended,
  /// where it is no base64. The URL alphabet is understood, and padding may be missing.
  package static func parse(
    _ text: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer
  ) -> Bool {
    var count = text.count
    while count > 0, text.count - count < 2, text[count - 1] == UInt8(ascii: "=") { count -= 1 }
    guard count % 4 != 1 else { return false }
    let start = buffer.count
    var group: UInt32 = 0
    var bits = 0
    for i in 0..<count {
      guard let value = digit(text[i]) else {
        buffer.truncate(to: start)
        return false
      }
      group = group << 6 | value
      bits += 6
      if bits >= 8 {
        bits -= 8
        buffer.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
      }
    }
    return true
  }

  private static func digit(_ letter: UInt8) -> UInt32? {
    switch letter {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(letter - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }
}

/// Bytes as hexadecimal digits.
package enum Hex {
  /// Lower case, two digits a byte.
  package static func write(_ bytes: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) {
    let target = buffer.reserve(bytes.count * 2)
    for (i, byte) in bytes.enumerated() {
      target[2 * i] = digit(byte >> 4)
      target[2 * i + 1] = digit(byte & 15)
    }
    buffer.commit(bytes.count * 2)
  }

  @inline(__always)
  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? value &+ UInt8(ascii: "0") : value &+ (UInt8(ascii: "a") - 10)
  }

  /// Appends the bytes that the digits stand for and returns true; false, with nothing appended,
  /// where the text is no pairs of digits.
  package static func parse(
    _ text: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer
  ) -> Bool {
    guard text.count % 2 == 0 else { return false }
    let start = buffer.count
    for i in stride(from: 0, to: text.count, by: 2) {
      guard let high = value(text[i]), let low = value(text[i + 1]) else {
        buffer.truncate(to: start)
        return false
      }
      buffer.append(high << 4 | low)
    }
    return true
  }

  package static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
