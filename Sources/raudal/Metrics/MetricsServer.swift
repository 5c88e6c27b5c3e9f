import Glibc
import Synchronization

/// Serves one page, `GET /metrics`, on the loopback interface, for as long as the process lives.
///
/// One connection at a time: a scraper asks every few seconds. A client that is slow or talks
/// nonsense loses its connection after two seconds and harms nobody.
final class MetricsServer: Sendable {
  enum Failure: Error {
    case cannotListen(port: Int, reason: String)
  }

  let port: Int
  private let socket: Int32
  private let render: @Sendable () -> String

  /// Listens at once. Port 0 takes a free one.
  init(port: Int, render: @escaping @Sendable () -> String) throws(Failure) {
    self.render = render
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var yes: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = socket
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    guard bound == 0, listen(socket, 16) == 0 else {
      let reason = String(cString: strerror(errno))
      close(socket)
      throw .cannotListen(port: port, reason: reason)
    }
    var actual = sockaddr_in()
    var length = size
    _ = withUnsafeMutablePointer(to: &actual) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    self.port = Int(in_port_t(bigEndian: actual.sin_port))
  }

  /// Answers until the process ends, on a thread of its own.
  func start() {
    var thread = pthread_t()
    let this = Unmanaged.passRetained(self)
    let created = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<MetricsServer>.fromOpaque(argument).takeUnretainedValue().serve()
        return nil
      }, this.toOpaque())
    if created == 0 { pthread_detach(thread) }
  }

  private func serve() {
    while true {
      let connection = accept(socket, nil, nil)
      guard connection >= 0 else {
        if errno == EINTR || errno == ECONNABORTED { continue }
        // Out of descriptors or memory: one that is given back is no event to wait for.
        poll(nil, 0, 100)
        continue
      }
      answer(connection)
      close(connection)
    }
  }

  private func answer(_ connection: Int32) {
    var limit = timeval(tv_sec: 2, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    guard let request = readHead(connection) else { return }
    let path = request.split(separator: " ", maxSplits: 2).dropFirst().first ?? ""
    if request.hasPrefix("GET "), path == "/metrics" || path.hasPrefix("/metrics?") {
      send(connection, status: "200 OK", body: render())
    } else {
      send(connection, status: "404 Not Found", body: "only GET /metrics is served here\n")
    }
  }

  /// The request up to its empty line; nil if it does not come or is longer than 8 KB.
  private func readHead(_ connection: Int32) -> String? {
    var head: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 2048)
    while head.count < 8192 {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      head += buffer[..<count]
      if head.suffix(4).elementsEqual([13, 10, 13, 10]) {
        return String(decoding: head, as: UTF8.self)
      }
    }
    return nil
  }

  private func send(_ connection: Int32, status: String, body: String) {
    let bytes = Array(body.utf8)
    let head =
      "HTTP/1.1 \(status)\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
      + "Content-Length: \(bytes.count)\r\nConnection: close\r\n\r\n"
    let all = Array(head.utf8) + bytes
    var sent = 0
    while sent < all.count {
      let count = all[sent...].withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }
}
