/// Requests without a connection, oldest first.
struct WaitingRequests {
  private var requests: [QueuedRequest?] = []
  /// Those in front of it are gone.
  private var head = 0

  var isEmpty: Bool { head == requests.count }

  mutating func append(_ request: QueuedRequest) { requests.append(request) }

  mutating func popFirst() -> QueuedRequest? {
    var first: QueuedRequest?
    while first == nil, head < requests.count {
      first = requests[head]
      requests[head] = nil
      head += 1
    }
    if head > 0, head * 2 >= requests.count {
      requests.removeFirst(head)
      head = 0
    }
    return first
  }

  /// Tells those whose time is over; returns when the next one's is.
  mutating func tellLate(_ now: UInt64) -> UInt64? {
    var next: UInt64?
    for place in head..<requests.count {
      guard let request = requests[place] else { continue }
      if request.deadline <= now {
        requests[place] = nil
        request.late()
      } else {
        next = min(next ?? .max, request.deadline)
      }
    }
    return next
  }

  mutating func takeAll() -> [QueuedRequest] {
    defer { (requests, head) = ([], 0) }
    return requests.compactMap(\.self)
  }
}
