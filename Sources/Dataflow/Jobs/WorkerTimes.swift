import Synchronization

/// How a worker's time was spent, what goes on at present included: a worker that waits has nothing
/// to say for long. Written by its worker, read by any thread.
final class WorkerTimes: Sendable {
  enum Activity { case busy, idle, heldUp }

  private struct State {
    var spent = JobStatus.Worker(busy: 0, idle: 0, heldUp: 0)
    /// Since when it does what it does; nil before it has begun, and behind its end.
    var current: (activity: Activity, since: UInt64)?
  }

  private let state = Mutex(State())

  /// The worker does something else from now on. Times are the clock's monotonic nanoseconds.
  func turn(to activity: Activity?, at now: UInt64) {
    state.withLock { state in
      state.spent = Self.spent(state, until: now)
      state.current = activity.map { ($0, now) }
    }
  }

  func status(at now: UInt64) -> JobStatus.Worker {
    state.withLock { Self.spent($0, until: now) }
  }

  private static func spent(_ state: State, until now: UInt64) -> JobStatus.Worker {
    guard let current = state.current, now > current.since else { return state.spent }
    var spent = state.spent
    let span = Int64(clamping: now - current.since)
    switch current.activity {
    case .busy: spent.busy += span
    case .idle: spent.idle += span
    case .heldUp: spent.heldUp += span
    }
    return spent
  }
}
