import Columns
import HTTP

/// What a service says in place of an answer.
enum ServiceFailure {
  /// Headers of such responses that say more.
  static let wanted = ["retry-after", "location"]

  /// `place`: "table `prices`".
  static func of(_ response: HTTPResponse, as place: String) -> LookupFailure {
    let status = response.status
    let isRetriable = status >= 500 && status != 501 || status == 429 || status == 408
    return LookupFailure(
      "\(place): the service answers with \(words(response))", isRetriable: isRetriable,
      retryAfter: isRetriable ? RetryAfter.delay(of: response) : nil)
  }

  /// "status 404, which points to https://…: not found"
  static func words(_ response: HTTPResponse) -> String {
    // What stands behind the question mark may be secret.
    let target =
      response.headers["location"].map { ", which points to \($0.prefix { $0 != "?" })" } ?? ""
    let said = response.body.isEmpty ? "" : ": \(start(response))"
    return "status \(response.status)\(target)\(said)"
  }

  /// The first bytes of a body, fit for a line.
  static func start(_ response: HTTPResponse) -> String { start(response.body) }

  static func start(_ body: [UInt8]) -> String {
    let limit = 120
    let text = String(decoding: body.prefix(limit), as: UTF8.self)
    let line = String(text.map { $0.isNewline || $0 == "\t" || $0 == "\0" ? " " : $0 })
    return body.count > limit ? "\(line)…" : line
  }
}
