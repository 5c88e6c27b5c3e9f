import Connectors
import FoundationEssentials

/// A mail server, and how we speak with it.
struct MailServer: Sendable {
  /// With the name that we greet it by.
  var url: String
  /// `smtps://host:465`: what of it may stand in a message.
  var place: String
  var user: String?
  var password: String?
  /// Whether a connection that begins in the open must be encrypted before anything is said.
  var isEncrypted: Bool
  var ca: String?
  /// Microseconds from a call's begin on.
  var timeout: Int64

  init(
    _ options: ResolvedOptions, _ environment: ConnectorEnvironment, timeout: Int64,
    in place: String
  ) throws(ConnectorError) {
    let server = try options.requiredText("server", in: place)
    let scheme = ["smtps://", "smtp://"].first { server.hasPrefix($0) }
    let host = scheme.map { server.dropFirst($0.count) } ?? ""
    guard !host.isEmpty, Self.isPlain(host, without: "/@?#") else {
      throw ConnectorError(
        .configuration,
        "\(place): `server` is `smtps://host:465` or `smtp://host:587`, with nothing behind it")
    }
    let hello = try options.text("hello", in: place)
    guard Self.isPlain(hello ?? "", without: "/?#%") else {
      throw ConnectorError(.configuration, "\(place): `hello` is the name of a machine")
    }
    self.place = server
    url = "\(server)/\(hello ?? "")"
    user = try options.text("user", in: place)
    password = try options.text("password", in: place)
    isEncrypted = try options.bool("tls", else: true, in: place)
    guard isEncrypted || user == nil || scheme == "smtps://" else {
      throw ConnectorError(
        .configuration,
        "\(place): the password would go over an open connection; leave `tls: false` out")
    }
    self.timeout = timeout
    guard let ca = try options.text("ca", in: place) else { return }
    self.ca = try environment.certificates(ca, option: "ca", in: place)
  }

  /// The password as it is, and as it goes over the connection (`AUTH LOGIN` and `PLAIN`).
  var loginTexts: [String] {
    guard let password else { return [] }
    let coded = [password, "\0\(user ?? "")\0\(password)"].map { text in
      Data(text.utf8).base64EncodedString()
    }
    return [password] + coded
  }

  /// Whether it can stand in an address as it is.
  private static func isPlain(_ text: some StringProtocol, without marks: String) -> Bool {
    text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !marks.utf8.contains($0) }
  }
}
