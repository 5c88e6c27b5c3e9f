package import Connectors
package import Plans
import TLS

/// The connector `redis`: tables of values or hashes that are looked up by key or read whole.
package struct RedisConnector: ConnectorFactory {
  package let name = "redis"

  package init() {}

  package func makeLookup(
    _ spec: TableSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any LookupClient {
    let place = spec.place
    let count = try options.int("connections", else: 4, atLeast: 1, in: place)
    let server = try RedisServer(spec, options, environment)
    return try LookupPool(spec, connections: Int(count), environment) {
      () throws(ConnectorError) in
      try server.connect()
    }
  }

  /// A table that is read whole, by connections of its own each time.
  package func makeSource(
    _ spec: SourceSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    let place = spec.place
    guard spec.isTable else {
      throw ConnectorError(.configuration, "\(place): `\(name)` has no sources")
    }
    let whole = TableSpec(
      name: spec.name, keys: spec.tableKeys, connector: spec.connector, decoding: spec.decoding)
    return RedisWholeTable(
      try RedisServer(whole, options, environment), environment,
      timeout: try options.duration("timeout", else: WholeTable.usualTimeout, in: place))
  }
}

/// A table's server, and what its rows are called there.
struct RedisServer: Sendable {
  let spec: TableSpec
  let table: RedisTable
  private let address: RedisAddress
  private let isHash: Bool
  private let tls: RedisEncryption?

  init(
    _ spec: TableSpec, _ options: ResolvedOptions, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) {
    let place = spec.place
    self.spec = spec
    address = try RedisAddress(options, in: place)
    isHash = try options.word("value", of: ["json", "hash"], else: "json", in: place) == "hash"
    let prefix = try options.text("prefix", in: place) ?? ""
    let separator = try options.text("key_separator", in: place) ?? ":"
    guard !separator.isEmpty else {
      throw ConnectorError(
        .configuration, "\(place): `key_separator` is empty; it stands between key columns")
    }
    table = try RedisTable(spec, prefix: prefix, separator: separator, isHash: isHash)
    tls = try Self.encryption(options, environment, in: place)
  }

  /// A connection of its own, which is made when it is needed.
  func session() -> RedisSession { RedisSession(address, tls) }

  func connect() throws(ConnectorError) -> RedisLookup {
    RedisLookup(table, session(), try AnswerDecoder(spec, coerces: isHash))
  }

  /// nil where nothing is encrypted.
  private static func encryption(
    _ options: ResolvedOptions, _ environment: ConnectorEnvironment, in place: String
  ) throws(ConnectorError) -> RedisEncryption? {
    var names: [String: String] = [:]
    if case .object(let own)? = options["tls"] {
      for name in ["ca", "certificate", "key"] {
        names[name] = try ResolvedOptions(own).text(name, in: place)
      }
    } else if try !options.bool("tls", else: false, in: place) {
      return nil
    }
    guard (names["certificate"] == nil) == (names["key"] == nil) else {
      throw ConnectorError(
        .configuration,
        "\(place): `certificate` and `key` of `tls` go together: write both, or none")
    }
    var files: [String: String] = [:]
    for (name, path) in names.sorted(by: { $0.key < $1.key }) {
      files[name] = try environment.readable(path, option: "tls.\(name)", in: place)
    }
    var identity: (certificate: String, key: String)?
    if let certificate = files["certificate"], let key = files["key"] {
      identity = (certificate, key)
    }
    do throws(TLSFault) {
      return RedisEncryption(
        context: try TLSContext(ca: files["ca"], identity: identity),
        showsCertificate: identity != nil)
    } catch {
      throw ConnectorError(.configuration, "\(place): \(error.text)")
    }
  }
}

/// How connections to a server are encrypted.
struct RedisEncryption: Sendable {
  var context: TLSContext
  /// Whether we have a certificate of our own to show.
  var showsCertificate: Bool
}

/// Where a server is, and who we are there.
struct RedisAddress: Sendable {
  static let usualPort = 6_379

  var host: String
  var port: Int32
  var username: String?
  var password: String?
  var database: Int64

  init(_ options: ResolvedOptions, in place: String) throws(ConnectorError) {
    let text = try options.requiredText("address", in: place)
    let colon = text.lastIndex(of: ":")
    var host = colon.map { String(text[..<$0]) } ?? text
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    let port = colon.map { Int32(text[text.index(after: $0)...]) } ?? Int32(Self.usualPort)
    guard let port, port > 0, port < 65_536, !host.isEmpty else {
      throw ConnectorError(
        .configuration, "\(place): `address` is no `host:port`, such as `localhost:6379`")
    }
    self.host = host
    self.port = port
    username = try options.text("username", in: place)
    password = try options.text("password", in: place)
    database = try options.int("database", else: 0, atLeast: 0, in: place)
  }
}
