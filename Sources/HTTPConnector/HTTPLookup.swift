import Columns
import Connectors
import HTTP
import Plans

/// A table that an HTTP service is asked for: one request for the keys of a call.
final class HTTPLookup: LookupClient {
  private let name: String
  private let template: RequestTemplate
  private let reader: AnswerReader
  private let client: AuthorizedClient

  init(
    _ spec: TableSpec, _ template: RequestTemplate, _ reader: AnswerReader,
    _ client: AuthorizedClient
  ) {
    name = spec.name
    self.template = template
    self.reader = reader
    self.client = client
  }

  /// Without a key there is nothing that could be asked: only whether we get a token.
  func start() throws(ConnectorError) { try client.start("table `\(name)`") }

  func ask(
    _ keys: Batch, _ answer: @escaping @Sendable (Result<LookupAnswer, LookupFailure>) -> Void
  ) {
    do throws(TemplateRefusal) {
      client.send(try template.request(keys)) { [self] in settle($0, keys, answer) }
    } catch {
      // No service is asked for such a key.
      var unasked = reader.unreadable(keys, error.reason)
      unasked.isAsked = false
      answer(.success(unasked))
    }
  }

  func close() { client.close() }

  private func settle(
    _ result: Result<HTTPResponse, HTTPError>, _ keys: Batch,
    _ answer: @Sendable (Result<LookupAnswer, LookupFailure>) -> Void
  ) {
    switch result {
    case .success(let response): answer(reader.read(response, keys))
    // Nobody waits any more.
    case .failure(let error) where error.kind == .closed: break
    case .failure(let error):
      answer(
        .failure(
          LookupFailure(
            "table `\(name)`: \(error.message)", isRetriable: error.isRetriable,
            retryAfter: error.retryAfter)))
    }
  }
}
