import Columns
import Connectors
import HTTP
import Plans
import Schemas

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
    body = try BodyTemplate(options, columns: spec.keyFields, in: place)
    method = try options.word(
      "method", of: ["GET", "POST"], else: body == nil ? "GET" : "POST", in: place)
    headers = try RequestHeaders(.usual(hasBody: body != nil), options, in: place).constant
  }

  func request(_ keys: Batch) throws(TemplateRefusal) -> HTTPRequest {
    var request = HTTPRequest(
      method, try url.text(keys), headers: headers,
      body: try body?.bytes(keys) ?? (method == "POST" ? [] : nil),
      timeout: timeout, wanted: Self.wanted, wantedOfFailures: ServiceFailure.wanted)
    // Look-ups only read.
    request.isRepeatable = true
    return request
  }
}

extension [HTTPHeader] {
  /// Those of each request, where nothing else is said.
  static func usual(hasBody: Bool) -> [HTTPHeader] {
    [HTTPHeader("Accept", "application/json")]
      + (hasBody ? [HTTPHeader("Content-Type", "application/json")] : [])
  }
}

extension TableSpec {
  /// The columns of its keys, in their order.
  var keyFields: [Field] {
    keys.compactMap { name in decoding.columns.first { $0.field.name == name }?.field }
  }
}
