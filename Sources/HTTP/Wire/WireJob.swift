/// A request on its way over a connection.
struct WireJob {
  let request: QueuedRequest
  let bytes: WireRequest
  /// It was sent over a connection that had ended; not a third time.
  var isSecondTry = false

  init?(_ request: QueuedRequest) {
    guard case .wire(let bytes) = request.way else { return nil }
    self.request = request
    self.bytes = bytes
  }
}

extension QueuedRequest {
  func error(_ fault: ResponseFault) -> HTTPError {
    HTTPError(fault.kind, "\(place): \(fault.kind.words)\(fault.text)")
  }
}
