/// What librdkafka's words about a refused connection mean for the definition.
enum SecurityAdvice {
  private static let certificates = ["certificate verify failed", "could not be verified"]
  /// What the other side says before it hangs up, and what a port without TLS looks like.
  private static let handshakes = ["SSL alert number", "wrong version number"]
  private static let logins = ["SASL authentication error", "Unsupported SASL mechanism"]
  /// A port that knows no login answers the question for one so.
  private static let noLogin = "Request not valid in current SASL state"

  /// Whether a line of its log says that brokers and we do not trust each other. A connection that
  /// only broke meanwhile ("Local: …") may do better next time.
  static func isRefusal(_ line: String) -> Bool {
    guard !line.contains("Local: ") else { return false }
    return (certificates + handshakes + logins + [noLogin]).contains { line.contains($0) }
  }

  static func text(for line: String) -> String {
    if certificates.contains(where: { line.contains($0) }) {
      return "Name the authority that signed the broker's certificate as `tls: { ca: \"…\" }`,"
        + " and write in `brokers:` the name that the certificate is made for"
    }
    if handshakes.contains(where: { line.contains($0) }) {
      return "See that this port speaks TLS, and give `tls:` the `certificate` and `key` that the"
        + " broker asks for, signed by an authority that it trusts"
    }
    if line.contains(noLogin) {
      return "This port asks for no login: leave out `sasl:`, or name the port that does in"
        + " `brokers:`"
    }
    return "Correct the name, password or mechanism in `sasl:`, or have the cluster let this user"
      + " in"
  }

  /// What a line may mean where nobody has ever answered; nil for one that says nothing of it. The
  /// other side hung up before a word was said: a port of another kind does so, but also one behind
  /// which nobody is yet, so it is waited for.
  static func suspicion(_ line: String) -> String? {
    if line.contains("in state SSL_HANDSHAKE") {
      return "This port may not speak TLS: then leave out `tls:` (or `security.protocol` in"
        + " `config:`), or name the one that does in `brokers:`"
    }
    if line.contains("while requesting ApiVersion") {
      return "This port may ask for TLS: then write `tls:` (or `security.protocol` in `config:`),"
        + " or name the one that does not in `brokers:`"
    }
    return nil
  }
}
