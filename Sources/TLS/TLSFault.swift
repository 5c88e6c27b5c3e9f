/// What is wrong with a connection over TLS.
package struct TLSFault: Error {
  package enum Kind: Sendable {
    /// The server's certificate, or one of ours.
    case certificate
    /// They do not understand each other.
    case encryption
    /// The connection broke off.
    case cutOff
    case other
  }

  package let kind: Kind
  package let text: String

  package init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }
}

/// What came of a step on a socket that never waits.
package enum TLSOutcome {
  /// So many bytes went.
  case moved(Int)
  /// Not now: once the socket can be read, or if `writing` written.
  case later(writing: Bool)
  case ended
  case failed(TLSFault)
}
