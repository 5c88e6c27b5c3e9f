/// How a client's requests go.
package struct HTTPSettings: Hashable, Sendable {
  package enum Proxy: Hashable, Sendable {
    /// Whatever the environment says.
    case none
    /// As `http_proxy` and the like say.
    case environment
    case url(String)
  }

  /// Connections to a host at most, kept for the next request. Requests beyond them wait; over
  /// HTTP/2 a connection carries `streams` at a time.
  package var connections = 16
  package var streams = 100
  /// A file with the authorities' certificates (PEM); nil: the system's.
  package var ca: String?
  package var proxy = Proxy.none
  /// Bytes of a response at most.
  package var bodyLimit = 16 << 20
  package var headerLimit = 64 << 10

  package init() {}
}
