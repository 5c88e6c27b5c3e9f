import TLS

/// The connections of one client that speak HTTP/1.1, with one request at a time on each. Used by
/// the loop's thread alone.
///
/// What a server with TLS speaks its first connection finds out; other requests to it wait for
/// that. Those to one that chooses HTTP/2 go elsewhere.
final class WirePool {
  /// Nanoseconds after which a connection that nobody used is not believed in any more.
  private static let longestRest: UInt64 = 115_000_000_000
  /// HTTP/2 first: libcurl speaks it, many requests at a time.
  private static let protocols = ["h2", "http/1.1"]
  /// Origins that are known at most, beyond those with connections.
  private static let origins = 1_024

  let settings: HTTPSettings
  let elsewhere: (QueuedRequest) -> Void
  private let table: WireTable
  private var context: TLSContext?
  private var siblings: [HTTPOrigin: Siblings] = [:]
  /// Of the request before, which most requests are like.
  private var recent: Siblings?
  private var connections: [Connection] = []
  /// Connections with a request.
  private var busy = 0
  private var waiting = WaitingRequests()
  private var isStarting = false
  /// Whose servers are being asked what they speak.
  private var asked: [Siblings] = []
  /// When something is due.
  private(set) var nextDue: UInt64?

  init(
    _ settings: HTTPSettings, _ table: WireTable, elsewhere: @escaping (QueuedRequest) -> Void
  ) {
    self.settings = settings
    self.table = table
    self.elsewhere = elsewhere
  }

  /// TLS over the socket of a connection.
  func session(
    over socket: WireSocket, _ siblings: Siblings
  ) throws(ResponseFault) -> TLSSession {
    do throws(TLSFault) {
      return try known().session(
        over: socket.descriptor, to: siblings.origin.host, siblings.ticket)
    } catch {
      throw ResponseFault(error)
    }
  }

  private func known() throws(TLSFault) -> TLSContext {
    if let context { return context }
    let made = try TLSContext(ca: settings.ca, protocols: Self.protocols)
    context = made
    return made
  }

  func take(_ request: QueuedRequest) {
    lookAgain(at: request.deadline)
    waiting.append(request)
    startWaiting()
  }

  func lookAgain(at time: UInt64) { nextDue = min(nextDue ?? time, time) }

  func advance(_ now: UInt64) {
    guard let due = nextDue, due <= now else { return }
    nextDue = nil
    // A connection that fails changes the list, and lets another begin.
    for connection in connections {
      if let deadline = connection.job?.request.deadline {
        if deadline <= now { connection.failLate() } else { lookAgain(at: deadline) }
      }
      connection.lookAt(now)
      if let due = connection.connectBy { lookAgain(at: due) }
    }
    if let next = waiting.tellLate(now) { lookAgain(at: next) }
    for siblings in asked {
      if let next = siblings.held.tellLate(now) { lookAgain(at: next) }
    }
  }

  func close() {
    for request in waiting.takeAll() + asked.flatMap({ $0.held.takeAll() }) { request.closed() }
    for connection in connections {
      let request = connection.job?.request
      connection.close()
      request?.closed()
    }
  }

  private func startWaiting() {
    // Where a request fails at once this is called within itself.
    guard !isStarting else { return }
    isStarting = true
    defer { isStarting = false }
    while busy < settings.connections, let request = waiting.popFirst() { start(request) }
  }

  private func start(_ request: QueuedRequest) {
    guard request.deadline > table.now else { return request.late() }
    guard let job = WireJob(request) else { return }
    lookAgain(at: request.deadline)
    let siblings = siblings(job.bytes.origin)
    switch siblings.speech {
    case .http2: elsewhere(request)
    case .unknown where siblings.count > 0: siblings.held.append(request)
    case .unknown:
      asked.append(siblings)
      start(job, siblings)
    case .http1: start(job, siblings)
    }
  }

  private func start(_ job: WireJob, _ siblings: Siblings) {
    busy += 1
    // A second try is not given to a connection that may have ended as well.
    while !job.isSecondTry, let connection = siblings.take() {
      // What comes of it must be its answer, and it must not be lost where the server has ended.
      guard connection.freeSince &+ Self.longestRest > table.now,
        job.request.request.isRepeatable || connection.isQuiet
      else {
        connection.close()
        continue
      }
      return connection.carry(job)
    }
    if connections.count >= settings.connections { closeLeastUsed() }
    let connection = Connection(self, table, siblings, for: job)
    connection.number = connections.count
    connections.append(connection)
    siblings.count += 1
    connection.open()
  }

  private func siblings(_ origin: HTTPOrigin) -> Siblings {
    if let recent, recent.origin == origin { return recent }
    let found = siblings[origin] ?? Siblings(origin)
    recent = found
    if siblings.count > Self.origins { siblings = siblings.filter { $0.value.count > 0 } }
    siblings[origin] = found
    return found
  }

  /// Of those without a request.
  private func closeLeastUsed() {
    let oldest = connections.lazy.filter { $0.state == .free }.min { $0.freeSince < $1.freeSince }
    guard let oldest else { return }
    oldest.siblings.remove(oldest)
    oldest.close()
  }

  /// A connection has no request any more. `again`: the one that it had is begun anew.
  func ended(_ connection: Connection, again: WireJob? = nil) {
    busy -= 1
    if connection.state == .free { connection.siblings.add(connection) }
    if var job = again {
      job.isSecondTry = true
      start(job, connection.siblings)
    }
    startWaiting()
  }

  func learned(_ siblings: Siblings, _ speech: Siblings.Speech) {
    siblings.speech = speech
    release(siblings)
  }

  /// Who waited for what the server speaks waits as others do.
  private func release(_ siblings: Siblings) {
    asked.removeAll { $0 === siblings }
    for request in siblings.held.takeAll() { waiting.append(request) }
    startWaiting()
  }

  func closed(_ connection: Connection) {
    let last = connections.removeLast()
    if last !== connection {
      connections[connection.number] = last
      last.number = connection.number
    }
    connection.siblings.count -= 1
    connection.siblings.remove(connection)
    if connection.siblings.speech == .unknown { release(connection.siblings) }
  }
}
