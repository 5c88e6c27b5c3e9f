import CCurl

/// A connection to an origin, and the request that it carries or is made for. Used by the loop's
/// thread alone.
final class Connection {
  /// Reads in a turn of the loop at most: others wait, and times are over, while one is read.
  private static let readsATurn = 16

  enum State {
    /// The host's addresses are looked up.
    case resolving
    case connecting
    /// TLS begins.
    case shakingHands
    case carrying
    /// It waits for the next request.
    case free
    case closed
  }

  let siblings: Siblings
  unowned let pool: WirePool
  let table: WireTable
  var state = State.resolving
  private(set) var job: WireJob?
  private(set) var freeSince: UInt64 = 0
  /// When another address is tried.
  var connectBy: UInt64?
  /// Its place in the pool's list.
  var number = 0

  var channel: Channel?
  /// Where the host may be, and how many of these were tried.
  var addresses: [SocketAddress] = []
  var tried = 0
  /// Whether one of them took too long, and may take a connection yet.
  var hasSlowAddress = false

  private var sent = 0
  private var reader: ResponseReader
  private var isReused = false

  init(_ pool: WirePool, _ table: WireTable, _ siblings: Siblings, for job: WireJob) {
    self.pool = pool
    self.table = table
    self.siblings = siblings
    self.job = job
    reader = ResponseReader(pool.settings)
  }

  /// Sends another request.
  func carry(_ job: WireJob) {
    self.job = job
    isReused = true
    begin()
  }

  /// Sends the request that it was made for, or the next.
  func begin() {
    state = .carrying
    connectBy = nil
    sent = 0
    reader.begin(wantsBody: job?.bytes.wantsBody ?? true)
    send()
  }

  func ready(_ events: UInt32) {
    let (into, out) = (EPOLLIN.rawValue, EPOLLOUT.rawValue)
    let ends = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
    // TLS may have to read in order to write, and to write in order to read.
    let isSecure = channel?.tls != nil
    switch state {
    case .connecting: if events & (out | ends) != 0 { connected() }
    case .shakingHands: shakeHands()
    case .carrying: if isSending, isSecure || events & out != 0 { send() }
    case .free:
      if events & (into | ends) != 0, !isQuiet { close() }
    case .resolving, .closed: break
    }
    // Of what came with the connection itself the kernel does not speak again.
    guard state == .carrying, isSecure || events & (into | ends) != 0 else { return }
    receive(mayHaveEnded: events & ends != 0, atMost: Self.readsATurn)
  }

  /// Whether nothing came that nobody asked for, nor the end: of a free one.
  var isQuiet: Bool {
    if case .later? = channel?.read(table.room) { true } else { false }
  }

  private var isSending: Bool { sent < job?.bytes.bytes.count ?? 0 }

  private func send() {
    guard let channel, let bytes = job?.bytes.bytes else { return }
    while sent < bytes.count {
      let outcome = bytes.withUnsafeBytes { [sent] in
        channel.write(UnsafeRawBufferPointer(rebasing: $0[sent...]))
      }
      switch outcome {
      case .moved(let count): sent += count
      case .later: return
      case .ended: return broke(ResponseFault(.cutOff, "the connection ended"))
      case .failed(let fault):
        // An answer that was given before all was heard may be there.
        receive(mayHaveEnded: true, atMost: .max)
        if state == .carrying { broke(fault) }
        return
      }
    }
  }

  /// `mayHaveEnded`: the end may stand behind the last bytes. `reads`: how often it reads.
  private func receive(mayHaveEnded: Bool, atMost reads: Int) {
    guard let channel else { return }
    do throws(ResponseFault) {
      for _ in 0..<reads {
        switch channel.read(table.room) {
        case .moved(let count):
          let taken = try reader.take(UnsafeRawBufferPointer(rebasing: table.room[..<count]))
          if reader.isWhole { return finish(isReusable: taken == count && !mayHaveEnded) }
          // Less than there was room for: a socket has no more.
          if count < table.room.count, !mayHaveEnded, channel.tls == nil { return }
        case .later: return
        case .ended:
          try reader.end()
          return finish(isReusable: false)
        case .failed(let fault): return broke(fault)
        }
      }
      channel.socket.remind(table.epoll)
    } catch {
      broke(error)
    }
  }

  private func finish(isReusable: Bool) {
    guard let job else { return }
    let stays = isReusable && reader.staysOpen && !isSending
    self.job = nil
    let answer: Result<HTTPResponse, HTTPError>
    do throws(ResponseFault) {
      answer = .success(try reader.response())
    } catch {
      answer = .failure(job.request.error(error))
    }
    if !isReused, let tls = channel?.tls { siblings.keepTicket(of: tls) }
    if stays {
      state = .free
      freeSince = table.now
    } else {
      close()
    }
    pool.ended(self)
    table.tell(job.request, answer)
  }

  /// Without an answer. Once more over a new connection, where the server had closed this one
  /// before the request came, and nothing is done twice by that.
  private func broke(_ fault: ResponseFault) {
    guard let job else { return close() }
    let isStale = isReused && !reader.hasBegun && fault.kind == .cutOff
    guard isStale, !job.isSecondTry, sent == 0 || job.request.request.isRepeatable else {
      return fail(fault)
    }
    self.job = nil
    close()
    pool.ended(self, again: job)
  }

  /// The server speaks HTTP/2, and its request goes elsewhere.
  func handOver() {
    let job = job
    self.job = nil
    close()
    pool.ended(self)
    if let job { pool.elsewhere(job.request) }
  }

  /// Its request fails, and it is closed.
  func fail(_ fault: ResponseFault) {
    guard let job else { return close() }
    var error = job.request.error(fault)
    error.isUnsent = !job.isSecondTry && (state != .carrying || sent == 0)
    self.job = nil
    close()
    pool.ended(self)
    job.request.done(.failure(error))
  }

  /// What there was when its time was over.
  func failLate() {
    leaveAddress()
    let milliseconds = (job?.request.request.timeout ?? 0) / 1_000
    let what =
      switch state {
      case .resolving: "no address of the host"
      case .connecting, .shakingHands: "no connection"
      default: reader.hasBegun ? "a part of it" : "nothing of it"
      }
    fail(ResponseFault(.timedOut, "\(what) within \(milliseconds) ms"))
  }

  /// The pool hears of it.
  func close() {
    guard state != .closed else { return }
    state = .closed
    dropSocket()
    pool.closed(self)
  }

  func dropSocket() {
    connectBy = nil
    guard let channel else { return }
    table.remove(channel.socket)
    channel.end()
    self.channel = nil
  }
}
