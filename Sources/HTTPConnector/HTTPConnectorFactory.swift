package import Connectors
import HTTP
package import Plans
import Schemas

/// The connector `http`: tables of objects that a service answers, looked up by key.
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
    let settings = try HTTPSettings(options, environment, in: place)
    let timeout = spec.lookup?.timeout ?? LookupPolicy().timeout
    let client = HTTPClient(settings)
    let tokens = try tokens(options, client, timeout, place)
    return try HTTPLookup(
      spec, RequestTemplate(spec, options, timeout: timeout, in: place),
      AnswerReader(spec, options, in: place), client, tokens)
  }

  private func tokens(
    _ options: ResolvedOptions, _ client: HTTPClient, _ timeout: Int64, _ place: String
  ) throws(ConnectorError) -> OAuthTokens? {
    guard case .object(let members)? = options["oauth"] else { return nil }
    let block = ResolvedOptions(members)
    let place = "\(place): `oauth`"
    let url = try block.requiredText("url", in: place)
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
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
