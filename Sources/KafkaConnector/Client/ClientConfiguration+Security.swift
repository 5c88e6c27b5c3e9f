internal import Connectors

extension ClientConfiguration {
  /// How we connect and log in, in the definition's words and without the password.
  var securityText: String {
    let isEncrypted = entries["security.protocol"]?.lowercased().hasSuffix("ssl") ?? false
    var text = isEncrypted ? "with TLS" : "without TLS"
    if let name = entries["sasl.username"] {
      text += ", as user `\(name)` by \(entries["sasl.mechanism"] ?? "SASL")"
    }
    return text
  }

  /// `tls:` and `sasl:` in librdkafka's words.
  static func security(
    _ options: ResolvedOptions, place: String, directory: String
  ) throws(ConnectorError) -> [String: String] {
    var entries: [String: String] = [:]
    let encrypted = try tls(options["tls"], place: place, directory, into: &entries)
    let loggedIn = try sasl(options["sasl"], place: place, into: &entries)
    switch (encrypted, loggedIn) {
    case (true, true): entries["security.protocol"] = "SASL_SSL"
    case (true, false): entries["security.protocol"] = "SSL"
    case (false, true): entries["security.protocol"] = "SASL_PLAINTEXT"
    case (false, false): break
    }
    return entries
  }

  private static func tls(
    _ value: ResolvedValue?, place: String, _ directory: String,
    into entries: inout [String: String]
  ) throws(ConnectorError) -> Bool {
    let object: [String: ResolvedValue]
    switch value {
    case nil, .bool(false)?: return false
    case .bool(true)?: return true
    case .object(let options)?: object = options
    default:
      throw ConnectorError(
        .configuration, "\(place): `tls` is `true`, `false` or a block: `{ ca: \"ca.pem\" }`")
    }
    let keys = [
      "ca": "ssl.ca.location", "certificate": "ssl.certificate.location",
      "key": "ssl.key.location", "key_password": "ssl.key.password",
    ]
    for (name, value) in object {
      if let key = keys[name] {
        let text = try text(value, option: "tls.\(name)", place: place)
        entries[key] =
          name == "key_password"
          ? text
          : try ConnectorEnvironment.readable(text, in: directory, option: "tls.\(name)", place)
      } else if name == "verify", case .bool(let verify) = value {
        entries["ssl.endpoint.identification.algorithm"] = verify ? "https" : "none"
        entries["enable.ssl.certificate.verification"] = verify ? "true" : "false"
      } else {
        throw ConnectorError(
          .configuration,
          "\(place): `tls` has `ca`, `certificate`, `key`, `key_password` and `verify` (true or"
            + " false), not `\(name)`")
      }
    }
    return true
  }

  private static func sasl(
    _ value: ResolvedValue?, place: String, into entries: inout [String: String]
  ) throws(ConnectorError) -> Bool {
    guard let value else { return false }
    guard case .object(let object) = value, let username = object["username"],
      let password = object["password"]
    else {
      throw ConnectorError(
        .configuration,
        "\(place): `sasl` is a block: `{ username: …, password: secret(\"…\") }`")
    }
    entries["sasl.username"] = try text(username, option: "sasl.username", place: place)
    entries["sasl.password"] = try text(password, option: "sasl.password", place: place)
    let mechanisms = [
      "plain": "PLAIN", "scram_sha_256": "SCRAM-SHA-256", "scram_sha_512": "SCRAM-SHA-512",
    ]
    let name = try object["mechanism"].map { value throws(ConnectorError) in
      try text(value, option: "sasl.mechanism", place: place)
    }
    guard let mechanism = mechanisms[name ?? "plain"] else {
      throw ConnectorError(
        .configuration,
        "\(place): `sasl.mechanism` is `plain`, `scram_sha_256` or `scram_sha_512`,"
          + " not `\(name ?? "")`")
    }
    entries["sasl.mechanism"] = mechanism
    return true
  }
}
