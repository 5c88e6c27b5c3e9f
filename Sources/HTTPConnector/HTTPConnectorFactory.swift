package import Connectors
import HTTP
package import Plans
import Platform
package import Schemas

/// The connector `http`: tables of objects that a service answers, looked up by key, and tasks that
/// are requests.
package struct HTTPConnectorFactory: ConnectorFactory {
  package let name = "http"

  package init() {}

  package func makeLookup(
    _ spec: TableSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any LookupClient {
    let place = spec.place
    for column in spec.decoding.columns where spec.keys.contains(column.field.name) {
      guard LookupPolicy.takesKeys(of: column.field.type) else {
        throw ConnectorError(
          .configuration,
          "\(place): a key of type \(column.field.type) has no text that stands in a request;"
            + " string, int, bool, decimal, date and timestamp have")
      }
    }
    let timeout = spec.lookup?.timeout ?? LookupPolicy().timeout
    let settings = try HTTPSettings(options, environment, in: place)
    let client = try client(options, settings, timeout, environment.clock, place)
    return try HTTPLookup(
      spec, RequestTemplate(spec, options, timeout: timeout, in: place),
      AnswerReader(spec, options, in: place), client)
  }

  /// A table that is read whole.
  package func makeSource(
    _ spec: SourceSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    let place = spec.place
    guard spec.isTable else {
      throw ConnectorError(.configuration, "\(place): `\(name)` has no sources")
    }
    var settings = try HTTPSettings(options, environment, in: place)
    settings.bodyLimit = HTTPTable.limit
    let timeout = try options.duration("timeout", else: WholeTable.usualTimeout, in: place)
    let client = try client(options, settings, timeout, environment.clock, place)
    let table = try HTTPTable(spec, options, client, timeout: timeout)
    return WholeTable(spec.name) { () throws(ConnectorError) -> [[UInt8]] in
      try table.objects()
    }
  }

  package func makeTask(
    _ spec: TaskSpec, input: Schema, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient {
    let place = "task `\(spec.name)`"
    // As many as calls may be under way: none should wait for another's connection.
    let most = spec.concurrency.filter { $0.per == nil }.map(\.calls).min()
    let settings = try HTTPSettings(
      options, environment, connections: most ?? TaskSpec.usualConcurrency, in: place)
    var secrets = options.secrets
    if case .object(let members)? = options["oauth"], case .text(let secret)? = members["secret"] {
      secrets.append(secret)
    }
    let mask = SecretMask(secrets, values: options.variables)
    return try HTTPTask(
      spec, TaskRequest(spec, input: input, options, in: place),
      TaskQuestion(spec, input: input, options, in: place),
      TaskResponse(spec, options, mask, in: place),
      client(options, settings, spec.timeout, environment.clock, place), secrets: secrets)
  }

  private func client(
    _ options: ResolvedOptions, _ settings: HTTPSettings, _ timeout: Int64, _ clock: any Clock,
    _ place: String
  ) throws(ConnectorError) -> AuthorizedClient {
    let client = HTTPClient(settings)
    return AuthorizedClient(client, try tokens(options, client, timeout, place), clock)
  }

  private func tokens(
    _ options: ResolvedOptions, _ client: HTTPClient, _ timeout: Int64, _ place: String
  ) throws(ConnectorError) -> OAuthTokens? {
    guard case .object(let members)? = options["oauth"] else { return nil }
    let block = ResolvedOptions(members)
    let place = "\(place): `oauth`"
    guard let url = HTTPAddress.normalised(try block.requiredText("url", in: place)) else {
      throw ConnectorError(
        .configuration, "\(place): `url` begins with neither `http://` nor `https://`")
    }
    return OAuthTokens(
      OAuthTokens.Settings(
        url: PercentEncoding.encodeStrange(url), id: try block.requiredText("id", in: place),
        secret: try block.requiredText("secret", in: place),
        scope: try block.text("scope", in: place), timeout: timeout), client)
  }
}
