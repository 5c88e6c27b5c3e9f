/// What librdkafka's words about a refused connection mean for the definition.
enum SecurityAdvice {
  /// Whether a line of its log says that brokers and we do not trust each other.
  static func isRefusal(_ line: String) -> Bool {
    line.contains("SSL handshake failed") || line.contains("SASL")
      || line.contains("Authentication failed")
  }

  static func text(for line: String) -> String {
    if line.contains("certificate verify failed") || line.contains("could not be verified") {
      return "Name the authority that signed the broker's certificate as `tls: { ca: \"…\" }`,"
        + " and write in `brokers:` the name that the certificate is made for"
    }
    if line.contains("SSL handshake failed") {
      return "See that this port speaks TLS, and give `tls:` the `certificate` and `key` that the"
        + " broker asks for"
    }
    return "Correct the name, password or mechanism in `sasl:`, or have the cluster let this user"
      + " in"
  }
}
