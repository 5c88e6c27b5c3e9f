import CCurl
import Glibc

/// A socket that never waits.
struct WireSocket {
  /// What came of a read or a write.
  enum Outcome {
    case moved(Int)
    /// Not now: the loop is told when.
    case later
    case ended
    case failed(ResponseFault)
  }

  let descriptor: Int32
  /// By edges, for good: between requests nothing has to be said to the kernel.
  private static let mask =
    EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue

  /// Begins to connect; readiness to write, or an error, says of its end.
  static func connecting(
    to address: SocketAddress, _ epoll: Int32
  ) -> Result<WireSocket, ResponseFault> {
    let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = socket(address.family, Int32(kind), 0)
    guard descriptor >= 0 else { return .failure(refusal(errno)) }
    var yes: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    let result = address.withPointer { connect(descriptor, $0, $1) }
    guard result == 0 || errno == EINPROGRESS else {
      let fault = refusal(errno)
      close(descriptor)
      return .failure(fault)
    }
    var event = epoll_event(events: Self.mask, data: epoll_data_t(fd: descriptor))
    guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
      let fault = refusal(errno)
      close(descriptor)
      return .failure(fault)
    }
    return .success(WireSocket(descriptor: descriptor))
  }

  /// The loop is told once more what it is ready for.
  func remind(_ epoll: Int32) {
    var event = epoll_event(events: Self.mask, data: epoll_data_t(fd: descriptor))
    epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
  }

  /// How connecting ended.
  var refusal: ResponseFault? {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
    return code == 0 ? nil : Self.refusal(code)
  }

  private static func refusal(_ code: Int32) -> ResponseFault {
    ResponseFault(.refused, String(cString: strerror(code)))
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    while true {
      let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if count >= 0 { return .moved(count) }
      if errno == EINTR { continue }
      return Self.outcome(errno)
    }
  }

  func read(_ room: UnsafeMutableRawBufferPointer) -> Outcome {
    while true {
      let count = recv(descriptor, room.baseAddress, room.count, 0)
      if count > 0 { return .moved(count) }
      if count == 0 { return .ended }
      if errno == EINTR { continue }
      return Self.outcome(errno)
    }
  }

  private static func outcome(_ code: Int32) -> Outcome {
    code == EAGAIN ? .later : .failed(ResponseFault(.cutOff, String(cString: strerror(code))))
  }

  /// Its registration goes with it.
  func end() { close(descriptor) }
}
