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
    let origin: PostgresStatement.Origin
    switch (try options.text("table", in: place), try options.text("query", in: place)) {
    case (let table?, nil): origin = .table(table)
    case (nil, let query?): origin = .query(query)
    default:
      throw ConnectorError(.configuration, "\(place) needs `table` or `query`, and not both")
    }
    var parameters = ["client_encoding": "UTF8", "application_name": "raudal"]
    parameters["dbname"] = try options.requiredText("url", in: place)
    if let password = try options.text("password", in: place) { parameters["password"] = password }
    if let user = try options.text("username", in: place) { parameters["user"] = user }
    if try options.bool("tls", else: false, in: place) { parameters["sslmode"] = "verify-full" }
    let timeout = spec.lookup?.timeout ?? LookupPolicy().timeout
    // The library knows whole seconds, and takes 1 for 2.
    parameters["connect_timeout"] = "\(max((timeout + 999_999) / 1_000_000, 2))"
    let count = try options.int("connections", else: 4, atLeast: 1, in: place)
    return try PostgresLookup(
      spec, PostgresStatement(spec, origin), parameters, timeout: timeout,
      connections: Int(count), environment)
  }
}
