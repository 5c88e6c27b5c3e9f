package import Connectors
package import Plans

/// The connector `postgres`: tables of a PostgreSQL server that are looked up by key.
package struct PostgresConnector: ConnectorFactory {
  package let name = "postgres"

  package init() {}

  package func makeLookup(
    _ spec: TableSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any LookupClient {
    let place = "table `\(spec.name)`"
    let origin = try Self.origin(options, in: place)
    let timeout = spec.lookup?.timeout ?? LookupPolicy().timeout
    let parameters = try Self.parameters(options, timeout: timeout, in: place)
    let count = try options.int("connections", else: 4, atLeast: 1, in: place)
    let table = PostgresTable(spec.name, try PostgresStatement(spec, origin))
    return try LookupPool(spec, connections: Int(count), environment) {
      () throws(ConnectorError) in
      PostgresLookup(
        table, PostgresSession(parameters, timeout: timeout), try AnswerDecoder(spec))
    }
  }

  /// A table that is read whole, by a connection of its own each time.
  package func makeSource(
    _ spec: SourceSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    let place = spec.place
    guard spec.isTable else {
      throw ConnectorError(.configuration, "\(place): `\(name)` has no sources")
    }
    let timeout = try options.duration("timeout", else: WholeTable.usualTimeout, in: place)
    let parameters = try Self.parameters(options, timeout: timeout, in: place)
    let whole = TableSpec(
      name: spec.name, keys: [], connector: spec.connector, decoding: spec.decoding)
    let table = PostgresTable(
      spec.name, try PostgresStatement(whole, Self.origin(options, in: place)))
    return WholeTable(spec.name) { () throws(ConnectorError) -> [[UInt8]] in
      let session = PostgresSession(parameters, timeout: timeout)
      defer { session.close() }
      do throws(PostgresFailure) {
        return try table.rows(session, until: LookupDeadline(environment.clock, in: timeout))
      } catch {
        throw ConnectorError(
          error.isRetriable ? .unreachable : .configuration,
          "\(place): PostgreSQL: \(error.reason)")
      }
    }
  }

  private static func origin(
    _ options: ResolvedOptions, in place: String
  ) throws(ConnectorError) -> PostgresStatement.Origin {
    switch (try options.text("table", in: place), try options.text("query", in: place)) {
    case (let table?, nil): return .table(table)
    case (nil, let query?): return .query(query)
    default:
      throw ConnectorError(.configuration, "\(place) needs `table` or `query`, and not both")
    }
  }

  /// What `url` says counts over what stands before it, and what stands behind it over `url`.
  private static func parameters(
    _ options: ResolvedOptions, timeout: Int64, in place: String
  ) throws(ConnectorError) -> PostgresSession.Parameters {
    let url = try options.requiredText("url", in: place)
    // The library takes any other text for a name, and would tell all of it, the password too.
    guard !url.contains("://") || url.hasPrefix("postgres://") || url.hasPrefix("postgresql://")
    else {
      throw ConnectorError(
        .configuration,
        "\(place): `url` begins with neither `postgres://` nor `postgresql://`; or write"
          + " `host=… dbname=…`")
    }
    var parameters: PostgresSession.Parameters = [
      ("application_name", "raudal"),
      // The library knows whole seconds, and takes 1 for 2.
      ("connect_timeout", "\(max((timeout + 999_999) / 1_000_000, 2))"),
      // A server that is gone without a word is noticed while nothing is asked too.
      ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "\(min(max(timeout / 1_000, 1), Int64(Int32.max)))"),
      ("dbname", url),
      ("client_encoding", "UTF8"),
    ]
    if let password = try options.text("password", in: place) {
      parameters.append(("password", password))
    }
    if let user = try options.text("username", in: place) { parameters.append(("user", user)) }
    if try options.bool("tls", else: false, in: place) {
      parameters.append(("sslmode", "verify-full"))
    }
    return parameters
  }
}
