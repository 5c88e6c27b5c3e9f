import Columns
import Glibc

/// Code points of valid UTF-8, by their first bytes.
enum CodePoints {
  @inline(__always)
  static func isFirst(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }

  static func count(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    var count = 0
    for byte in text { count &+= isFirst(byte) ? 1 : 0 }
    return count
  }

  /// Where the code point of that number, from 0, begins; the end where there are no more.
  static func offset(_ text: UnsafeBufferPointer<UInt8>, of number: Int) -> Int {
    if number <= 0 { return 0 }
    var left = number
    for (at, byte) in text.enumerated() where isFirst(byte) {
      if left == 0 { return at }
      left -= 1
    }
    return text.count
  }

  /// Where `needle` first occurs at or after a byte.
  static func find(
    _ needle: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>, from start: Int = 0
  ) -> Int? {
    guard needle.count > 0 else { return start }
    guard let base = text.baseAddress, let pattern = needle.baseAddress else { return nil }
    // Candidates by their first byte, which memchr finds many bytes at a time.
    var at = start
    let last = text.count - needle.count
    while at <= last {
      guard let found = memchr(base + at, Int32(pattern[0]), last - at + 1) else { return nil }
      at = UnsafeRawPointer(found) - UnsafeRawPointer(base)
      if memcmp(base + at, pattern, needle.count) == 0 { return at }
      at += 1
    }
    return nil
  }

  /// The code point at a byte, and how many bytes it has.
  static func decode(
    _ text: UnsafeBufferPointer<UInt8>, at offset: Int
  ) -> (scalar: Unicode.Scalar, count: Int) {
    let first = text[offset]
    let count = first < 0x80 ? 1 : (first < 0xE0 ? 2 : (first < 0xF0 ? 3 : 4))
    guard first >= 0x80, offset + count <= text.count else {
      return (Unicode.Scalar(first), 1)
    }
    var value = UInt32(first) & (0x7F >> UInt32(count))
    for i in 1..<count { value = value << 6 | UInt32(text[offset + i] & 0x3F) }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", count)
  }
}

extension ByteBuffer {
  func append(_ scalar: Unicode.Scalar) {
    for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(byte) }
  }

  func append(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    append(UnsafeBufferPointer(rebasing: text[range]))
  }
}
