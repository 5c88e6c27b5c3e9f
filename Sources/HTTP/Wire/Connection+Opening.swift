import TLS

/// How a connection comes about: the host's addresses, a socket, TLS.
extension Connection {
  /// Nanoseconds for which one of several addresses may keep us waiting, where `left` remain until
  /// the request's time is over and `others` were not tried: each has its share of that.
  static func patience(_ left: UInt64, others: Int) -> UInt64 {
    min(1_000_000_000, left / UInt64(others + 1))
  }

  /// Looks for the host and connects to it.
  func open() {
    table.resolver.addresses(place, table.now) { [weak self] found in
      guard let self, state == .resolving else { return }
      switch found {
      case .success(let addresses):
        self.addresses = addresses
        connectNext(ResponseFault(.refused, "\(siblings.origin.host) has no address"))
      case .failure(let fault): fail(fault)
      }
    }
  }

  private var place: NameResolver.Place {
    NameResolver.Place(host: siblings.origin.host, port: siblings.origin.port)
  }

  /// `last`: why the address before was none. All are tried briefly, then once more with patience.
  private func connectNext(_ last: ResponseFault) {
    dropSocket()
    var last = last
    if last.kind == .timedOut { hasSlowAddress = true }
    while tried < addresses.count || (tried < 2 * addresses.count && hasSlowAddress) {
      let isBrief = addresses.count > 1 && tried < addresses.count
      let address = addresses[tried % addresses.count]
      tried += 1
      switch WireSocket.connecting(to: address, table.epoll) {
      case .success(let socket):
        channel = Channel(socket: socket)
        state = .connecting
        table.add(self, socket)
        guard isBrief, let deadline = job?.request.deadline else { return }
        let left = deadline > table.now ? deadline - table.now : 0
        let due = table.now &+ Self.patience(left, others: addresses.count - tried)
        connectBy = due
        return pool.lookAgain(at: due)
      case .failure(let fault): last = fault
      }
    }
    table.resolver.doubt(place)
    fail(last)
  }

  /// Whether the address took too long.
  func lookAt(_ now: UInt64) {
    guard state == .connecting, let connectBy, connectBy <= now else { return }
    connectNext(ResponseFault(.timedOut, "no address took a connection"))
  }

  /// The next request begins with another address than the one that is waited for.
  func leaveAddress() {
    guard state == .connecting || state == .shakingHands else { return }
    table.resolver.prefer(addresses[tried % addresses.count], for: place)
  }

  /// The socket is connected, or it failed.
  func connected() {
    guard let socket = channel?.socket else { return }
    if let refusal = socket.refusal { return connectNext(refusal) }
    connectBy = nil
    table.resolver.prefer(addresses[(tried - 1) % addresses.count], for: place)
    guard siblings.origin.isSecure else { return begin() }
    do throws(ResponseFault) {
      channel?.tls = try pool.session(over: socket, siblings)
      state = .shakingHands
      shakeHands()
    } catch {
      fail(error)
    }
  }

  func shakeHands() {
    guard let tls = channel?.tls else { return }
    switch tls.shakeHands() {
    case .later: break
    case .moved:
      if tls.speaksHTTP2 {
        pool.learned(siblings, .http2)
        handOver()
      } else {
        pool.learned(siblings, .http1)
        begin()
      }
    case .ended: fail(ResponseFault(.encryption, "the server ended it"))
    case .failed(let fault): fail(ResponseFault(fault))
    }
  }
}
