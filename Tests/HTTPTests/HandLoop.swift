import CCurl
import Glibc
import Synchronization
import TestKit
import Testing

@testable import HTTP

/// Connections whose loop the test turns itself, with names and a time of its own: what comes first
/// is not left to chance.
final class HandLoop {
  /// What a request was told.
  final class Answer: Sendable {
    private let result = Mutex<Result<HTTPResponse, HTTPError>?>(nil)
    private let known = Mutex<UInt64>(0)

    fileprivate(set) var deadline: UInt64 {
      get { known.withLock { $0 } }
      set { known.withLock { $0 = newValue } }
    }

    var told: Result<HTTPResponse, HTTPError>? { result.withLock { $0 } }

    fileprivate func take(_ answer: Result<HTTPResponse, HTTPError>) {
      result.withLock { $0 = answer }
    }
  }

  private let resolver: NameResolver
  /// Monotonic nanoseconds; they go on where a test says so.
  var time: UInt64
  private let epoll: Int32
  private let table: WireTable
  private let pool: WirePool

  /// Whatever the name, it is at these places.
  init(_ settings: HTTPSettings = HTTPSettings(), at places: [SocketAddress]) {
    weak var known: NameResolver?
    let now = MonotonicTime.now()
    time = now
    resolver = NameResolver { place in known?.told(place, .success(places), now) }
    known = resolver
    epoll = epoll_create1(0)
    table = WireTable(epoll, resolver)
    pool = WirePool(settings, table) { $0.fail(.other, "it would be libcurl's") }
  }

  deinit {
    pool.close()
    close(epoll)
  }

  /// A place on this machine.
  static func place(_ port: UInt16) throws -> SocketAddress {
    try #require(try SocketAddress.resolve("127.0.0.1", port, isNumber: true).get().first)
  }

  /// Of the host of the tests, as the next connection tries them.
  func addresses(_ port: UInt16) -> [SocketAddress] {
    var found: [SocketAddress] = []
    resolver.addresses(NameResolver.Place(host: "a.test", port: port), time) {
      found = (try? $0.get()) ?? []
    }
    return found
  }

  func send(_ request: HTTPRequest) -> Answer {
    let answer = Answer()
    let queued = QueuedRequest(request, pool.settings) { answer.take($0) }
    answer.deadline = queued.deadline
    pool.take(queued)
    return answer
  }

  /// Does what is due, and what sockets are ready for.
  func turn() {
    pool.advance(time)
    var events = Array(repeating: epoll_event(), count: 64)
    let count = epoll_wait(epoll, &events, Int32(events.count), 20)
    table.beginTurn(at: time)
    for event in events.prefix(Int(max(count, 0))) {
      _ = table.ready(event.data.fd, event.events)
    }
    pool.advance(time)
    table.tellAll()
  }

  func turn(until isSo: () -> Bool) throws {
    for _ in 0..<1_000 {
      if isSo() { return }
      turn()
    }
    throw Broker.Failure("what was waited for does not come")
  }

  func end(_ answer: Answer) throws -> Result<HTTPResponse, HTTPError> {
    try turn { answer.told != nil }
    return try #require(answer.told)
  }
}
