import Columns

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
