import Checkpoints
import Connectors
import Dataflow
import Plans
package import Platform
import Schemas
import Synchronization

/// A pipeline's life in one process: start, checkpoints, failures and recoveries, end.
///
/// It is a loop that an executor steps: on a thread of its own, or in a simulation. What waits runs
/// on lanes and answers into the inbox; all state but the inbox belongs to the stepping thread.
package final class PipelineRun: WorkerLoop, @unchecked Sendable {
  enum Message: Sendable {
    case job(attempt: Int, JobEvent)
    case started(attempt: Int, Result<AttemptStart.Result, RunFailure>)
    case part(attempt: Int, Epoch, worker: Int, Result<PartReference?, RunFailure>)
    case manifest(attempt: Int, Manifest, Result<String, RunFailure>)
    case transaction(attempt: Int, Epoch, Result<Void, RunFailure>)
    case sinks(attempt: Int, Epoch, Result<Void, RunFailure>)
    case retained(attempt: Int, RunFailure?)
    case discovered(attempt: Int, OperatorID, [SourcePartition])
    case closed(attempt: Int)
    case stop
  }

  enum Phase {
    case new
    case starting
    case running(Running)
    /// Letting go of an attempt; then another one at that time, or the end.
    case closing(then: After)
    case waiting(until: Timestamp)
    case ended
  }

  enum After {
    case retry(at: Timestamp)
    case end(RunOutcome)
  }

  let setup: PipelineSetup
  let store: CheckpointStore
  let observer = RunObserver()
  private let inbox = Mutex(Inbox())
  private let bell = Mutex<(any Wake)?>(nil)
  private let ended = Mutex<RunOutcome?>(nil)
  /// Whether the state directory is this process's own.
  private let isLocked = LockFlag()
  /// Cuts a start short.
  private let abandon = StopToken()

  private(set) var phase = Phase.new
  /// Counts attempts, so that answers to an earlier one are told apart.
  private(set) var attempt = 0
  private var request: RecoveryChoice.Request
  var policy = RestartPolicy()
  private var isStopRequested = false
  var lastCommitted: Epoch?

  package init(_ setup: PipelineSetup) {
    self.setup = setup
    store = CheckpointStore(pipeline: setup.plan.pipeline, files: setup.files)
    request = setup.options.request
  }

  /// Begins on a thread of the executor and returns it.
  @discardableResult
  package func start() -> any WorkerThread {
    let thread = setup.executor.makeWorker(named: "coordinator")
    bell.withLock { $0 = thread }
    thread.start(self)
    return thread
  }

  /// Runs to the end. Blocks.
  package func run() -> RunOutcome {
    start().join()
    return outcome ?? .failed(RunFailure(.final, "the coordinator ended without an outcome"))
  }

  /// How the run ended; nil while it goes on. Any thread.
  package var outcome: RunOutcome? { ended.withLock { $0 } }

  /// Takes a last checkpoint and stops. Any thread.
  package func requestStop() { post(.stop) }

  /// Has the workers tell what waits in operators and which keys are hottest, for a later `status`.
  package func look() { observer.look() }

  /// What is going on. Any thread.
  package func status() -> PipelineStatus { observer.status(at: setup.executor.clock.now()) }

  package func step() -> StepResult {
    switch phase {
    case .ended: return .ended
    case .new:
      begin()
      return .progressed
    case .waiting(let until) where setup.executor.clock.now() >= until:
      begin()
      return .progressed
    default: break
    }
    let messages = inbox.withLock { $0.takeAll() }
    for message in messages { receive(message) }
    if case .running(let running) = phase { advance(running) }
    if case .ended = phase { return .ended }
    return messages.isEmpty ? .blocked(until: nextTime) : .progressed
  }

  func post(_ message: Message) {
    if let late = inbox.withLock({ $0.add(message) }) { late.letGo() }
    bell.withLock { $0 }?.wake()
  }

  /// Runs work on a lane and posts its answer.
  func onLane(_ lane: String, _ work: @escaping @Sendable () -> Message) {
    setup.executor.lanes.submit(LaneName(lane)) { [weak self] in self?.post(work()) }
  }

  private var nextTime: Timestamp? {
    switch phase {
    case .running(let running): running.nextTime
    case .waiting(let until): until
    default: nil
    }
  }
}

extension PipelineRun {
  private func begin() {
    attempt += 1
    phase = .starting
    observer.starting(attempt: attempt)
    let number = attempt
    let (observer, clock) = (observer, setup.executor.clock)
    let start = AttemptStart(
      setup: setup, store: store, request: request, stop: abandon,
      waits: { observer.waits($0, for: $1, at: clock.now(), attempt: number) })
    onLane("start") { [isLocked] in
      .started(
        attempt: number,
        Result {
          // An attempt that could not lock is repeated like any other, and must lock then.
          if !isLocked.value.withLock({ $0 }) { try start.store.lock() }
          isLocked.value.withLock { $0 = true }
          observer.tookDirectory()
          return try start.run()
        }.mapError { RunFailure($0) })
    }
  }

