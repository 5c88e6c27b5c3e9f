import Synchronization

/// Tokens of OAuth 2.0 by client credentials (RFC 6749, 4.4): fetched once for all who wait, and
/// again before they end.
package final class OAuthTokens: Sendable {
  package struct Settings: Hashable, Sendable {
    /// Where tokens are given.
    package var url: String
    package var id: String
    package var secret: String
    package var scope: String?
    /// Microseconds.
    package var timeout: Int64

    package init(
      url: String, id: String, secret: String, scope: String? = nil, timeout: Int64 = 10_000_000
    ) {
      self.url = url
      self.id = id
      self.secret = secret
      self.scope = scope
      self.timeout = timeout
    }
  }

  package typealias Waiter = @Sendable (Result<String, HTTPError>) -> Void

  private struct State {
    var token: String?
    /// Monotonic nanoseconds from which on a new one is fetched, and the token counts no more.
    var refreshAt: UInt64 = 0
    var endsAt: UInt64 = 0
    var isFetching = false
    /// After failures none is fetched before then: who asks meanwhile is told the last one.
    var quietUntil: UInt64 = 0
    var failures: UInt64 = 0
    var lastFailure: HTTPError?
    var waiters: [Waiter] = []
  }

  private let settings: Settings
  private let client: HTTPClient
  private let state = Mutex(State())

  package init(_ settings: Settings, _ client: HTTPClient) {
    self.settings = settings
    self.client = client
  }

  /// Hands over a token that counts, at once where there is one. Never waits.
  package func token(_ take: @escaping Waiter) {
    let now = MonotonicTime.now()
    let (known, fetches) = state.withLock { state -> (Result<String, HTTPError>?, Bool) in
      let token = now < state.endsAt ? state.token : nil
      let isQuiet = now < state.quietUntil
      let fetches = !state.isFetching && !isQuiet && (token == nil || now >= state.refreshAt)
      if fetches { state.isFetching = true }
      if let token { return (.success(token), fetches) }
      if isQuiet, !state.isFetching, var failure = state.lastFailure {
        failure.retryAfter = Int64((state.quietUntil - now) / 1_000)
        return (.failure(failure), false)
      }
      state.waiters.append(take)
      return (nil, fetches)
    }
    if let known { take(known) }
    if fetches { fetch() }
  }

  /// A server did not take this token: another is fetched for the next who asks.
  package func refuse(_ token: String) {
    state.withLock { state in
      // Others may have said so before, and have a new one already.
      if state.token == token { state.token = nil }
    }
  }

  private func fetch() {
    var form = "grant_type=client_credentials"
    if let scope = settings.scope { form += "&scope=\(PercentEncoding.encode(scope.utf8))" }
    // The two are form-encoded before they are joined (RFC 6749, 2.3.1).
    let pair =
      PercentEncoding.encode(settings.id.utf8) + ":" + PercentEncoding.encode(settings.secret.utf8)
    var request = HTTPRequest(
      "POST", settings.url,
      headers: [
        HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
        HTTPHeader("Accept", "application/json"),
        HTTPHeader("Authorization", "Basic \(Base64Text.encode(Array(pair.utf8)))"),
      ], body: Array(form.utf8), timeout: settings.timeout, wantedOfFailures: ["retry-after"])
    // A token too many does no harm.
    request.isRepeatable = true
    client.send(request) { [self] answer in settle(answer) }
  }

  private func settle(_ answer: Result<HTTPResponse, HTTPError>) {
    let now = MonotonicTime.now()
    let result: Result<OAuthAnswer, HTTPError>
    var pause: Int64 = 0
    switch answer {
    case .failure(let error): result = .failure(error)
    case .success(let response):
      result = OAuthAnswer.read(response, settings.url)
      pause = RetryAfter.delay(of: response) ?? 0
    }
    let waiters = state.withLock { state -> [Waiter] in
      state.isFetching = false
      switch result {
      case .failure(let error):
        // 0.25, 0.5, 1 … 32 s.
        let backoff: UInt64 = 250_000_000 << min(state.failures, 7)
        state.quietUntil = now &+ max(backoff, UInt64(pause) &* 1_000)
        state.failures += 1
        state.lastFailure = error
      case .success(let answer):
        (state.token, state.failures, state.quietUntil) = (answer.token, 0, 0)
        state.lastFailure = nil
        state.endsAt = now &+ UInt64(answer.seconds) &* 1_000_000_000
        // Half a minute before its end, or when a tenth of its time is left.
        let early = min(UInt64(answer.seconds) &* 100_000_000, 30_000_000_000)
        state.refreshAt = state.endsAt &- early
      }
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter(result.map(\.token)) }
  }
}
