/// Sends requests, from any thread and without waiting: over connections of its own, which one
/// thread of the process serves for all clients.
///
/// A request that found its connection closed by the server before a byte of an answer came is sent
/// again by itself.
package final class HTTPClient: Sendable {
  private let pool: HTTPPool

  package init(_ settings: HTTPSettings = HTTPSettings()) {
    pool = HTTPPool(settings, HTTPLoop.shared)
  }

  deinit { close() }

  /// `done` is called once, on the thread that serves all: it must not wait, and be short.
  package func send(
    _ request: HTTPRequest,
    _ done: @escaping @Sendable (Result<HTTPResponse, HTTPError>) -> Void
  ) {
    HTTPLoop.shared.submit(.send(pool, QueuedRequest(request, done)))
  }

  /// What is under way fails, and what comes later.
  package func close() { HTTPLoop.shared.submit(.close(pool)) }
}

/// A request with whom to tell of its end.
struct QueuedRequest: Sendable {
  let request: HTTPRequest
  let done: @Sendable (Result<HTTPResponse, HTTPError>) -> Void
  /// Monotonic nanoseconds.
  let deadline: UInt64

  init(
    _ request: HTTPRequest,
    _ done: @escaping @Sendable (Result<HTTPResponse, HTTPError>) -> Void
  ) {
    self.request = request
    self.done = done
    deadline = MonotonicTime.now() &+ UInt64(max(request.timeout, 0)).multipliedCapped(by: 1_000)
  }
}

extension UInt64 {
  /// At most a quarter of what fits, so that times can be added.
  fileprivate func multipliedCapped(by factor: UInt64) -> UInt64 {
    let (product, isPast) = multipliedReportingOverflow(by: factor)
    return isPast ? .max / 4 : Swift.min(product, .max / 4)
  }
}