  private func receive(_ message: Message) {
    switch message {
    case .stop: stop()
    case .started(let number, let result) where number == attempt: started(result)
    case .closed(let number) where number == attempt: closed()
    default:
      guard case .running(let running) = phase, message.attempt == attempt else { return }
      do {
        try receive(message, running)
      } catch { fail(RunFailure(error)) }
    }
  }

  private func started(_ result: Result<AttemptStart.Result, RunFailure>) {
    guard case .starting = phase else { return }
    switch result {
    case .failure(let failure): after(failure)
    case .success(.wasFinished(let epoch)): end(.wasFinished(epoch))
    case .success(.started(let made)):
      request = .resume
      lastCommitted = made.committed.id.epoch
      do {
        phase = .running(try Running(made, self))
        if isStopRequested { stop() }
      } catch {
        phase = .starting
        close(made, then: verdict(on: RunFailure(error)))
      }
    }
  }

  private func stop() {
    isStopRequested = true
    switch phase {
    case .running(let running): handle(.stop, running)
    case .starting:
      // What the start has opened it closes by itself, or `letGo` does.
      abandon.stop()
      end(.stopped(lastCommitted))
    case .waiting: end(.stopped(lastCommitted))
    case .closing(.retry): phase = .closing(then: .end(.stopped(lastCommitted)))
    default: break
    }
  }

  /// Ends the attempt: workers stop, producers are destroyed, and the ordinary recovery follows, or
  /// the end of the run.
  func fail(_ failure: RunFailure) {
    guard case .running(let running) = phase else { return }
    close(running.made, job: running.job, then: verdict(on: failure))
  }

  func finish(_ outcome: RunOutcome) {
    guard case .running(let running) = phase else { return }
    close(running.made, job: running.job, then: .end(outcome))
  }

  private func after(_ failure: RunFailure) {
    switch verdict(on: failure) {
    case .retry(let time): phase = .waiting(until: time)
    case .end(let outcome): end(outcome)
    }
  }

  private func verdict(on failure: RunFailure) -> After {
    observer.failed(failure.message, at: setup.executor.clock.now())
    let isFirst = lastCommitted == nil
    guard failure.kind == .retriable || failure.kind == .unreachable && !isFirst else {
      return .end(.failed(failure))
    }
    guard !isStopRequested else { return .end(.failed(failure)) }
    guard let delay = policy.failed() else {
      let text = "\(RestartPolicy.limit) restarts without a checkpoint in between: "
      return .end(.failed(RunFailure(.retriable, text + failure.message)))
    }
    setup.notify("\(failure.message); trying again in \(delay / 1_000_000) s")
    return .retry(at: setup.executor.clock.now().adding(delay))
  }

  private func close(_ made: Attempt, job: (any Job)? = nil, then: After) {
    // First what a lane may be waiting for, so that nothing hangs.
    made.turns?.destroy()
    job?.stop()
    observer.stopped()
    phase = .closing(then: then)
    let number = attempt
    onLane("start") {
      made.close()
      return .closed(attempt: number)
    }
  }

  private func closed() {
    guard case .closing(let then) = phase else { return }
    switch then {
    case .retry(let time): phase = .waiting(until: time)
    case .end(let outcome): end(outcome)
    }
  }

  private func end(_ outcome: RunOutcome) {
    phase = .ended
    ended.withLock { $0 = outcome }
    for message in inbox.withLock({ $0.close() }) { message.letGo() }
    observer.ended()
  }
}

extension PipelineRun.Message {
  /// The attempt it belongs to; nil: to the run.
  fileprivate var attempt: Int? {
    switch self {
    case .job(let attempt, _), .started(let attempt, _), .part(let attempt, _, _, _),
      .manifest(let attempt, _, _), .transaction(let attempt, _, _), .sinks(let attempt, _, _),
      .retained(let attempt, _), .discovered(let attempt, _, _), .closed(let attempt):
      attempt
    case .stop: nil
    }
  }
}

/// What lanes and workers have to say to a run, until it has ended.
private struct Inbox {
  private var messages: [PipelineRun.Message] = []
  private var isClosed = false

  /// Gives the message back if it comes too late.
  mutating func add(_ message: PipelineRun.Message) -> PipelineRun.Message? {
    if isClosed { return message }
    messages.append(message)
    return nil
  }

  mutating func takeAll() -> [PipelineRun.Message] {
    defer { messages = [] }
    return messages
  }

  mutating func close() -> [PipelineRun.Message] {
    isClosed = true
    return takeAll()
  }
}

extension PipelineRun.Message {
  /// Closes what a start has opened that nobody waits for any more.
  fileprivate func letGo() {
    if case .started(_, .success(.started(let made))) = self { made.close() }
  }
}

/// Outlives the run where a lane still works for it.
private final class LockFlag: Sendable {
  let value = Mutex(false)
}
