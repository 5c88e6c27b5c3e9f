/// The connections of one client, and its requests on their way. Used by the loop's thread alone.
final class HTTPPool: @unchecked Sendable {
  let settings: HTTPSettings
  private var wire: WirePool?
  private var curl: CurlPool?
  private var isClosed = false

  init(_ settings: HTTPSettings) { self.settings = settings }

  /// Whether its requests have been begun with, so that the loop must look after it.
  private(set) var isOpen = false

  func take(_ request: QueuedRequest, _ table: WireTable, _ sockets: SocketWatch) {
    guard !isClosed else { return request.closed() }
    isOpen = true
    switch request.way {
    case .wire:
      let pool =
        wire
        ?? WirePool(settings, table) { [unowned self] request in takeByCurl(request, sockets) }
      wire = pool
      pool.take(request)
    case .curl: takeByCurl(request, sockets)
    case .none(let error): request.done(.failure(error))
    }
  }

  private func takeByCurl(_ request: QueuedRequest, _ sockets: SocketWatch) {
    guard let pool = curl ?? CurlPool(settings, sockets) else {
      return request.fail(.other, "there is no memory for a connection")
    }
    curl = pool
    pool.take(request)
  }

  /// When `advance` has something to do.
  var nextDue: UInt64? {
    guard let due = wire?.nextDue, let other = curl?.nextDue else {
      return wire?.nextDue ?? curl?.nextDue
    }
    return min(due, other)
  }

  /// Does what is due at `now`.
  func advance(_ now: UInt64) {
    wire?.advance(now)
    curl?.advance(now)
  }

  func close() {
    isClosed = true
    wire?.close()
    curl?.close()
    (wire, curl) = (nil, nil)
  }
}
