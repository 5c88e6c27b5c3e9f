import Glibc

/// Where a socket may connect to.
struct SocketAddress: Hashable, Sendable {
  let family: Int32
  let bytes: [UInt8]

  init?(_ info: addrinfo) {
    guard let address = info.ai_addr else { return nil }
    family = info.ai_family
    bytes = Array(UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen)))
  }

  /// As the system knows a host, which may take as long as its name servers do. `isNumber`: only
  /// what is an address itself, which takes no time.
  static func resolve(
    _ host: String, _ port: UInt16, isNumber: Bool = false
  ) -> Result<[SocketAddress], ResponseFault> {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | (isNumber ? AI_NUMERICHOST : AI_ADDRCONFIG)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else {
      let reason = String(cString: gai_strerror(code))
      return .failure(ResponseFault(.notResolved, "\(host): \(reason)"))
    }
    defer { freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var next = list
    while let info = next {
      if let address = SocketAddress(info.pointee) { found.append(address) }
      next = info.pointee.ai_next
    }
    guard !found.isEmpty else {
      return .failure(ResponseFault(.notResolved, "\(host) has no address"))
    }
    return .success(found)
  }

  func withPointer<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
    bytes.withUnsafeBytes {
      // Storage of an array is aligned for any of the address types.
      body($0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count))
    }
  }
}
