import Platform
import Schemas
import Synchronization

/// How far event time has come in one source, over the partitions of all workers.
///
/// What a worker's stage of the source puts out is the time of this board, whatever its own
/// partitions say: so no operator on any worker is ever ahead of the board, and a partition that
/// comes back from idle, or was found, is safe where it joins: from then on the board waits for it.
final class WatermarkBoard: Sendable {
  /// What a worker's partitions say.
  enum Share: Hashable {
    /// The least watermark of those that hold the others.
    case live(Timestamp)
    /// All are idle, or there are none at present.
    case silent
    /// All have ended, and no other can appear.
    case ended
  }

  struct View {
    /// Never goes back.
    var time: Timestamp
    /// No partition of any worker holds the watermark.
    var isIdle = false
    var hasEnded = false
    /// Grows whenever the others have changed.
    var version: UInt64 = 0
  }

  private struct State {
    var shares: [Share]
    var view: View
  }

  private let state: Mutex<State>
  private let newest = Atomic<UInt64>(0)
  private let bells: [any Wake]

  /// `time`: where the restored partitions stand. Nobody goes on before all workers have posted.
  init(bells: [any Wake], time: Timestamp) {
    self.bells = bells
    state = Mutex(
      State(
        shares: Array(repeating: .live(time), count: bells.count), view: View(time: time)))
  }

  /// Whether there is something that a view of this version does not show. Takes no lock.
  func isNewer(than version: UInt64) -> Bool { newest.load(ordering: .acquiring) != version }

  /// Says where a worker's partitions stand. The other workers are rung if that changes anything.
  func post(_ share: Share, worker: Int) -> View {
    let (view, hasChanged) = state.withLock { state in
      state.shares[worker] = share
      let view = Self.refresh(&state)
      return (view, newest.exchange(view.version, ordering: .acquiringAndReleasing) != view.version)
    }
    guard hasChanged else { return view }
    for (other, bell) in bells.enumerated() where other != worker { bell.wake() }
    return view
  }

  /// A partition of the worker becomes live: returns the time from which it counts. The board stays
  /// there until the worker says more.
  func join(worker: Int) -> Timestamp {
    state.withLock { state in
      state.shares[worker] = .live(state.view.time)
      return Self.refresh(&state).time
    }
  }

  private static func refresh(_ state: inout State) -> View {
    var least: Timestamp?
    var hasEnded = true
    for share in state.shares {
      if share != .ended { hasEnded = false }
      if case .live(let time) = share { least = min(least ?? time, time) }
    }
    let old = state.view
    state.view.time = max(old.time, least ?? old.time)
    state.view.isIdle = least == nil && !hasEnded
    state.view.hasEnded = hasEnded
    if state.view.time != old.time || state.view.isIdle != old.isIdle
      || state.view.hasEnded != old.hasEnded
    {
      state.view.version += 1
    }
    return state.view
  }
}
