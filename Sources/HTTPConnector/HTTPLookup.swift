import Columns
import Connectors
import HTTP
import Plans
import Platform
import Synchronization

/// A table that an HTTP service is asked for: one request for the keys of a call.
final class HTTPLookup: LookupClient {
  private typealias Told = @Sendable (Result<LookupAnswer, LookupFailure>) -> Void

  private let name: String
  private let template: RequestTemplate
  private let reader: AnswerReader
  private let client: HTTPClient
  private let tokens: OAuthTokens?

  init(
    _ spec: TableSpec, _ template: RequestTemplate, _ reader: AnswerReader, _ client: HTTPClient,
    _ tokens: OAuthTokens?
  ) {
    name = spec.name
    self.template = template
    self.reader = reader
    self.client = client
    self.tokens = tokens
  }

  /// Without a key there is nothing that could be asked: only whether we get a token.
  func start() throws(ConnectorError) {
    guard let tokens else { return }
    let parker = Parker()
    let box = Mutex<Result<String, HTTPError>?>(nil)
    tokens.token { result in
      box.withLock { $0 = result }
      parker.wake()
    }
    while true {
      switch box.withLock({ $0 }) {
      case .success?: return
      case .failure(let error)?:
        throw ConnectorError(
          error.isRetriable ? .unreachable : .configuration, "table `\(name)`: \(error.message)")
      case nil: parker.wait(nanoseconds: 100_000_000)
      }
    }
  }

  func ask(
    _ keys: Batch, _ answer: @escaping @Sendable (Result<LookupAnswer, LookupFailure>) -> Void
  ) {
    switch template.request(keys) {
    case .failure(let refusal):
      // No service is asked for such a key.
      answer(.success(reader.unreadable(keys, refusal.reason)))
    case .success(let request): send(request, keys, mayRefuse: tokens != nil, answer)
    }
  }

  func close() { client.close() }

  /// `mayRefuse`: once more with another token, where this one is not taken.
  private func send(
    _ request: HTTPRequest, _ keys: Batch, mayRefuse: Bool, _ answer: @escaping Told
  ) {
    guard let tokens else {
      return client.send(request) { [self] in settle($0, keys, answer) }
    }
    tokens.token { [self] result in
      let token: String
      switch result {
      case .failure(let error): return settle(.failure(error), keys, answer)
      case .success(let value): token = value
      }
      var authorised = request
      authorised.headers.append(HTTPHeader("Authorization", "Bearer \(token)"))
      client.send(authorised) { [self] result in
        if case .success(let response) = result, response.status == 401, mayRefuse {
          tokens.refuse(token)
          send(request, keys, mayRefuse: false, answer)
        } else {
          settle(result, keys, answer)
        }
      }
    }
  }

  private func settle(
    _ result: Result<HTTPResponse, HTTPError>, _ keys: Batch, _ answer: Told
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
