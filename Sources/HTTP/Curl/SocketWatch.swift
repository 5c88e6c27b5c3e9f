import CCurl
import Glibc

/// Which sockets are waited for, and for whom. Used by the loop's thread alone.
///
/// libcurl takes a connection's socket off at the end of each request and puts it on again at the
/// next. It stays on here, and is taken off when something comes that nobody waits for.
final class SocketWatch {
  private struct Entry {
    unowned(unsafe) var pool: CurlPool?
    /// What libcurl waits for, and what the kernel tells us.
    var wanted: UInt32 = 0
    var registered: UInt32 = 0
    /// Closed only by way of `closed`, so that it may stay on.
    var isConnection = false
  }

  private let epoll: Int32
  private var entries: [Entry] = []

  init(_ epoll: Int32) { self.epoll = epoll }

  /// A connection's socket, before it connects.
  func opened(_ socket: Int32) {
    grow(socket)
    entries[Int(socket)] = Entry(pool: nil, isConnection: true)
  }

  func closed(_ socket: Int32) {
    if entries.indices.contains(Int(socket)) { entries[Int(socket)] = Entry() }
    Glibc.close(socket)
  }

  /// `what` as libcurl says it.
  func watch(_ socket: Int32, _ what: Int32, for pool: CurlPool) {
    grow(socket)
    guard what != CURL_POLL_REMOVE else {
      entries[Int(socket)].wanted = 0
      if !entries[Int(socket)].isConnection {
        register(socket, 0)
        entries[Int(socket)] = Entry()
      }
      return
    }
    var mask: UInt32 = 0
    if what & CURL_POLL_IN != 0 { mask |= EPOLLIN.rawValue }
    if what & CURL_POLL_OUT != 0 { mask |= EPOLLOUT.rawValue }
    entries[Int(socket)].pool = pool
    entries[Int(socket)].wanted = mask
    if entries[Int(socket)].registered != mask { register(socket, mask) }
  }

  func ready(_ socket: Int32, _ events: UInt32) {
    guard entries.indices.contains(Int(socket)) else { return }
    let entry = entries[Int(socket)]
    guard entry.wanted != 0, let pool = entry.pool else {
      // A connection that is at rest: the server ended it, which the next request finds out.
      if entry.registered != 0 { register(socket, 0) }
      return
    }
    var mask: Int32 = 0
    if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
    if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
    if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
    pool.ready(socket, mask)
  }

  private func grow(_ socket: Int32) {
    let missing = Int(socket) + 1 - entries.count
    if missing > 0 { entries += Array(repeating: Entry(), count: missing) }
  }

  private func register(_ socket: Int32, _ mask: UInt32) {
    let before = entries[Int(socket)].registered
    entries[Int(socket)].registered = mask
    var event = epoll_event(events: mask, data: epoll_data_t(fd: socket))
    let change = mask == 0 ? EPOLL_CTL_DEL : before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
    guard epoll_ctl(epoll, change, socket, &event) != 0, mask != 0 else { return }
    // The number was another socket's, of which was not said that it is closed.
    epoll_ctl(epoll, errno == EEXIST ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event)
  }
}
