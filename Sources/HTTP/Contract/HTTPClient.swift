/// Sends requests, from any thread and without waiting: over connections of its own, which one
/// thread of the process serves for all clients.
///
/// A request that found its connection closed by the server before a byte of an answer came is sent
/// once more by itself, over a new one, where nothing of it was sent or it is repeatable.
package final class HTTPClient: Sendable {
  private let pool: HTTPPool

  package init(_ settings: HTTPSettings = HTTPSettings()) {
    pool = HTTPPool(settings)
  }

  deinit { close() }

  /// `done` is called once, on the thread that serves all: it must not wait, and be short.
  package func send(
    _ request: HTTPRequest,
    _ done: @escaping @Sendable (Result<HTTPResponse, HTTPError>) -> Void
  ) {
    HTTPLoop.shared.submit(.send(pool, QueuedRequest(request, pool.settings, done)))
  }

  /// What is under way fails, and what comes later.
  package func close() { HTTPLoop.shared.submit(.close(pool)) }
}
