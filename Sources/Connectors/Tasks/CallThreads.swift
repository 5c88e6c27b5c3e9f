internal import Platform
import Synchronization

/// Calls that wait for their answer, each on a thread: so many at a time as there are lanes, the
/// others in the order in which they came.
///
/// The threads are a task's own: calls keep theirs as long as servers let them wait, and files,
/// look-ups and other tasks must not stand behind them.
package final class CallThreads: Sendable {
  package typealias Job = @Sendable (_ lane: Int) -> Void

  /// Lanes at most, each of which has a thread whenever it has a call.
  package static let most = ThreadLanes.threadLimit

  private struct State {
    var waiting: [Job] = []
    /// Those in front of it are gone.
    var head = 0
    /// Numbers of lanes without a job.
    var free: [Int]
    var isClosed = false
  }

  private let name: String
  private let lanes = ThreadLanes()
  private let state: Mutex<State>

  package init(_ name: String, count: Int) {
    self.name = name
    state = Mutex(State(free: Array((0..<min(max(count, 1), Self.most)).reversed())))
  }

  /// Never waits. Of one lane there is one job at a time.
  package func submit(_ job: @escaping Job) {
    let lane = state.withLock { state -> Int? in
      guard !state.isClosed else { return nil }
      state.waiting.append(job)
      return state.free.popLast()
    }
    guard let lane else { return lanes.tryAgain() }
    lanes.submit(LaneName("\(name).\(lane)", .input)) { self.serve(lane) }
  }

  private func serve(_ lane: Int) {
    while let job = next(lane) { job(lane) }
  }

  private func next(_ lane: Int) -> Job? {
    state.withLock { state in
      guard state.head < state.waiting.count else {
        state.free.append(lane)
        return nil
      }
      defer {
        state.head += 1
        if state.head * 2 >= state.waiting.count {
          state.waiting.removeFirst(state.head)
          state.head = 0
        }
      }
      return state.waiting[state.head]
    }
  }

  /// What waits is dropped, and what comes later. Jobs that run go on.
  package func close() {
    state.withLock { state in
      state.isClosed = true
      (state.waiting, state.head) = ([], 0)
    }
  }
}
