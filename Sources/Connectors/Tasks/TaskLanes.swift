package import Platform
import Synchronization

/// Calls that wait for their answer, each on a thread: so many at a time as there are lanes, the
/// others in the order in which they came.
package final class TaskLanes: Sendable {
  package typealias Job = @Sendable (_ lane: Int) -> Void

  private struct State {
    var waiting: [Job] = []
    /// Those in front of it are gone.
    var head = 0
    /// Numbers of lanes without a job.
    var free: [Int]
    var isClosed = false
  }

  private let name: String
  private let lanes: any BackgroundLanes
  private let state: Mutex<State>

  package init(_ name: String, count: Int, on lanes: any BackgroundLanes) {
    self.name = name
    self.lanes = lanes
    state = Mutex(State(free: Array((0..<max(count, 1)).reversed())))
  }

  /// Never waits. Of one lane there is one job at a time.
  package func submit(_ job: @escaping Job) {
    let lane = state.withLock { state -> Int? in
      guard !state.isClosed else { return nil }
      state.waiting.append(job)
      return state.free.popLast()
    }
    guard let lane else { return }
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
