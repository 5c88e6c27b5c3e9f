import Columns
import Operators
import Platform
import Schemas

/// Operators joined by direct calls, on one worker: takes one thing at a time from its inputs, sees
/// it through all of its stages, and aligns barriers over all of its inputs.
///
/// It takes input only while nothing is unfinished: no outbox waits for room and no stage for its
/// resumption. One input gives a bounded number of batches, so outboxes and inboxes are bounded. A
/// cycle of full rings cannot lock up, because the most downstream segments depend on nobody's
/// room.
final class Segment {
  let index: Int
  /// In topological order.
  private(set) var stages: [Stage] = []
  private(set) var inputs: [any SegmentInput] = []
  private var sources: [SourceStage] = []
  private(set) var exchanges: [ExchangeSender] = []
  /// Of its stages and sources, in the order of the plan.
  private var instruments: [StageInstruments] = []
  private(set) var failure: JobFailure?
  private(set) var isFinished = false
  private let clock: any Clock
  let times: StageTimes
  private unowned let worker: Worker
  /// Where the next look for input begins, so that none is starved.
  private var nextInput = 0
  private var barrier: Barrier?
  private var arrivedCount = 0
  private var walk: Walk?
  /// Input was looked for since a stage put out what it holds.
  private var mayRelease = true
  /// The same since a stage's time had come. One that always has something due would let neither
  /// input nor a barrier pass.
  private var mayTell = true

  /// A visit of all stages, from the first: each comes when what the one before it caused is done.
  private struct Walk {
    enum Purpose {
      case barrier(Barrier)
      case finish
    }

    var purpose: Purpose
    var position = 0
  }

  init(index: Int, worker: Worker, clock: any Clock) {
    self.index = index
    self.worker = worker
    self.clock = clock
    times = StageTimes(clock: clock)
  }

  // Lists that are set and never changed in place are read without a check for exclusive access,
  // which would cost more than the reading: many times a batch.
  func add(_ stage: Stage) { stages = stages + [stage] }
  func add(_ input: any SegmentInput) { inputs = inputs + [input] }
  func add(_ source: SourceStage) {
    inputs = inputs + [source]
    sources.append(source)
  }
  func add(_ exchange: ExchangeSender) { exchanges = exchanges + [exchange] }
  func add(_ instruments: StageInstruments) { self.instruments.append(instruments) }

  var hasFailed: Bool { failure != nil }

  /// No outbox waits for room in a ring.
  var hasRoom: Bool { exchanges.allSatisfy { $0.isClear } }

  /// Something is unfinished here, or waits for its time.
  var isHeldUp: Bool {
    !hasRoom || !stages.allSatisfy { $0.isClear && !$0.holdsRows }
      || sources.contains { $0.isGated }
  }

  /// Its sources have ended, and nothing goes on before something comes in.
  var isStill: Bool {
    isFinished
      || walk == nil && arrivedCount == 0 && hasRoom && sources.allSatisfy(\.hasEnded)
        && stages.allSatisfy(\.isStill)
  }

  /// Rows in it that only another run can let go on.
  var restingCount: Int { stages.reduce(0) { $0 + $1.restingCount } }

  /// Shows what waits in its stages.
  func show() {
    for stage in stages { stage.show() }
  }

  func fail(_ failure: JobFailure) {
    if self.failure == nil { self.failure = failure }
  }

  func report(_ event: JobEvent) { worker.report(event) }

  /// A source of the segment has sent its barrier and stands where its partitions do.
  func sourceDelivered(_ barrier: Barrier, _ partitions: [PartitionState]) {
    worker.sourceDelivered(barrier, partitions)
  }

  /// An input has delivered its barrier.
  func arrived(_ barrier: Barrier) {
    self.barrier = barrier
    arrivedCount += 1
  }

  /// Sends what the exchanges have gathered; whether there was anything.
  func flush() -> Bool {
    var sent = false
    for exchange in exchanges where exchange.flush() { sent = true }
    return sent
  }

  /// Does one piece of work, the most downstream first; false if there is none at present.
  func step(now: Timestamp, monotonic: UInt64) throws(JobFailure) -> Bool {
    let didWork = try work(now: now, monotonic: monotonic)
    if let failure { throw failure }
    return didWork
  }

