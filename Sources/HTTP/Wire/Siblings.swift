import TLS

/// The connections to one origin, and what is known of it.
final class Siblings {
  enum Speech {
    /// A server with TLS was not asked yet.
    case unknown
    case http1
    case http2
  }

  let origin: HTTPOrigin
  private(set) var ticket: TLSTicket?
  var speech: Speech
  /// Requests that wait until the first connection knows what the server speaks.
  var held = WaitingRequests()
  /// Connections to the origin, free or not.
  var count = 0
  private var free: [Connection] = []

  init(_ origin: HTTPOrigin) {
    self.origin = origin
    speech = origin.isSecure ? .unknown : .http1
  }

  func add(_ connection: Connection) { free.append(connection) }

  func remove(_ connection: Connection) { free.removeAll { $0 === connection } }

  /// The one that was used last.
  func take() -> Connection? { free.popLast() }

  /// Of a connection that had its first answer: servers give tickets behind the handshake.
  func keepTicket(of tls: TLSSession) { ticket = tls.ticket ?? ticket }
}
