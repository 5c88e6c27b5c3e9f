/// Texts as JSON writes them.
package enum JSONText {
  /// Writes a quoted text; quotes, backslashes and control characters become escapes.
  package static func write(_ text: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) {
    guard let base = text.baseAddress else { return buffer.append("\"\"") }
    var out = buffer.reserve(6 * text.count + 2)
    let begun = out
    out[0] = UInt8(ascii: "\"")
    out += 1
    for i in 0..<text.count {
      let c = base[i]
      if c >= 0x20, c != UInt8(ascii: "\""), c != UInt8(ascii: "\\") {
        out[0] = c
        out += 1
      } else {
        out += escape(c, to: out)
      }
    }
    out[0] = UInt8(ascii: "\"")
    buffer.commit(out + 1 - begun)
  }

  /// For cold paths.
  package static func write(_ text: [UInt8], to buffer: ByteBuffer) {
    text.withUnsafeBufferPointer { write($0, to: buffer) }
  }

  /// Writes a JSON document in one line: newlines stand only between its tokens, where a space says
  /// the same.
  package static func writeDocument(_ text: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) {
    let start = buffer.count
    buffer.append(text)
    let base = buffer.base
    for i in start..<buffer.count where base[i] == 0x0A || base[i] == 0x0D { base[i] = 0x20 }
  }

  private static func escape(_ c: UInt8, to out: UnsafeMutablePointer<UInt8>) -> Int {
    out[0] = UInt8(ascii: "\\")
    switch c {
    case 0x08: out[1] = UInt8(ascii: "b")
    case 0x09: out[1] = UInt8(ascii: "t")
    case 0x0A: out[1] = UInt8(ascii: "n")
    case 0x0C: out[1] = UInt8(ascii: "f")
    case 0x0D: out[1] = UInt8(ascii: "r")
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): out[1] = c
    default:
      out[1] = UInt8(ascii: "u")
      out[2] = UInt8(ascii: "0")
      out[3] = UInt8(ascii: "0")
      out[4] = c >> 4 == 1 ? UInt8(ascii: "1") : UInt8(ascii: "0")
      let low = c & 15
      out[5] = low < 10 ? 0x30 + low : 0x57 + low
      return 6
    }
    return 2
  }
}
