/// A request with whom to tell of its end, and its way.
final class QueuedRequest: Sendable {
  /// Who carries it.
  enum Way: Sendable {
    case wire(WireRequest)
    case curl
    /// Nobody: it is none.
    case none(HTTPError)
  }

  let request: HTTPRequest
  let done: @Sendable (Result<HTTPResponse, HTTPError>) -> Void
  /// Monotonic nanoseconds.
  let deadline: UInt64
  let way: Way

  init(
    _ request: HTTPRequest, _ settings: HTTPSettings,
    _ done: @escaping @Sendable (Result<HTTPResponse, HTTPError>) -> Void
  ) {
    self.request = request
    self.done = done
    deadline = MonotonicTime.now() &+ UInt64(max(request.timeout, 0)).multipliedCapped(by: 1_000)
    way = Self.way(request, settings)
  }

  private static func way(_ request: HTTPRequest, _ settings: HTTPSettings) -> Way {
    guard request.url.hasPrefix("http://") || request.url.hasPrefix("https://") else {
      return .none(HTTPError(.request, "an address begins with `http://` or `https://`"))
    }
    guard request.url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return .none(
        HTTPError(
          .request, "\(place(request.url)): the URL holds what is not percent-encoded"))
    }
    guard request.headers.allSatisfy(\.isSound) else {
      return .none(
        HTTPError(
          .request, "\(place(request.url)): a header's name or value holds a line end"))
    }
    return WireRequest(request, settings).map { .wire($0) } ?? .curl
  }

  func fail(_ kind: HTTPError.Kind, _ text: String) {
    done(.failure(HTTPError(kind, "\(place): \(kind.words)\(text)")))
  }

  /// Without a connection until its time was over.
  func late() {
    var error = HTTPError(.timedOut, "\(place): no connection was free in time")
    error.isUnsent = true
    done(.failure(error))
  }

  func closed() { done(.failure(HTTPError(.closed, "the client of \(place) is closed"))) }

  /// Scheme, host and port: what of a URL may stand in a message.
  var place: String { Self.place(request.url) }

  static func place(_ url: String) -> String {
    let parts = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].isEmpty else { return "the server" }
    let authority = parts[2].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] }
    return "\(parts[0])//\(host ?? authority)"
  }
}

extension UInt64 {
  /// At most a quarter of what fits, so that times can be added.
  fileprivate func multipliedCapped(by factor: UInt64) -> UInt64 {
    let (product, isPast) = multipliedReportingOverflow(by: factor)
    return isPast ? .max / 4 : Swift.min(product, .max / 4)
  }
}
