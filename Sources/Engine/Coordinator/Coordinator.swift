package import Schemas

/// Decides when barriers are sent and what follows from them: a state machine that takes events and
/// returns actions, and knows nothing of files, clusters or threads.
///
/// No barrier is sent before all workers have their graph: who counts the writers that a barrier
/// has passed must know them all.
///
/// One checkpoint is under way at a time, so that the next manifest never appears before the commit
/// before it is known to have succeeded. Its way: barrier → all workers passed and all parts
/// durable → manifest → the transaction's commit, if there is one → the other sinks' commits → it
/// counts.
package struct Coordinator: Sendable {
  package struct Configuration: Sendable {
    package var workers: Int
    /// Microseconds between barriers.
    package var interval: Int64
    /// Whether a transaction carries the commit point.
    package var hasTransaction: Bool
    /// Microseconds that a transaction may stay open; nil: for ever. An epoch that is open for
    /// half of it holds the sources back; a checkpoint that takes all of it ends the attempt.
    package var transactionTimeout: Int64?

    package init(
      workers: Int, interval: Int64, hasTransaction: Bool, transactionTimeout: Int64? = nil
    ) {
      self.workers = workers
      self.interval = interval
      self.hasTransaction = hasTransaction
      self.transactionTimeout = transactionTimeout
    }

    var longestEpoch: Int64? { transactionTimeout.map { $0 / 2 } }
  }

  package enum Event: Hashable, Sendable {
    /// Time has passed.
    case tick
    /// A worker has its graph.
    case opened(worker: Int)
    /// The barrier has passed a whole worker.
    case passed(Epoch, worker: Int)
    /// A worker's part is durable.
    case partWritten(Epoch, worker: Int)
    /// The manifest is durable.
    case manifestWritten(Epoch)
    case transactionCommitted(Epoch)
    case sinksCommitted(Epoch)
    /// A worker has emitted everything there will ever be.
    case finished(worker: Int)
    /// Sources have ended, and what is left only another run can let go on.
    case rested
    /// Take a last checkpoint and stop.
    case stop
  }

  package enum Action: Hashable, Sendable {
    case inject(Epoch, full: Bool, isFinal: Bool)
    case writePart(Epoch, worker: Int)
    case writeManifest(Epoch, isFinished: Bool)
    case commitTransaction(Epoch)
    case commitSinks(Epoch)
    /// The checkpoint counts: tell journals, sources and retention.
    case counts(Epoch)
    case holdSources
    case resumeSources
    /// The attempt cannot come to a commit any more.
    case fail(String)
    case end(Ending)
  }

  /// `rested`: as if stopped, for nothing is left to do in this run.
  package enum Ending: Hashable, Sendable { case finished, stopped, rested }

  private struct UnderWay {
    enum Step: String {
      case parts = "barrier and parts"
      case manifest, transaction
      case sinks = "commit of the sinks"
    }

    var epoch: Epoch
    var step = Step.parts
    var injectedAt: Timestamp
    var passed: Set<Int> = []
    var written: Set<Int> = []
    /// The last one: everything was emitted, or the user wants to stop.
    var ending: Ending?
  }

  private let configuration: Configuration
  private var next: Epoch
  private var underWay: UnderWay?
  private var opened: Set<Int> = []
  private var finished: Set<Int> = []
  private var isStopRequested = false
  private var hasRested = false
  private var hasEnded = false
  private var isHolding = false
  /// When the oldest epoch that has not committed began.
  private var epochBegan: Timestamp
  private var lastBarrier: Timestamp
  /// Set by the driver when a delta won't do; a new attempt begins with a full one.
  package var needsFull = true

  /// `first`: the next epoch that was never used.
  package init(_ configuration: Configuration, first: Epoch, at now: Timestamp) {
    self.configuration = configuration
    next = first
    epochBegan = now
    lastBarrier = now
  }

  /// The epoch under way, if any.
  package var current: Epoch? { underWay?.epoch }

  /// When `tick` is due; nil: not before another event.
  package var nextTime: Timestamp? {
    guard !hasEnded else { return nil }
    var times: [Timestamp] = []
    if let underWay {
      if let timeout = configuration.transactionTimeout {
        times.append(underWay.injectedAt.adding(timeout))
      }
    } else if opened.count == configuration.workers {
      times.append(lastBarrier.adding(configuration.interval))
    }
    if let longest = configuration.longestEpoch, !isHolding {
      times.append(epochBegan.adding(longest))
    }
    return times.min()
  }

  package mutating func handle(_ event: Event, at now: Timestamp) -> [Action] {
    guard !hasEnded else { return [] }
    var actions: [Action] = []
    switch event {
    case .tick: break
    case .opened(let worker): opened.insert(worker)
    case .passed(let epoch, let worker): passed(epoch, worker, &actions)
    case .partWritten(let epoch, let worker): partWritten(epoch, worker, &actions)
    case .manifestWritten(let epoch): manifestWritten(epoch, &actions)
    case .transactionCommitted(let epoch): transactionCommitted(epoch, &actions)
    case .sinksCommitted(let epoch): sinksCommitted(epoch, &actions)
    case .finished(let worker): finished.insert(worker)
    case .rested: hasRested = true
    case .stop: isStopRequested = true
    }
    injectIfDue(now, &actions)
    holdIfOld(now, &actions)
    failIfStuck(now, &actions)
    return actions
  }

  private mutating func passed(_ epoch: Epoch, _ worker: Int, _ actions: inout [Action]) {
    guard underWay?.epoch == epoch, underWay?.passed.insert(worker).inserted == true else { return }
    actions.append(.writePart(epoch, worker: worker))
  }

  private mutating func partWritten(_ epoch: Epoch, _ worker: Int, _ actions: inout [Action]) {
    guard var now = underWay, now.epoch == epoch, now.step == .parts else { return }
    now.written.insert(worker)
    if now.written.count == configuration.workers {
      now.step = .manifest
      actions.append(.writeManifest(epoch, isFinished: now.ending == .finished))
    }
    underWay = now
  }

  private mutating func manifestWritten(_ epoch: Epoch, _ actions: inout [Action]) {
    guard underWay?.epoch == epoch, underWay?.step == .manifest else { return }
    if configuration.hasTransaction {
      underWay?.step = .transaction
      actions.append(.commitTransaction(epoch))
    } else {
      underWay?.step = .sinks
      actions.append(.commitSinks(epoch))
    }
  }

  private mutating func transactionCommitted(_ epoch: Epoch, _ actions: inout [Action]) {
    guard underWay?.epoch == epoch, underWay?.step == .transaction else { return }
    underWay?.step = .sinks
    actions.append(.commitSinks(epoch))
  }

  private mutating func sinksCommitted(_ epoch: Epoch, _ actions: inout [Action]) {
    guard let done = underWay, done.epoch == epoch, done.step == .sinks else { return }
    underWay = nil
    // The rows since this barrier are the oldest that have not committed.
    epochBegan = done.injectedAt
    actions.append(.counts(epoch))
    if let ending = done.ending {
      hasEnded = true
      actions.append(.end(ending))
    } else if isHolding {
      isHolding = false
      actions.append(.resumeSources)
    }
  }

  private mutating func injectIfDue(_ now: Timestamp, _ actions: inout [Action]) {
    guard underWay == nil, !hasEnded, opened.count == configuration.workers else { return }
    let isFinished = finished.count == configuration.workers
    let isDue = now >= lastBarrier.adding(configuration.interval)
    guard isFinished || isStopRequested || hasRested || isDue else { return }
    let ending: Ending? =
      isFinished ? .finished : isStopRequested ? .stopped : hasRested ? .rested : nil
    underWay = UnderWay(epoch: next, injectedAt: now, ending: ending)
    actions.append(.inject(next, full: needsFull, isFinal: ending != nil))
    next = next.next
    lastBarrier = now
    needsFull = false
  }

  private mutating func holdIfOld(_ now: Timestamp, _ actions: inout [Action]) {
    guard let longest = configuration.longestEpoch, !isHolding, !hasEnded,
      now >= epochBegan.adding(longest)
    else { return }
    isHolding = true
    actions.append(.holdSources)
  }

  /// What is open for that long the cluster has aborted.
  private mutating func failIfStuck(_ now: Timestamp, _ actions: inout [Action]) {
    guard let stuck = underWay, let timeout = configuration.transactionTimeout, !hasEnded,
      now >= stuck.injectedAt.adding(timeout)
    else { return }
    hasEnded = true
    let workers = 0..<configuration.workers
    let notPassed = workers.filter { !stuck.passed.contains($0) }
    let missing = notPassed.isEmpty ? workers.filter { !stuck.written.contains($0) } : notPassed
    let names = missing.map { "\($0)" }.joined(separator: ", ")
    let deed = notPassed.isEmpty ? "write its part" : "pass the barrier"
    let waits = stuck.step == .parts ? ": it waits for worker \(names) to \(deed)" : ""
    actions.append(
      .fail(
        "checkpoint \(stuck.epoch) did not get beyond its \(stuck.step.rawValue) within "
          + "\(timeout / 1_000_000) s, after which the cluster aborts its transaction\(waits)"))
  }
}

extension Timestamp {
  /// Later by so many microseconds; the end of time where there is no such time.
  func adding(_ microseconds: Int64) -> Timestamp {
    let (sum, overflow) = self.microseconds.addingReportingOverflow(microseconds)
    return overflow ? (microseconds < 0 ? .beginning : .endOfTime) : Timestamp(microseconds: sum)
  }
}
