import CCurl

/// The connections of one client, and its requests on their way. Used by the loop's thread alone.
final class HTTPPool: @unchecked Sendable {
  /// How often waiting requests are looked through for those that took too long.
  private static let sweep: UInt64 = 20_000_000

  let settings: HTTPSettings
  private var multi: UnsafeMutableRawPointer?
  private var sockets: SocketWatch?
  private var isClosed = false
  private var idle: [Transfer] = []
  private var active: [ObjectIdentifier: Transfer] = [:]
  /// Requests without a connection, oldest first; those in front of `head` are gone.
  private var waiting: [QueuedRequest?] = []
  private var head = 0
  /// Whether connections carry many requests at a time, as far as is known.
  private var isMultiplexed = false
  /// When libcurl wants to be called, and when waiting requests are looked through.
  private var timer: UInt64?
  private var sweepAt: UInt64?

  init(_ settings: HTTPSettings, _ loop: HTTPLoop) { self.settings = settings }

  /// Whether that was the first time.
  func open(_ sockets: SocketWatch) -> Bool {
    guard !isClosed, multi == nil, let multi = curl_multi_init() else { return false }
    self.multi = multi
    self.sockets = sockets
    let own = Unmanaged.passUnretained(self).toOpaque()
    raudal_curl_multi_set_watch(multi) { _, socket, what, context, _ in
      guard let context else { return 0 }
      let pool = Unmanaged<HTTPPool>.fromOpaque(context).takeUnretainedValue()
      pool.sockets?.watch(socket, what, for: pool)
      return 0
    }
    raudal_curl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, own)
    raudal_curl_multi_set_timer(multi) { _, milliseconds, context in
      guard let context else { return 0 }
      let pool = Unmanaged<HTTPPool>.fromOpaque(context).takeUnretainedValue()
      // What is due at once is so in this round already, whose time is a little older.
      let now = milliseconds == 0 ? 0 : MonotonicTime.now()
      pool.timer = milliseconds < 0 ? nil : now &+ UInt64(milliseconds) &* 1_000_000
      return 0
    }
    raudal_curl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, own)
    raudal_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, settings.connections)
    raudal_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.connections)
    raudal_curl_multi_set_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, settings.streams)
    return true
  }

  func take(_ request: QueuedRequest) {
    guard !isClosed, multi != nil else {
      request.done(.failure(HTTPError(.closed, "the client of \(request.place) is closed")))
      return
    }
    waiting.append(request)
    if sweepAt == nil { sweepAt = MonotonicTime.now() &+ Self.sweep }
  }

  /// When `advance` has something to do.
  var nextDue: UInt64? {
    guard let timer, let sweepAt else { return timer ?? sweepAt }
    return min(timer, sweepAt)
  }

  /// Sends what may go and tells of what ended, until there is nothing to do at `now`.
  func advance(_ now: UInt64) {
    guard let multi else { return }
    repeat {
      startWaiting(now)
      if let timer, timer <= now {
        self.timer = nil
        var running: Int32 = 0
        curl_multi_socket_action(multi, -1, 0, &running)
      }
    } while tellEnds() && head < waiting.count
    if let sweepAt, sweepAt <= now { sweep(now) }
  }

  func ready(_ socket: Int32, _ mask: Int32) {
    guard let multi else { return }
    var running: Int32 = 0
    curl_multi_socket_action(multi, socket, mask, &running)
  }

  private var capacity: Int {
    isMultiplexed ? settings.connections * settings.streams : settings.connections
  }

  private func startWaiting(_ now: UInt64) {
    while head < waiting.count, active.count < capacity {
      guard let request = waiting[head] else {
        head += 1
        continue
      }
      waiting[head] = nil
      head += 1
      start(request, now)
    }
    guard head > 0, head * 2 >= waiting.count else { return }
    waiting.removeFirst(head)
    head = 0
  }

  private func start(_ request: QueuedRequest, _ now: UInt64) {
    guard request.deadline > now else { return request.late() }
    guard let multi, let sockets,
      let transfer = idle.popLast() ?? Transfer(settings, sockets)
    else {
      request.done(.failure(HTTPError(.other, "there is no memory for a request")))
      return
    }
    if let flaw = transfer.prepare(request, now) {
      idle.append(transfer)
      request.done(.failure(flaw))
      return
    }
    active[ObjectIdentifier(transfer)] = transfer
    curl_multi_add_handle(multi, transfer.easy)
  }

  /// Whether there was any.
  private func tellEnds() -> Bool {
    guard let multi else { return false }
    var isAny = false
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let context = raudal_curl_private(easy)
      else { continue }
      let code = raudal_curl_result(message)
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      let (done, result) = transfer.finish(code)
      curl_multi_remove_handle(multi, easy)
      active[ObjectIdentifier(transfer)] = nil
      idle.append(transfer)
      if case .success(let response) = result { isMultiplexed = response.version == 2 }
      done?(result)
      isAny = true
    }
    return isAny
  }

  private func sweep(_ now: UInt64) {
    for place in waiting.indices where (waiting[place]?.deadline ?? .max) <= now {
      waiting[place]?.late()
      waiting[place] = nil
    }
    sweepAt = head < waiting.count ? now &+ Self.sweep : nil
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    for request in waiting {
      request?.done(.failure(HTTPError(.closed, "the client is closed")))
    }
    waiting = []
    if let multi {
      for transfer in active.values {
        curl_multi_remove_handle(multi, transfer.easy)
        transfer.request?.done(.failure(HTTPError(.closed, "the client is closed")))
      }
      active = [:]
      idle = []
      curl_multi_cleanup(multi)
    }
    (multi, sockets) = (nil, nil)
  }
}

extension QueuedRequest {
  /// Without a connection until its time was over.
  func late() {
    done(.failure(HTTPError(.timedOut, "\(place): no connection was free in time")))
  }

  /// Scheme, host and port: what of a URL may stand in a message.
  var place: String {
    let parts = request.url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].isEmpty else { return "the server" }
    let authority = parts[2].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] }
    return "\(parts[0])//\(host ?? authority)"
  }
}
