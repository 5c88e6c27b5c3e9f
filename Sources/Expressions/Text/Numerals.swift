import Columns

/// Whole numbers and bytes as digits of some base.
enum Numerals {
  @Sendable
  static func binary(_ value: Int64, to buffer: ByteBuffer) -> Bool {
    buffer.append(string: String(UInt64(bitPattern: value), radix: 2))
    return true
  }

  @Sendable
  static func hex(_ value: Int64, to buffer: ByteBuffer) -> Bool {
    buffer.append(string: String(UInt64(bitPattern: value), radix: 16, uppercase: true))
    return true
  }

  @Sendable
  static func hexOfBytes(_ bytes: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) -> Bool {
    let start = buffer.count
    Hex.write(bytes, to: buffer)
    for i in start..<buffer.count where buffer.base[i] >= UInt8(ascii: "a") {
      buffer.base[i] &= 0xDF
    }
    return true
  }

  /// Latin-1, so that a number up to 255 is one character.
  @Sendable
  static func character(_ value: Int64, to buffer: ByteBuffer) -> Bool {
    if value >= 0 { buffer.append(Unicode.Scalar(UInt8(truncatingIfNeeded: value))) }
    return true
  }

  @Sendable
  static func convert(
    _ text: UnsafeBufferPointer<UInt8>, from: Int, to: Int, into buffer: ByteBuffer
  ) -> Bool {
    // 64 binary digits and a sign are the longest that can fit.
    let trimmed = text.trimmed
    guard trimmed.count <= 65,
      let value = Int64(String(decoding: trimmed, as: UTF8.self), radix: from)
    else { return false }
    buffer.append(string: String(value, radix: to).uppercased())
    return true
  }
}

/// What kind of text it is.
enum TextKind {
  static func isAlphabetic(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    all(text) { $0.properties.isAlphabetic }
  }

  static func isDigits(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    all(text) { $0.properties.numericType == .decimal }
  }

  /// What a cast to float or decimal reads, but for NaN and infinities.
  static func isNumber(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    FloatText.parse(text.trimmed) != nil
  }

  private static func all(
    _ text: UnsafeBufferPointer<UInt8>, _ isWanted: (Unicode.Scalar) -> Bool
  ) -> Bool {
    var at = 0
    while at < text.count {
      let (scalar, count) = CodePoints.decode(text, at: at)
      guard isWanted(scalar) else { return false }
      at += count
    }
    return text.count > 0
  }
}
