import CCurl
import Glibc
import Platform
import Synchronization

/// The one thread that serves the connections of all clients of the process: it sleeps until a
/// socket is ready, a time has come or a request is handed over.
final class HTTPLoop: Sendable {
  enum Command: Sendable {
    case send(HTTPPool, QueuedRequest)
    case close(HTTPPool)
    /// What a thread found out of a name.
    case resolved(NameResolver.Place, NameResolver.Found)
  }

  static let shared = HTTPLoop()

  fileprivate struct Inbox {
    var commands: [Command] = []
    /// Whoever hands something over must ring.
    var isAsleep = false
    var hasThread = false
  }

  private let inbox = Mutex(Inbox())
  private let epoll: Int32
  private let bell: Int32

  private init() {
    curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    precondition(epoll >= 0 && bell >= 0, "the system has no room for an event loop")
    // By edges: a ring wakes it once, and nothing has to be read.
    var event = epoll_event(
      events: EPOLLIN.rawValue | EPOLLET.rawValue, data: epoll_data_t(fd: bell))
    epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &event)
  }

  func submit(_ command: Command) {
    let (starts, rings) = inbox.withLock { inbox in
      inbox.commands.append(command)
      defer { (inbox.isAsleep, inbox.hasThread) = (false, true) }
      return (!inbox.hasThread, inbox.isAsleep)
    }
    if starts {
      let thread = SystemThread(name: "raudal-http", detached: true) { [self] in run() }
      precondition(thread != nil, "the system has no room for a thread")
    }
    if rings { eventfd_write(bell, 1) }
  }

  private func run() {
    let sockets = SocketWatch(epoll)
    let table = WireTable(epoll, NameResolver(self))
    var pools: [HTTPPool] = []
    var commands: [Command] = []
    var events = Array(repeating: epoll_event(), count: 256)
    while true {
      inbox.withLock { swap(&$0.commands, &commands) }
      for command in commands { take(command, &pools, table, sockets) }
      commands.removeAll(keepingCapacity: commands.count < 1 << 16)
      var next: UInt64?
      for pool in pools {
        pool.advance(table.now)
        if let due = pool.nextDue { next = min(next ?? due, due) }
      }
      table.tellAll()
      let wait = inbox.withLock { $0.sleep() } ? Self.milliseconds(until: next, table.now) : 0
      let count = epoll_wait(epoll, &events, Int32(events.count), wait)
      inbox.withLock { $0.isAsleep = false }
      table.beginTurn()
      for event in events.prefix(Int(max(count, 0))) where event.data.fd != bell {
        if !table.ready(event.data.fd, event.events) {
          sockets.ready(event.data.fd, event.events)
        }
      }
      table.tellAll()
    }
  }

  private func take(
    _ command: Command, _ pools: inout [HTTPPool], _ table: WireTable, _ sockets: SocketWatch
  ) {
    switch command {
    case .send(let pool, let request):
      let wasOpen = pool.isOpen
      pool.take(request, table, sockets)
      if pool.isOpen, !wasOpen { pools.append(pool) }
    case .close(let pool):
      pool.close()
      pools.removeAll { $0 === pool }
    case .resolved(let place, let found): table.resolver.told(place, found, table.now)
    }
  }

  /// Rounded up, so that nothing is looked for before it is due; -1: for ever.
  private static func milliseconds(until due: UInt64?, _ now: UInt64) -> Int32 {
    guard let due else { return -1 }
    guard due > now else { return 0 }
    return Int32(min((due - now + 999_999) / 1_000_000, 3_600_000))
  }
}

extension HTTPLoop.Inbox {
  /// Whether nothing waits, so that it may sleep.
  fileprivate mutating func sleep() -> Bool {
    isAsleep = commands.isEmpty
    return isAsleep
  }
}
