package import Schemas
import Synchronization

/// Wall time that never goes back: where the system's clock is set back, this one goes on a tenth
/// slower until the two agree. So nothing that is due waits for as long as the clock was set back,
/// and nothing comes twice. Set forward, it follows at once.
package final class SteadyClock: Clock {
  /// A difference that is not followed, in microseconds: readings differ by as much anyway.
  private static let step: Int64 = 1_000
  /// Nanoseconds between which both clocks were read, and how often that is tried: a thread that
  /// had to wait between them would take its wait for a clock that was set.
  private static let closeness: UInt64 = 100_000
  private static let tries = 10
  /// While it is ahead it loses a microsecond in so many.
  private static let slowing: Int64 = 10

  private let base: any Clock
  /// How far it is in front of the monotonic clock, in microseconds. Written under the lock.
  private let lead: Atomic<Int64>
  /// The monotonic time up to which that has been followed.
  private let seen: Atomic<Int64>
  private let lock = Mutex(())

  package init(_ base: any Clock = SystemClock()) {
    self.base = base
    let (monotonic, wanted) = Self.read(base)
    lead = Atomic(wanted)
    seen = Atomic(monotonic)
  }

  package func now() -> Timestamp {
    let monotonic = Int64(base.monotonic() / 1_000)
    let wanted = base.now().microseconds - monotonic
    let known = lead.load(ordering: .relaxed)
    if abs(wanted - known) <= Self.step {
      // Another thread may have read a later time before.
      seen.max(monotonic, ordering: .relaxed)
      return Timestamp(microseconds: monotonic + known)
    }
    return lock.withLock { _ in
      let (monotonic, wanted) = Self.read(base)
      let known = lead.load(ordering: .relaxed)
      // The two were read too far apart, or another thread has followed.
      if abs(wanted - known) <= Self.step { return Timestamp(microseconds: monotonic + known) }
      // Another thread may have read a later time before.
      let gone = max(monotonic - seen.load(ordering: .relaxed), 0)
      let next = max(wanted, lead.load(ordering: .relaxed) - gone / Self.slowing)
      lead.store(next, ordering: .relaxed)
      seen.store(monotonic - gone % Self.slowing, ordering: .relaxed)
      return Timestamp(microseconds: monotonic + next)
    }
  }

  /// The monotonic time, and how far wall time is in front of it.
  private static func read(_ base: any Clock) -> (monotonic: Int64, lead: Int64) {
    for _ in 1..<tries {
      let before = base.monotonic()
      let wall = base.now()
      if base.monotonic() - before < closeness {
        let monotonic = Int64(before / 1_000)
        return (monotonic, wall.microseconds - monotonic)
      }
    }
    let monotonic = Int64(base.monotonic() / 1_000)
    return (monotonic, base.now().microseconds - monotonic)
  }

  package func monotonic() -> UInt64 { base.monotonic() }
  package func tick() -> UInt64 { base.tick() }
}
