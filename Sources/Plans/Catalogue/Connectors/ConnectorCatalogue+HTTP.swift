extension ConnectorCatalogue {
  static let http = ConnectorDescriptor(
    "http", "Objects that an HTTP service answers, looked up by key: REST or GraphQL.",
    options: [
      .table: request + answer + httpConnection + [refresh] + asking.map(asHTTPAsks)
    ],
    formats: [.table: ["json"]], isAsked: true)

  private static let request: [OptionDescriptor] = [
    OptionDescriptor(
      "url", .template, required: true,
      "Where it is asked: `https://host/prices/\\(sku)`, or `…?ids=\\(keys)` for all keys of a "
        + "call. Keys are percent-encoded."),
    OptionDescriptor(
      "method", .word(["GET", "POST"]), fallback: "POST where there is a body, else GET",
      "How it is asked."),
    OptionDescriptor(
      "headers", .freeBlock,
      "Headers of each request: `{ \"x-api-key\": secret(\"KEY\") }`."),
    OptionDescriptor(
      "body", .jsonTemplate,
      "A block that is sent as JSON, in which key columns stand by name, and `keys` for all of a "
        + "call; or a text of JSON with `\\(sku)` in it."),
    graphql, oauth,
  ]

  static let graphql = OptionDescriptor(
    "graphql",
    .block([
      OptionDescriptor("query", .text, required: true, "The query, with its variables."),
      OptionDescriptor(
        "variables", .jsonTemplate, "A block as `body`, whose members are the variables."),
    ]), "Asks by GraphQL, in place of `body`.")

  static let oauth = OptionDescriptor(
    "oauth",
    .block([
      OptionDescriptor("url", .text, required: true, "Where tokens are given."),
      OptionDescriptor("id", .secretText, required: true, "The client's id."),
      OptionDescriptor("secret", .secretText, required: true, "The client's secret."),
      OptionDescriptor("scope", .text, "What the token shall allow."),
    ]), "Asks with a token of OAuth 2.0 by client credentials, fetched again before it ends.")

  private static let answer: [OptionDescriptor] = [
    OptionDescriptor(
      "path", .text, fallback: "the whole answer",
      "Where the object, or the list of objects, stands in the answer: `data.items`, "
        + "`items[0].price`."),
    OptionDescriptor(
      "missing", .intOrList(400...599), fallback: "404",
      "Statuses that say that there is no row of the key."),
  ]

  /// How services are reached.
  static let httpConnection: [OptionDescriptor] = [
    authorities,
    OptionDescriptor(
      "proxy", .secretText, fallback: "none",
      "A proxy's address, or `environment`: as `http_proxy` and the like say."),
    OptionDescriptor(
      "connections", .int(1...1_024), fallback: "16",
      "Connections of the process to the server; over HTTP/2 each carries 100 requests."),
  ]

  /// One key a request, unless its template takes more.
  private static func asHTTPAsks(_ option: OptionDescriptor) -> OptionDescriptor {
    var option = option
    switch option.name {
    case "batch": option.fallback = "one key; with `keys` 64 within 2ms"
    case "concurrency": option.fallback = "16"
    default: break
    }
    return option
  }
}
