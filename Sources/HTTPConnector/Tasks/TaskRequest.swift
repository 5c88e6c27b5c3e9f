import Columns
import Connectors
import HTTP
import Plans
import Schemas

/// What is sent for a task.
struct TaskRequest: Sendable {
  private enum Address: Sendable {
    case template(URLTemplate)
    /// As it stands in the row, in the column of that number.
    case column(Int, name: String)
  }

  private static let wanted = RateLimitHeaders.names + ["content-type"]
  private static let wantedOfFailures = wanted + ServiceFailure.wanted

  private let address: Address
  private let method: String
  private let body: BodyTemplate?
  private let headers: RequestHeaders
  private let keyHeader: String
  private let timeout: Int64
  private let isQuestion: Bool

  /// `input`: of the stage, whose columns stand in the options. `isQuestion`: it only asks.
  init(
    _ spec: TaskSpec, input: Schema, _ options: ResolvedOptions, isQuestion: Bool = false,
    in place: String
  ) throws(ConnectorError) {
    self.isQuestion = isQuestion
    let names = input.fields.map(\.name)
    timeout = spec.timeout
    if case .key(let name)? = options["url"], let column = names.firstIndex(of: name) {
      address = .column(column, name: name)
    } else {
      address = .template(try URLTemplate(options["url"], keys: names, in: place))
    }
    body = try BodyTemplate(options, columns: input.fields, in: place)
    method = try options.word(
      "method", of: ["GET", "POST", "PUT", "PATCH", "DELETE"], else: "POST", in: place)
    keyHeader = try options.text("idempotency_header", in: place) ?? "Idempotency-Key"
    headers = try RequestHeaders(
      .usual(hasBody: body != nil), options, names: names, in: place)
  }

  func request(_ attempt: TaskAttempt) throws(TemplateRefusal) -> HTTPRequest {
    var sent = try headers.all(attempt.rows, row: attempt.row)
    if !keyHeader.isEmpty {
      sent.append(try HTTPHeader(keyHeader, attempt.idempotencyKey).sound())
    }
    var request = HTTPRequest(
      method, try url(attempt), headers: sent,
      body: try body?.bytes(attempt.rows, row: attempt.row) ?? (method == "GET" ? nil : []),
      timeout: timeout, wanted: Self.wanted, wantedOfFailures: Self.wantedOfFailures)
    // Whether a call is made again the stage decides, whatever the method.
    request.isRepeatable = isQuestion
    return request
  }

  private func url(_ attempt: TaskAttempt) throws(TemplateRefusal) -> String {
    switch address {
    case .template(let template): return try template.text(attempt.rows, row: attempt.row)
    case .column(let place, let name):
      let bytes = try TextTemplate.value(name, attempt.rows.columns[place], attempt.row)
      let text = String(decoding: bytes, as: UTF8.self)
      guard let url = HTTPAddress.normalised(text) else {
        throw TemplateRefusal(
          "the URL \"\(text.prefix(120))\" begins with neither `http://` nor `https://`")
      }
      return PercentEncoding.encodeStrange(url)
    }
  }
}
