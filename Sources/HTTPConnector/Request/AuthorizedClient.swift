import Connectors
import HTTP
import Platform
import Synchronization

/// Sends requests with a token, where the service wants one.
final class AuthorizedClient: Sendable {
  private let client: HTTPClient
  private let tokens: OAuthTokens?

  init(_ client: HTTPClient, _ tokens: OAuthTokens?) {
    self.client = client
    self.tokens = tokens
  }

  /// Waits for a token, where one is wanted. `place`: "table `users`".
  func start(_ place: String) throws(ConnectorError) {
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
          error.isRetriable ? .unreachable : .configuration, "\(place): \(error.message)")
      case nil: parker.wait(nanoseconds: 100_000_000)
      }
    }
  }

  /// Never waits; `done` as that of `HTTPClient.send`.
  func send(
    _ request: HTTPRequest,
    _ done: @escaping @Sendable (Result<HTTPResponse, HTTPError>) -> Void
  ) {
    send(request, mayRefuse: true, done)
  }

  func close() { client.close() }

  /// `mayRefuse`: once more with another token, where this one is not taken.
  private func send(
    _ request: HTTPRequest, mayRefuse: Bool,
    _ done: @escaping @Sendable (Result<HTTPResponse, HTTPError>) -> Void
  ) {
    guard let tokens else { return client.send(request, done) }
    tokens.token { [self] result in
      let token: String
      switch result {
      case .failure(var error):
        error.isUnsent = true
        return done(.failure(error))
      case .success(let value): token = value
      }
      var authorised = request
      authorised.headers.append(HTTPHeader("Authorization", "Bearer \(token)"))
      client.send(authorised) { [self] result in
        if case .success(let response) = result, response.status == 401, mayRefuse {
          tokens.refuse(token)
          send(request, mayRefuse: false, done)
        } else {
          done(result)
        }
      }
    }
  }
}
