/// Who is asked: connections to one origin are alike.
struct HTTPOrigin: Hashable, Sendable {
  let isSecure: Bool
  /// Without the brackets of an IPv6 address.
  let host: String
  let port: UInt16
}

/// What of a URL stands where in a request; only URLs whose meaning is plain. Of others (a login, a
/// name in another form) libcurl knows what they are.
struct WireURL {
  let origin: HTTPOrigin
  /// As the header `Host` has it.
  let authority: UnsafeBufferPointer<UInt8>
  /// Path and query; without a path it begins with `?` or is empty.
  let target: UnsafeBufferPointer<UInt8>

  init?(_ url: UnsafeBufferPointer<UInt8>) {
    // "http://", and a server behind it.
    guard url.count > 8 else { return nil }
    let isSecure = url[4] == UInt8(ascii: "s")
    var end = isSecure ? 8 : 7
    let start = end
    while end < url.count, !Self.endsAuthority(url[end]) { end += 1 }
    var fragment = end
    while fragment < url.count, url[fragment] != UInt8(ascii: "#") { fragment += 1 }
    target = UnsafeBufferPointer(rebasing: url[end..<fragment])
    let all = UnsafeBufferPointer(rebasing: url[start..<end])
    guard let (host, behind) = Self.host(all) else { return nil }
    let usual: UInt16 = isSecure ? 443 : 80
    guard let port = Self.port(all[behind...], usual) else { return nil }
    authority = port == usual ? UnsafeBufferPointer(rebasing: all[..<behind]) : all
    origin = HTTPOrigin(
      isSecure: isSecure, host: String(decoding: host, as: UTF8.self), port: port)
  }

  private static func endsAuthority(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
  }

  /// The host, and where it ends.
  private static func host(
    _ authority: UnsafeBufferPointer<UInt8>
  ) -> (Slice<UnsafeBufferPointer<UInt8>>, Int)? {
    if authority.first == UInt8(ascii: "[") {
      guard let end = authority.firstIndex(of: UInt8(ascii: "]")), end > 2 else { return nil }
      let host = authority[1..<end]
      return host.allSatisfy(isOfIPv6) ? (host, end + 1) : nil
    }
    let host = authority.prefix { $0 != UInt8(ascii: ":") }
    return !host.isEmpty && host.allSatisfy(isOfName) ? (host, host.count) : nil
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
    default: false
    }
  }

  private static func isOfIPv6(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x3A, 0x41...0x46, 0x61...0x66, 0x2E: true
    default: false
    }
  }

  private static func port(
    _ text: Slice<UnsafeBufferPointer<UInt8>>, _ usual: UInt16
  ) -> UInt16? {
    guard let colon = text.first else { return usual }
    guard colon == UInt8(ascii: ":") else { return nil }
    var port = 0
    for byte in text.dropFirst() {
      guard byte >= 0x30, byte <= 0x39, port < 100_000 else { return nil }
      port = port * 10 + Int(byte - 0x30)
    }
    guard text.count > 1 else { return usual }
    return port > 0 ? UInt16(exactly: port) : nil
  }
}
