/// Why there is no answer.
package struct HTTPError: Error, Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// The URL, or a header, is none.
    case request
    case notResolved
    /// Nobody listens there.
    case refused
    case timedOut
    /// The server's certificate is not right: unknown, for another name, over.
    case certificate
    /// No encrypted connection came about.
    case encryption
    /// The connection ended in the middle.
    case cutOff
    case tooLarge
    /// What came is no HTTP.
    case garbage
    /// The client was closed.
    case closed
    case other

    /// What a message says before it says more.
    var words: String {
      switch self {
      case .request: "this cannot be asked: "
      case .notResolved: "the name is not known: "
      case .refused: "nobody answers there: "
      case .timedOut: "there was no answer in time: "
      case .certificate: "its certificate is not right: "
      case .encryption: "no encrypted connection came about: "
      case .cutOff: "the answer was cut off: "
      case .garbage: "the answer is not HTTP: "
      case .tooLarge, .closed, .other: ""
      }
    }
  }

  package var kind: Kind
  /// Who was asked, and what happened.
  package var message: String
  /// Microseconds for which it is no use to ask again; nil: nothing is known of that.
  package var retryAfter: Int64?
  /// No byte of the request was sent, as far as is known: there was no token, or no connection.
  package var isUnsent = false

  package init(_ kind: Kind, _ message: String, retryAfter: Int64? = nil) {
    self.kind = kind
    self.message = message
    self.retryAfter = retryAfter
  }

  /// Whether the same request may get an answer later.
  package var isRetriable: Bool {
    switch kind {
    case .request, .certificate, .tooLarge, .closed: false
    case .notResolved, .refused, .timedOut, .encryption, .cutOff, .garbage, .other: true
    }
  }
}
