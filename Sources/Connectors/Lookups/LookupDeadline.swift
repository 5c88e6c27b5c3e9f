import Glibc
package import Platform

/// Until when an answer is of use to anybody.
package struct LookupDeadline: Sendable {
  /// Microseconds that making a connection may take, however little time an answer has: it serves
  /// others too.
  private static let shortestOpening: Int64 = 2_000_000

  private let clock: any Clock
  private let end: Int64

  /// In so many microseconds.
  package init(_ clock: any Clock, in time: Int64) {
    self.clock = clock
    let (end, isPast) = Self.now(clock).addingReportingOverflow(time)
    self.end = isPast ? .max : end
  }

  private static func now(_ clock: any Clock) -> Int64 { Int64(clock.monotonic() / 1_000) }

  /// Microseconds.
  package var left: Int64 { max(end - Self.now(clock), 0) }
  package var isPast: Bool { left == 0 }

  /// The same for a connection that is made first.
  package var ofOpening: LookupDeadline {
    left < Self.shortestOpening ? LookupDeadline(clock, in: Self.shortestOpening) : self
  }

  /// Waits until a socket can be read or, if `writing`, be written too; false when it is past. It
  /// may return early.
  package func wait(for socket: Int32, writing: Bool = false) -> Bool {
    let left = left
    guard left > 0 else { return false }
    let events = Int16(writing ? POLLIN | POLLOUT : POLLIN)
    var watched = pollfd(fd: socket, events: events, revents: 0)
    _ = poll(&watched, 1, Int32(min(left / 1_000 + 1, 60_000)))
    return true
  }
}