  /// Has a stage put out more of what it holds, the most downstream first; false if none does at
  /// present. Not twice without a look for input between: a sink that takes a batch now and then
  /// would be given the next before a barrier could pass.
  func release() throws(JobFailure) -> Bool {
    guard mayRelease, walk == nil, failure == nil,
      let stage = stages.last(where: { $0.hasMore && $0.outlet.hasCredit })
    else { return false }
    mayRelease = false
    stage.release()
    if let failure { throw failure }
    return true
  }

  private func work(now: Timestamp, monotonic: UInt64) throws(JobFailure) -> Bool {
    if !drain(monotonic) { return true }
    guard hasRoom else { return false }
    var isClear = true
    for stage in stages.reversed() where !stage.isClear {
      if stage.advance() { return true }
      isClear = false
    }
    for index in stages.indices.reversed()
    where mayDeliver(index) && stages[index].outlet.hasCredit {
      if stages[index].deliver(at: now, timer: &mayTell) { return true }
    }
    guard isClear else { return false }
    mayRelease = true
    mayTell = true
    if try takeWalk() { return true }
    return try takeInput()
  }

  /// Whether a stage may get answers and timers. Not between its snapshot and the barrier: what it
  /// put out then would be in the stages behind it, or ahead of the barrier, and the state that
  /// makes it would be in its snapshot still.
  private func mayDeliver(_ index: Int) -> Bool {
    guard let walk, case .barrier = walk.purpose else { return true }
    return index >= walk.position || !stages[index].isClear
  }

  /// The earliest wall-clock timer of the stages that may get it.
  var nextWallTimer: Timestamp? {
    stages.indices.compactMap { mayDeliver($0) ? stages[$0].work.nextWallTimer : nil }.min()
  }

  /// Lets sources pass on how far other workers' partitions have come, if there is room. A worker
  /// that is busy with what comes from others reads nothing, and must not hold up the time of all.
  func follow() -> Bool {
    guard sources.contains(where: { $0.lags }), walk == nil, hasRoom,
      stages.allSatisfy({ $0.isClear })
    else { return false }
    for source in sources where source.lags { source.follow() }
    return true
  }

  /// Moves what waits into the rings; false if something moved and more may follow.
  private func drain(_ monotonic: UInt64) -> Bool {
    var moved = false
    for exchange in exchanges {
      // What went to this worker's own ring rings nobody: the worker must look again.
      if exchange.flushIfDue(at: monotonic) { moved = true }
      if !exchange.isClear, exchange.drain() { moved = true }
    }
    return !moved
  }

  private func takeInput() throws(JobFailure) -> Bool {
    for offset in inputs.indices {
      let place = (nextInput + offset) % inputs.count
      guard !inputs[place].isBlocked, try inputs[place].take(for: self) else { continue }
      nextInput = place + 1
      return true
    }
    return false
  }

  private func takeWalk() throws(JobFailure) -> Bool {
    if let current = walk {
      guard current.position < stages.count else {
        walk = nil
        complete(current.purpose)
        return true
      }
      walk = Walk(purpose: current.purpose, position: current.position + 1)
      switch current.purpose {
      case .barrier(let barrier): stages[current.position].barrier(barrier)
      case .finish: stages[current.position].finish()
      }
      return true
    }
    if let barrier, arrivedCount == inputs.count {
      walk = Walk(purpose: .barrier(barrier))
      return true
    }
    guard !isFinished, arrivedCount == 0, inputs.allSatisfy({ $0.hasEnded }),
      !stages.contains(where: { $0.holdsRows })
    else { return false }
    walk = Walk(purpose: .finish)
    return true
  }

  private func complete(_ purpose: Walk.Purpose) {
    switch purpose {
    case .barrier(let barrier):
      self.barrier = nil
      arrivedCount = 0
      for exchange in exchanges { exchange.broadcast(.barrier(barrier)) }
      // Before the sources go on, so that the counts end at the barrier.
      worker.segmentPassed(barrier, counts: instruments.map(\.stage))
      for input in inputs { input.unblock() }
      if barrier.isFinal { show() }
    case .finish:
      isFinished = true
      show()
      for exchange in exchanges { exchange.broadcast(.end) }
      worker.segmentFinished()
    }
  }
}
