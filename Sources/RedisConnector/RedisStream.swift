import Glibc
import TLS

/// Bytes to and from a server, over TLS or not. Its socket never waits, and is the connection's.
struct RedisStream {
  private let socket: Int32
  private let tls: TLSSession?

  init(_ socket: Int32, _ tls: TLSSession?) {
    self.socket = socket
    self.tls = tls
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> TLSOutcome {
    if let tls { return tls.write(bytes) }
    let count = send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    return count >= 0 ? .moved(count) : Self.outcome(errno, writing: true)
  }

  func read(_ room: UnsafeMutableRawBufferPointer) -> TLSOutcome {
    if let tls { return tls.read(room) }
    let count = recv(socket, room.baseAddress, room.count, 0)
    if count == 0 { return .ended }
    return count > 0 ? .moved(count) : Self.outcome(errno, writing: false)
  }

  private static func outcome(_ code: Int32, writing: Bool) -> TLSOutcome {
    code == EAGAIN || code == EINTR
      ? .later(writing: writing) : .failed(TLSFault(.cutOff, String(cString: strerror(code))))
  }
}
