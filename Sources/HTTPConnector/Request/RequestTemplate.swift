import Columns
import Connectors
import HTTP
import Plans

/// What is sent for the keys of a call.
struct RequestTemplate: Sendable {
  private static let wanted = ["content-type"]

  private let url: URLTemplate
  private let body: BodyTemplate?
  private let method: String
  private let headers: [HTTPHeader]
  private let timeout: Int64

  init(
    _ spec: TableSpec, _ options: ResolvedOptions, timeout: Int64, in place: String
  ) throws(ConnectorError) {
    self.timeout = timeout
    url = try URLTemplate(options["url"], keys: spec.keys, in: place)
    if case .object(let graphql)? = options["graphql"] {
      var members = graphql
      members["variables"] = graphql["variables"] ?? .object([:])
      body = BodyTemplate(.object(members), keys: spec.keys)
    } else {
      body = options["body"].map { BodyTemplate($0, keys: spec.keys) }
    }
    method = try options.word(
      "method", of: ["GET", "POST"], else: body == nil ? "GET" : "POST", in: place)
    var headers = [HTTPHeader("Accept", "application/json")]
    if body != nil { headers.append(HTTPHeader("Content-Type", "application/json")) }
    self.headers = try headers.with(options, in: place)
  }

  func request(_ keys: Batch) throws(TemplateRefusal) -> HTTPRequest {
    HTTPRequest(
      method, try url.text(keys), headers: headers,
      body: try body?.bytes(keys) ?? (method == "POST" ? [] : nil),
      timeout: timeout, wanted: Self.wanted, wantedOfFailures: ServiceFailure.wanted)
  }
}
