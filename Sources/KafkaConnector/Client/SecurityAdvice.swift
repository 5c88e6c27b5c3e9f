/// What librdkafka's words about a refused connection mean for the definition.
enum SecurityAdvice {
  private static let certificates = ["certificate verify failed", "could not be verified"]
  /// What the other side says before it hangs up, and what a port without TLS looks like.
  private static let handshakes = ["SSL alert number", "wrong version number"]
  private static let logins = ["SASL authentication error", "Unsupported SASL mechanism"]

  /// Whether a line of its log says that brokers and we do not trust each other. A connection that
  /// only broke meanwhile ("Local: …") may do better next time.
  static func isRefusal(_ line: String) -> Bool {
    guard !line.contains("Local: ") else { return false }
    return (certificates + handshakes + logins).contains { line.contains($0) }
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
    return "Correct the name, password or mechanism in `sasl:`, or have the cluster let this user"
      + " in"
  }
}
