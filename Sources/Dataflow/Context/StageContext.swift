import Columns
import Instruments
import Operators
import Platform
import Schemas
import Synchronization

/// What an operator sees of the world, on one worker.
final class StageContext: OperatorContext {
  /// Jobs of one operator that may wait at the same time.
  static let concurrency: UInt64 = 8

  let id: OperatorID
  let worker: Int
  let workers: Int
  let instruments: StageInstruments
  let metrics: OperatorMetrics
  /// The last watermark that was passed on, in microseconds.
  let watermark: Gauge
  private let executor: any Executor
  private let completions: CompletionQueue
  private var generator: SeededGenerator
  private var lastTicket: UInt64 = 0
  private var writer: JournalWriter?

  init(
    id: OperatorID, worker: Int, workers: Int, instruments: StageInstruments,
    executor: any Executor, bell: any Wake
  ) {
    self.id = id
    self.worker = worker
    self.workers = workers
    self.instruments = instruments
    self.metrics = instruments.metrics
    self.watermark = instruments.watermark
    self.executor = executor
    completions = CompletionQueue(bell: bell)
    generator = SeededGenerator(seed: executor.randomness.next())
  }

  var keyGroups: Range<Int> { KeyGroup.owned(by: worker, of: workers) }

  func now() -> Timestamp { executor.clock.now() }

  func random() -> UInt64 { generator.next() }

  func submit(ordered: Bool, _ work: @escaping @Sendable () -> [UInt8]) -> Ticket {
    let ticket = nextTicket()
    completions.expect(ticket, ordered: ordered)
    let lane = LaneName("\(id).\(worker).\(ticket.number % Self.concurrency)")
    executor.lanes.submit(lane) { [completions] in
      completions.complete(Completion(ticket: ticket, result: work()))
    }
    return ticket
  }

  func expect() -> (ticket: Ticket, done: @Sendable () -> Void) {
    let ticket = nextTicket()
    return (
      ticket,
      { [completions] in
        completions.complete(Completion(ticket: ticket, result: []))
      }
    )
  }

  var journal: (any Journal)? { writer }

  /// The next answer that may be given to the operator.
  func nextCompletion() throws(OperatorError) -> Completion? { try completions.next() }

  /// Whether there is one.
  var hasAnswers: Bool { completions.hasReady }

  func barrierPassed(_ epoch: Epoch) { writer?.begin(epoch) }

  /// Gives the operator a journal that goes on behind what was replayed.
  func open(_ journals: JournalPlace, epoch: Epoch) {
    writer = JournalWriter(
      journals, id: id, worker: worker, epoch: epoch,
      lanes: executor.lanes, clock: executor.clock,
      tickets: { [unowned self] in self.nextTicket() },
      completions: completions)
  }

  private func nextTicket() -> Ticket {
    lastTicket += 1
    return Ticket(lastTicket)
  }
}

/// Answers on their way from lanes to an operator. Any thread completes; the worker takes.
///
/// Ordered tickets come out in the order of their submission, others as they are done.
final class CompletionQueue: Sendable {
  private struct State {
    /// Ordered tickets without an answer given out, oldest first.
    var ordered: [Ticket] = []
    /// Answers of ordered tickets that an earlier one holds up.
    var early: [Ticket: Completion] = [:]
    var ready = Queue<Completion>()
    var failure: OperatorError?
  }

  private let state = Mutex(State())
  /// How many are ready, so that a look without any takes no lock.
  private let readyCount = Atomic<Int>(0)
  private let bell: any Wake

  init(bell: any Wake) { self.bell = bell }

  var hasReady: Bool { readyCount.load(ordering: .acquiring) > 0 }

  func expect(_ ticket: Ticket, ordered: Bool) {
    guard ordered else { return }
    state.withLock { $0.ordered.append(ticket) }
  }

  func complete(_ completion: Completion) {
    state.withLock { state in
      if state.ordered.contains(completion.ticket) {
        state.early[completion.ticket] = completion
        while let first = state.ordered.first, let next = state.early.removeValue(forKey: first) {
          state.ordered.removeFirst()
          state.ready.append(next)
        }
      } else {
        state.ready.append(completion)
      }
      readyCount.store(state.ready.count, ordering: .releasing)
    }
    bell.wake()
  }

  /// Nothing more can be answered.
  func fail(_ error: OperatorError) {
    state.withLock { state in
      if state.failure == nil { state.failure = error }
      readyCount.store(state.ready.count + 1, ordering: .releasing)
    }
    bell.wake()
  }

  func next() throws(OperatorError) -> Completion? {
    guard readyCount.load(ordering: .acquiring) > 0 else { return nil }
    let failure = state.withLock { $0.failure }
    if let failure { throw failure }
    return state.withLock { state in
      let next = state.ready.popFirst()
      readyCount.store(state.ready.count, ordering: .releasing)
      return next
    }
  }
}
