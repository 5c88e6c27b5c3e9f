import Schemas

/// One process of a simulated world. It can be frozen for a while, and crash: then nothing of it
/// runs ever again, and what it had not made durable is gone.
package final class SimulatedExecutor: Executor, @unchecked Sendable {
  package let randomness: any Randomness
  package var isFrozen = false
  package private(set) var hasCrashed = false

  private unowned let world: SimulatedWorld
  private let queues: SimulatedLanes
  private var workers: [SimulatedWorker] = []

  init(world: SimulatedWorld, seed: UInt64) {
    self.world = world
    randomness = SeededRandomness(seed: seed)
    queues = SimulatedLanes(world: world)
  }

  package var clock: any Clock { world.clock }
  package var lanes: any BackgroundLanes { queues }

  package func makeWorker(named name: String) -> any WorkerThread {
    let worker = SimulatedWorker(name: name)
    workers.append(worker)
    return worker
  }

  /// Ends the process between two steps.
  package func crash() {
    hasCrashed = true
    workers = []
    queues.clear()
  }

  struct Choice {
    var run: () -> Void
  }

  /// What could happen next in this process.
  func collect(ready: inout [Choice], at now: Timestamp) {
    guard !isFrozen, !hasCrashed else { return }
    workers.removeAll { $0.hasEnded }
    for worker in workers where worker.canStep(at: now) {
      ready.append(Choice { worker.step() })
    }
    queues.collect(ready: &ready, at: now)
  }

  /// When something will be able to happen by itself.
  var nextTime: Timestamp? {
    guard !isFrozen, !hasCrashed else { return nil }
    let times = workers.compactMap { $0.wakeTime } + [queues.nextTime].compactMap { $0 }
    return times.min()
  }
}

/// A loop that the world steps.
private final class SimulatedWorker: WorkerThread, @unchecked Sendable {
  private let name: String
  private var loop: (any WorkerLoop)?
  private var isRung = true
  private(set) var wakeTime: Timestamp?
  private(set) var hasEnded = false

  init(name: String) { self.name = name }

  func wake() { isRung = true }

  func start(_ loop: any WorkerLoop) { self.loop = loop }

  func canStep(at now: Timestamp) -> Bool {
    guard loop != nil, !hasEnded else { return false }
    return isRung || wakeTime.map { $0 <= now } ?? false
  }

  func step() {
    guard let loop, !hasEnded else { return }
    isRung = false
    wakeTime = nil
    switch loop.step() {
    case .progressed: isRung = true
    case .blocked(let until): wakeTime = until
    case .ended:
      hasEnded = true
      self.loop = nil
    }
  }

  /// Whoever joins has told the loop to end; it does so within a bounded number of steps.
  func join() {
    var left = 1_000_000
    while loop != nil, !hasEnded {
      step()
      left -= 1
      precondition(left > 0, "\(name) does not end")
    }
  }
}

/// Lanes whose jobs run when the world picks them: in order within a lane, in any order otherwise.
private final class SimulatedLanes: BackgroundLanes, @unchecked Sendable {
  private struct Job {
    var earliest: Timestamp
    var body: @Sendable () -> Void
  }

  private unowned let world: SimulatedWorld
  /// In order of their first job, so that the choice among them replays.
  private var names: [LaneName] = []
  private var jobs: [LaneName: [Job]] = [:]

  init(world: SimulatedWorld) { self.world = world }

  func submit(_ lane: LaneName, _ job: @escaping @Sendable () -> Void) {
    if jobs[lane] == nil { names.append(lane) }
    var earliest = world.clock.now()
    earliest.microseconds &+= world.jobDelay()
    jobs[lane, default: []].append(Job(earliest: earliest, body: job))
  }

  func clear() {
    names = []
    jobs = [:]
  }

  func collect(ready: inout [SimulatedExecutor.Choice], at now: Timestamp) {
    for name in names {
      guard let first = jobs[name]?.first, first.earliest <= now else { continue }
      ready.append(SimulatedExecutor.Choice { [unowned self] in self.runFirst(of: name) })
    }
  }

  var nextTime: Timestamp? { names.compactMap { jobs[$0]?.first?.earliest }.min() }

  private func runFirst(of name: LaneName) {
    guard var queue = jobs[name], !queue.isEmpty else { return }
    let job = queue.removeFirst()
    if queue.isEmpty {
      jobs[name] = nil
      names.removeAll { $0 == name }
    } else {
      jobs[name] = queue
    }
    job.body()
  }
}
