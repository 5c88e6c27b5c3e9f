import Synchronization

/// Lanes on threads, a pool of them for each kind of lane.
package final class ThreadLanes: BackgroundLanes {
  /// Jobs of one kind that may wait at the same time; a lane beyond that waits for a thread.
  package static let threadLimit = 64

  private let control = LanePool(limit: threadLimit)
  private let input = LanePool(limit: threadLimit)

  package init() {}

  package func submit(_ lane: LaneName, _ job: @escaping @Sendable () -> Void) {
    switch lane.kind {
    case .control: control.submit(lane, job)
    case .input: input.submit(lane, job)
    }
  }

  /// For whoever has submitted a job and waits for it: where the system had no room for a first
  /// thread, it may have by now.
  package func tryAgain() {
    control.tryAgain()
    input.tryAgain()
  }
}

/// Threads that grow with the lanes that have work, and shrink after a while.
private final class LanePool: Sendable {
  /// Nanoseconds after which a thread without work ends.
  static let patience: Int64 = 10_000_000_000

  private struct State {
    /// Jobs of each lane that has any; the lane's running job is not among them.
    var jobs: [LaneName: [@Sendable () -> Void]] = [:]
    var running: Set<LaneName> = []
    /// Lanes with jobs and without a thread, oldest first.
    var waiting: [LaneName] = []
    var idle: [Parker] = []
    var threads = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) { self.limit = limit }

  func submit(_ lane: LaneName, _ job: @escaping @Sendable () -> Void) {
    enum Next {
      case nothing, spawn
      case wake(Parker)
    }
    let next: Next = state.withLock { state in
      state.jobs[lane, default: []].append(job)
      guard !state.running.contains(lane), !state.waiting.contains(lane) else { return .nothing }
      state.waiting.append(lane)
      if let parker = state.idle.popLast() { return .wake(parker) }
      guard state.threads < limit else { return .nothing }
      state.threads += 1
      return .spawn
    }
    switch next {
    case .nothing: break
    case .wake(let parker): parker.wake()
    case .spawn: spawn()
    }
  }

  func tryAgain() {
    let spawns = state.withLock { state in
      guard state.threads == 0, !state.waiting.isEmpty else { return false }
      state.threads += 1
      return true
    }
    if spawns { spawn() }
  }

  private func spawn() {
    let thread = SystemThread(name: "raudal-lane", detached: true) { [self] in serve() }
    // Without a thread the job waits for one of the others.
    if thread == nil { state.withLock { $0.threads -= 1 } }
  }

  private func serve() {
    let parker = Parker()
    while true {
      while let (lane, job) = take() {
        job()
        done(lane)
      }
      let mayWait = state.withLock { state in
        guard state.waiting.isEmpty else { return false }
        state.idle.append(parker)
        return true
      }
      guard mayWait else { continue }
      parker.wait(nanoseconds: Self.patience, spins: 0)
      let ends = state.withLock { state in
        guard let place = state.idle.firstIndex(where: { $0 === parker }) else { return false }
        state.idle.remove(at: place)
        guard state.waiting.isEmpty else { return false }
        state.threads -= 1
        return true
      }
      if ends { return }
    }
  }

  private func take() -> (LaneName, @Sendable () -> Void)? {
    state.withLock { state in
      guard !state.waiting.isEmpty else { return nil }
      let lane = state.waiting.removeFirst()
      guard var jobs = state.jobs[lane], !jobs.isEmpty else { return nil }
      let job = jobs.removeFirst()
      state.jobs[lane] = jobs
      state.running.insert(lane)
      return (lane, job)
    }
  }

  private func done(_ lane: LaneName) {
    state.withLock { state in
      state.running.remove(lane)
      if state.jobs[lane]?.isEmpty ?? true {
        state.jobs[lane] = nil
      } else {
        state.waiting.append(lane)
      }
    }
  }
}
