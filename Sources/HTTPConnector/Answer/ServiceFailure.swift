import Columns
import Connectors
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
  static func words(_ response: HTTPResponse, _ mask: SecretMask = SecretMask()) -> String {
    let address = response.headers["location"].map { ForeignText.address(mask.shown($0)) }
    let target = address.map { ", which points to \($0)" } ?? ""
    let said = response.body.isEmpty ? "" : ": \(start(response, mask))"
    return "status \(response.status)\(target)\(said)"
  }

  /// The first bytes of a body, fit for a line.
  static func start(_ response: HTTPResponse, _ mask: SecretMask = SecretMask()) -> String {
    ForeignText.start(mask.shown(response.body, atMost: 2 * ForeignText.limit))
  }
}
