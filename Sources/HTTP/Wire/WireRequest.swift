import Glibc

/// A request as the bytes that are sent, made by the thread that sends it.
struct WireRequest: Sendable {
  let origin: HTTPOrigin
  let bytes: [UInt8]
  /// An answer to `HEAD` has no body, whatever it says.
  let wantsBody: Bool

  /// nil: libcurl carries it. That are proxies, URLs that are not plain, and headers that say how a
  /// message is framed, or how an answer may be packed.
  init?(_ request: HTTPRequest, _ settings: HTTPSettings) {
    guard settings.proxy == .none, request.method != "CONNECT",
      request.method.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    var own = Own()
    for header in request.headers where !own.note(header.name) { return nil }
    var url = request.url
    let made = url.withUTF8 { text -> (HTTPOrigin, [UInt8])? in
      guard let url = WireURL(text) else { return nil }
      return (url.origin, Self.write(request, url, own))
    }
    guard let (origin, bytes) = made else { return nil }
    self.origin = origin
    self.bytes = bytes
    wantsBody = request.method != "HEAD"
  }

  /// Which of the usual headers the request brings itself.
  private struct Own {
    var hasHost = false
    var hasAgent = false
    var hasAccept = false

    /// Whether a header of that name can be sent.
    mutating func note(_ name: String) -> Bool {
      // Most names are told apart by their lengths.
      switch name.utf8.count {
      case 2: return name.lowercased() != "te"
      case 4: hasHost = hasHost || name.lowercased() == "host"
      case 6:
        let name = name.lowercased()
        if name == "expect" { return false }
        hasAccept = hasAccept || name == "accept"
      case 7: return !["upgrade", "trailer"].contains(name.lowercased())
      case 10:
        let name = name.lowercased()
        if name == "connection" { return false }
        hasAgent = hasAgent || name == "user-agent"
      case 14: return name.lowercased() != "content-length"
      case 15: return name.lowercased() != "accept-encoding"
      case 17: return name.lowercased() != "transfer-encoding"
      default: break
      }
      return true
    }
  }

  private static func write(_ request: HTTPRequest, _ url: WireURL, _ own: Own) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256 + url.target.count + (request.body?.count ?? 0))
    bytes.append(contentsOf: request.method.utf8)
    bytes.append(0x20)
    if url.target.first != UInt8(ascii: "/") { bytes.append(UInt8(ascii: "/")) }
    bytes.append(contentsOf: url.target)
    append(" HTTP/1.1\r\n", to: &bytes)
    if !own.hasHost {
      append("Host: ", to: &bytes)
      bytes.append(contentsOf: url.authority)
      append("\r\n", to: &bytes)
    }
    if !own.hasAgent { append("User-Agent: raudal\r\n", to: &bytes) }
    if !own.hasAccept { append("Accept: */*\r\n", to: &bytes) }
    append("Accept-Encoding: gzip, deflate\r\n", to: &bytes)
    for header in request.headers {
      bytes.append(contentsOf: header.name.utf8)
      append(": ", to: &bytes)
      bytes.append(contentsOf: header.value.utf8)
      append("\r\n", to: &bytes)
    }
    // A method that usually has a body says so where it has none (RFC 9110, 8.6).
    if request.body != nil || ["POST", "PUT", "PATCH"].contains(request.method) {
      append("Content-Length: ", to: &bytes)
      bytes.append(contentsOf: String(request.body?.count ?? 0).utf8)
      append("\r\n", to: &bytes)
    }
    append("\r\n", to: &bytes)
    if let body = request.body { bytes.append(contentsOf: body) }
    return bytes
  }

  private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
