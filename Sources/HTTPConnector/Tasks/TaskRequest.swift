import Columns
import Connectors
import HTTP
import Plans
import Schemas

/// What is sent for a task.
struct TaskRequest: Sendable {
  private enum Address: Sendable {
    case template(URLTemplate)
    /// As it stands in the row.
    case column(String)
  }

  private static let wanted = RateLimitHeaders.names + ["content-type"]

  private let names: [String]
  private let address: Address
  private let method: String
  private let body: BodyTemplate?
  private let headers: [(name: String, value: [ResolvedValue])]
  private let keyHeader: String
  private let timeout: Int64

  /// `input`: of the stage, whose columns stand in the options.
  init(
    _ spec: TaskSpec, input: Schema, _ options: ResolvedOptions, in place: String
  ) throws(ConnectorError) {
    names = input.fields.map(\.name)
    timeout = spec.timeout
    if case .key(let column)? = options["url"] {
      address = .column(column)
    } else {
      address = .template(try URLTemplate(options["url"], keys: names, in: place))
    }
    if case .object(let graphql)? = options["graphql"] {
      var members = graphql
      members["variables"] = graphql["variables"] ?? .object([:])
      body = BodyTemplate(.object(members), keys: names)
    } else {
      body = options["body"].map { [names] in BodyTemplate($0, keys: names) }
    }
    method = try options.word(
      "method", of: ["GET", "POST", "PUT", "PATCH", "DELETE"], else: "POST", in: place)
    keyHeader = try options.text("idempotency_header", in: place) ?? "Idempotency-Key"
    headers = Self.headers(options, hasBody: body != nil)
  }

  private static func headers(
    _ options: ResolvedOptions, hasBody: Bool
  ) -> [(name: String, value: [ResolvedValue])] {
    var headers: [(name: String, value: [ResolvedValue])] = [
      ("Accept", [.text("application/json")])
    ]
    if hasBody { headers.append(("Content-Type", [.text("application/json")])) }
    guard case .object(let own)? = options["headers"] else { return headers }
    for (name, value) in own.sorted(by: { $0.key < $1.key }) {
      headers.removeAll { $0.name.lowercased() == name.lowercased() }
      if case .template(let pieces) = value {
        headers.append((name, pieces))
      } else {
        headers.append((name, [value]))
      }
    }
    return headers
  }

  func request(_ attempt: TaskAttempt) throws(TemplateRefusal) -> HTTPRequest {
    var sent: [HTTPHeader] = []
    sent.reserveCapacity(headers.count + 1)
    for (name, pieces) in headers {
      let value = try TemplateText.joined(pieces, attempt.rows, attempt.row, names)
      try add(HTTPHeader(name, String(decoding: value, as: UTF8.self)), to: &sent)
    }
    if !keyHeader.isEmpty { try add(HTTPHeader(keyHeader, attempt.idempotencyKey), to: &sent) }
    return HTTPRequest(
      method, try url(attempt), headers: sent,
      body: try body?.bytes(attempt.rows, row: attempt.row) ?? (method == "GET" ? nil : []),
      timeout: timeout, wanted: Self.wanted, wantedOfFailures: Self.wanted + ServiceFailure.wanted)
  }

  private func add(
    _ header: HTTPHeader, to headers: inout [HTTPHeader]
  ) throws(TemplateRefusal) {
    guard header.isSound else {
      throw TemplateRefusal("header `\(header.name)` would hold a line end or a control character")
    }
    headers.append(header)
  }

  private func url(_ attempt: TaskAttempt) throws(TemplateRefusal) -> String {
    switch address {
    case .template(let template): return try template.text(attempt.rows, row: attempt.row)
    case .column(let name):
      guard let place = names.firstIndex(of: name) else { throw TemplateRefusal("there is no URL") }
      let bytes = try TemplateText.value(name, attempt.rows.columns[place], attempt.row)
      let url = String(decoding: bytes, as: UTF8.self)
      guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
        throw TemplateRefusal(
          "the URL \"\(url.prefix(120))\" begins with neither `http://` nor `https://`")
      }
      return PercentEncoding.encodeStrange(url)
    }
  }
}
