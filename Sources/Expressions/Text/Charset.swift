import Columns

/// The character sets of `encode` and `decode`, by Java's names.
enum Charset: String, Sendable {
  case utf8 = "UTF-8"
  case ascii = "US-ASCII"
  case latin1 = "ISO-8859-1"
  case utf16 = "UTF-16"
  case utf16Big = "UTF-16BE"
  case utf16Little = "UTF-16LE"

  /// Always true: what the set lacks becomes `?`.
  func encode(_ text: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) -> Bool {
    switch self {
    case .utf8: buffer.append(text)
    case .ascii: narrow(text, to: buffer, limit: 0x80)
    case .latin1: narrow(text, to: buffer, limit: 0x100)
    case .utf16, .utf16Big, .utf16Little:
      // As Java writes it: with a byte order mark where the name leaves the order open.
      if self == .utf16 { put(0xFEFF, to: buffer) }
      for unit in String(decoding: text, as: UTF8.self).utf16 { put(unit, to: buffer) }
    }
    return true
  }

  private func narrow(
    _ text: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer, limit: UInt32
  ) {
    var at = 0
    while at < text.count {
      let (scalar, count) = CodePoints.decode(text, at: at)
      let fits = scalar.value < limit
      buffer.append(fits ? UInt8(truncatingIfNeeded: scalar.value) : UInt8(ascii: "?"))
      at += count
    }
  }

  private func put(_ unit: UInt16, to buffer: ByteBuffer) {
    let (high, low) = (UInt8(unit >> 8), UInt8(truncatingIfNeeded: unit))
    buffer.append(self == .utf16Little ? low : high)
    buffer.append(self == .utf16Little ? high : low)
  }

  /// Always true: what is no character becomes U+FFFD.
  func decode(_ bytes: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) -> Bool {
    switch self {
    case .utf8: buffer.append(string: String(decoding: bytes, as: UTF8.self))
    case .ascii:
      for byte in bytes { buffer.append(byte < 0x80 ? Unicode.Scalar(byte) : "\u{FFFD}") }
    case .latin1:
      for byte in bytes { buffer.append(Unicode.Scalar(byte)) }
    case .utf16, .utf16Big, .utf16Little: decodeUnits(bytes, to: buffer)
    }
    return true
  }

  private func decodeUnits(_ bytes: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) {
    var units: [UInt16] = []
    for i in stride(from: 0, to: bytes.count - 1, by: 2) {
      units.append(UInt16(bytes[i]) << 8 | UInt16(bytes[i + 1]))
    }
    var swaps = self == .utf16Little
    if self == .utf16, let mark = units.first, mark == 0xFEFF || mark == 0xFFFE {
      swaps = mark == 0xFFFE
      units.removeFirst()
    }
    if swaps { units = units.map(\.byteSwapped) }
    buffer.append(string: String(decoding: units, as: UTF16.self))
    if bytes.count % 2 == 1 { buffer.append("\u{FFFD}" as Unicode.Scalar) }
  }
}
