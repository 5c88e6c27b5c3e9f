import Synchronization

/// Tells whoever waits on a thread of its own that the wait is over: set once, for good.
///
/// A pause between two tries is `wait`, so that a stop cuts it short.
package final class StopToken: Sendable {
  private let flag = Atomic<Bool>(false)
  private let waiting = Mutex<[Parker]>([])

  package init() {}

  package var isStopped: Bool { flag.load(ordering: .acquiring) }

  /// Ends all waits, now and later. Whether it was the first call.
  @discardableResult
  package func stop() -> Bool {
    guard !flag.exchange(true, ordering: .acquiringAndReleasing) else { return false }
    for parker in waiting.withLock({ $0 }) { parker.wake() }
    return true
  }

  /// Waits that long, or until the stop. Whether it was stopped.
  @discardableResult
  package func wait(microseconds: Int64) -> Bool {
    let parker = Parker()
    waiting.withLock { $0.append(parker) }
    defer { waiting.withLock { $0.removeAll { $0 === parker } } }
    let clock = SystemClock()
    let (nanoseconds, overflow) = microseconds.multipliedReportingOverflow(by: 1_000)
    let deadline = clock.monotonic() &+ UInt64(clamping: overflow ? .max / 2 : nanoseconds)
    while !isStopped {
      let now = clock.monotonic()
      guard now < deadline else { return false }
      parker.wait(nanoseconds: Int64(clamping: deadline - now), spins: 0)
    }
    return true
  }
}
