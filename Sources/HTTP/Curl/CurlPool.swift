import CCurl

/// The requests of one client that libcurl carries. Used by the loop's thread alone.
final class CurlPool {
  /// How often waiting requests are looked through for those that took too long.
  private static let sweep: UInt64 = 20_000_000

  private let settings: HTTPSettings
  private let sockets: SocketWatch
  private var multi: UnsafeMutableRawPointer?
  private var idle: [Transfer] = []
  private var active: [ObjectIdentifier: Transfer] = [:]
  private var waiting = WaitingRequests()
  /// Whether connections carry many requests at a time, as far as is known.
  private var isMultiplexed = false
  /// When libcurl wants to be called, and when waiting requests are looked through.
  private var timer: UInt64?
  private var sweepAt: UInt64?

  /// nil: there is no memory for it.
  init?(_ settings: HTTPSettings, _ sockets: SocketWatch) {
    guard let multi = curl_multi_init() else { return nil }
    self.multi = multi
    self.settings = settings
    self.sockets = sockets
    let own = Unmanaged.passUnretained(self).toOpaque()
    raudal_curl_multi_set_watch(multi) { _, socket, what, context, _ in
      guard let context else { return 0 }
      let pool = Unmanaged<CurlPool>.fromOpaque(context).takeUnretainedValue()
      pool.sockets.watch(socket, what, for: pool)
      return 0
    }
    raudal_curl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, own)
    raudal_curl_multi_set_timer(multi) { _, milliseconds, context in
      guard let context else { return 0 }
      let pool = Unmanaged<CurlPool>.fromOpaque(context).takeUnretainedValue()
      // What is due at once is so in this round already, whose time is a little older.
      let now = milliseconds == 0 ? 0 : MonotonicTime.now()
      pool.timer = milliseconds < 0 ? nil : now &+ UInt64(milliseconds) &* 1_000_000
      return 0
    }
    raudal_curl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, own)
    raudal_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, settings.connections)
    raudal_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.connections)
    raudal_curl_multi_set_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, settings.streams)
  }

  func take(_ request: QueuedRequest) {
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
    } while tellEnds() && !waiting.isEmpty
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
    while active.count < capacity, let request = waiting.popFirst() { start(request, now) }
  }

  private func start(_ request: QueuedRequest, _ now: UInt64) {
    guard request.deadline > now else { return request.late() }
    guard let multi, let transfer = idle.popLast() ?? Transfer(settings, sockets) else {
      request.done(.failure(HTTPError(.other, "there is no memory for a request")))
      return
    }
    transfer.prepare(request, now)
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
    sweepAt = waiting.tellLate(now) == nil ? nil : now &+ Self.sweep
  }

  func close() {
    for request in waiting.takeAll() { request.closed() }
    guard let multi else { return }
    for transfer in active.values {
      curl_multi_remove_handle(multi, transfer.easy)
      transfer.request?.closed()
    }
    active = [:]
    idle = []
    curl_multi_cleanup(multi)
    self.multi = nil
  }
}
