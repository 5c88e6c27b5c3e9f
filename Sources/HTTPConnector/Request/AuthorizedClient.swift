import Connectors
import HTTP
import Platform

/// Sends requests with a token, where the service wants one. A request's time is that of its token
/// too.
final class AuthorizedClient: Sendable {
  private let client: HTTPClient
  private let tokens: OAuthTokens?
  private let clock: any Clock

  init(_ client: HTTPClient, _ tokens: OAuthTokens?, _ clock: any Clock) {
    self.client = client
    self.tokens = tokens
    self.clock = clock
  }

  /// Waits for a token, where one is wanted. `place`: "table `users`".
  func start(_ place: String) throws(ConnectorError) {
    guard let tokens else { return }
    if case .failure(let error) = Parker.answer({ tokens.token($0) }) {
      throw ConnectorError(error, place)
    }
  }

  /// What was sent for an answer.
  struct Sent: Sendable {
    /// Requests, those among them that were not taken for their token.
    var requests = 0
    /// The last one's.
    var token: String?
  }

  typealias Teller = @Sendable (Result<HTTPResponse, HTTPError>, Sent) -> Void

  /// Never waits; `done` as that of `HTTPClient.send`.
  func send(
    _ request: HTTPRequest,
    _ done: @escaping @Sendable (Result<HTTPResponse, HTTPError>) -> Void
  ) {
    send(request, told: { result, _ in done(result) })
  }

  /// The same; `told` what was sent for it too.
  func send(_ request: HTTPRequest, told: @escaping Teller) {
    guard let tokens else { return client.send(request) { told($0, Sent(requests: 1)) } }
    let deadline = clock.monotonic() &+ UInt64(max(request.timeout, 0)) &* 1_000
    send(request, tokens, until: deadline, Sent(), told)
  }

  func close() { client.close() }

  /// Once more with another token, where the first one is not taken.
  private func send(
    _ request: HTTPRequest, _ tokens: OAuthTokens, until deadline: UInt64, _ before: Sent,
    _ done: @escaping Teller
  ) {
    tokens.token { [self] result in
      let token: String
      switch result {
      case .failure(var error):
        error.isUnsent = true
        return done(.failure(error), before)
      case .success(let value): token = value
      }
      let now = clock.monotonic()
      guard now < deadline else {
        var late = HTTPError(.timedOut, "the token came when there was no time left to use it")
        late.isUnsent = true
        return done(.failure(late), before)
      }
      var authorised = request
      authorised.timeout = Int64((deadline - now) / 1_000)
      authorised.headers.append(HTTPHeader("Authorization", "Bearer \(token)"))
      let sent = Sent(requests: before.requests + 1, token: token)
      client.send(authorised) { [self] result in
        if case .success(let response) = result, response.status == 401, before.requests == 0 {
          tokens.refuse(token)
          send(request, tokens, until: deadline, sent, done)
        } else {
          done(result, sent)
        }
      }
    }
  }
}

extension ConnectorError {
  /// That there was no answer at a start. `place`: "table `users`".
  init(_ error: HTTPError, _ place: String) {
    self.init(error.isRetriable ? .unreachable : .configuration, "\(place): \(error.message)")
  }
}
