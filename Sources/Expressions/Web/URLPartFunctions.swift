import Columns

/// The parts of a URL that have functions of their own.
enum URLPart {
  typealias Text = UnsafeBufferPointer<UInt8>

  @Sendable
  static func scheme(_ text: Text, to buffer: ByteBuffer) -> Bool {
    guard let url = URLParts(text) else { return false }
    return lower(text, url.scheme, to: buffer)
  }

  @Sendable
  static func host(_ text: Text, to buffer: ByteBuffer) -> Bool {
    guard let host = URLParts(text)?.host, !host.isEmpty else { return false }
    return lower(text, host, to: buffer)
  }

  private static func lower(_ text: Text, _ range: Range<Int>, to buffer: ByteBuffer) -> Bool {
    for byte in text[range] {
      buffer.append(byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte)
    }
    return true
  }

  @Sendable
  static func port(_ text: Text) -> Int64? {
    guard let url = URLParts(text), let authority = url.authority, let host = url.host else {
      return nil
    }
    if host.upperBound + 1 < authority.upperBound {
      let digits = UnsafeBufferPointer(rebasing: text[(host.upperBound + 1)..<authority.upperBound])
      guard let port = IntegerText.parse(digits), (0...65_535).contains(port) else { return nil }
      return port
    }
    switch String(decoding: text[url.scheme], as: UTF8.self).lowercased() {
    case "http", "ws": return 80
    case "https", "wss": return 443
    default: return nil
    }
  }

  static func range(
    _ part: @escaping @Sendable (URLParts) -> Range<Int>?
  ) -> TextMapping.Body {
    { text, buffer in
      guard let url = URLParts(text), let range = part(url) else { return false }
      buffer.append(text, range)
      return true
    }
  }

  @Sendable
  static func withoutQuery(_ text: Text, to buffer: ByteBuffer) -> Bool {
    guard URLParts(text) != nil else { return false }
    let end = text.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
    buffer.append(text, 0..<(end ?? text.count))
    return true
  }
}
