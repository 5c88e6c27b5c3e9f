import CPlatform

/// Where one thread sleeps until another rings: a futex with a short spin before it, since a
/// sleeping thread takes some 20 µs to come back and a spinning one a tenth of one.
package final class Parker: Wake, @unchecked Sendable {
  /// Looks before the thread sleeps.
  package static let spins: Int32 = 2000

  /// The C functions use atomic operations only; it lives as long as this object.
  private let state: UnsafeMutablePointer<UInt32>

  package init() {
    state = .allocate(capacity: 1)
    state.initialize(to: 0)
  }

  deinit { state.deallocate() }

  package func wake() { raudal_parker_wake(state) }

  /// Returns at a ring (also an earlier one), after `nanoseconds` (nil: never), or now and then for
  /// no reason. Only the thread whose place this is.
  package func wait(nanoseconds: Int64?, spins: Int32 = Parker.spins) {
    _ = raudal_parker_wait(state, spins, nanoseconds ?? -1)
  }
}
