import Columns
import KeyedState
import Plans
import Schemas

// Tasks that a table pauses, slows down and cancels.
extension ExecuteOperator {
  var isSteered: Bool { lanes.steering != nil }

  /// What the table said while the process was down is not known yet.
  var awaitsTable: Bool { lanes.steering.map { !$0.isRead } ?? false }

  /// Nothing is under way, and nothing may begin now.
  var isQuiet: Bool {
    calls.count == 0 && rounds.isEmpty && round.lines.isEmpty && !hasMore && held.first == nil
      && queue.next() == nil && !sweep.isUnderWay
  }

  /// All that is left has been paused by a table that says nothing any more.
  var restingCount: Int? {
    let isResting =
      (lanes.steering?.hasEnded ?? false) && !awaitsTable && isQuiet && store.nextDue == nil
      && parked.count == 0 && spent.count == 0 && !lanes.areSomeClosed
    return isResting ? store.count : nil
  }

  /// No worker wants to know any more what its table says.
  var isExhausted: Bool { isSteered && haveAllEnded }

  /// The last task of the stage has left, on all workers.
  private var haveAllEnded: Bool {
    context.map { limits.haveAllEnded($0.id, workers: $0.workers) } ?? false
  }

  /// It has nothing more to do, while other workers may have. Where they only rest, a later run may
  /// give this one their tasks: so time ends behind none before it can behind all.
  var awaitsOthers: Bool { isEnding && isSteered && !haveAllEnded }

  /// Says it if nothing more will come of this worker.
  func lookForEnd() {
    guard let context, isEnding, isSteered, store.count == 0 else { return }
    limits.end(member: member, of: context.id, workers: context.workers)
  }

  var steeringStates: [StateDeclaration] {
    lanes.steering.map { $0.isKept ? [$0.keys.declaration] : [] } ?? []
  }

  /// All workers have the same: one of them writes it.
  func steeringBlocks(isDelta: Bool) -> [StateBlock] {
    guard lanes.steering?.isKept ?? false else { return [] }
    let blocks = lanes.steering?.snapshot(isDelta: isDelta) ?? []
    return context?.worker == 0 ? blocks : []
  }

  func tableIsRead() {
    guard awaitsTable, let now = context?.now() else { return }
    takeUpTable(at: now)
    nextWallTimer = now
  }

  /// What the table said before the stage began: it was read whole or to its end, or is restored.
  func takeUpTable(at now: Timestamp) {
    var keys = Set(lanes.steering?.begin() ?? [])
    if lanes.steering?.isRequired ?? false { keys.formUnion(lanes.tableKeys) }
    for key in keys { follow(key, isNews: false, at: now) }
  }

  func tableHasEnded() {
    lanes.steering?.hasEnded = true
    nextWallTimer = context?.now()
  }

  /// The table may have been read anew.
  func lookAtTable(at now: Timestamp) {
    for key in lanes.steering?.readAgain() ?? [] { follow(key, at: now) }
  }

  /// Takes rows of the table.
  func steer(_ rows: Batch, _ output: any Output) throws(OperatorError) -> Progress {
    guard let now = context?.now() else { return .done }
    for key in lanes.steering?.take(rows) ?? [] { follow(key, at: now) }
    return try goOn(output)
  }

  /// Holds the tasks of a key to what the table says now.
  private func follow(_ key: LookupKey, isNews: Bool = true, at now: Timestamp) {
    guard let order = lanes.steering?.order(of: key), let steered = lanes.steering?.steered(key)
    else { return }
    let rate = order.rate.map(CallRate.init(steered:))
    if let bucket = limits.steer(steered, rate: rate, isNews: isNews, at: now) { wake(bucket) }
    passTurns(of: lanes.follow(key, &queue))
    if order.state == .cancelled { sweep.begin() }
  }

  /// What lanes that may not go on were let try for is another's.
  func passTurns(of lanes: [Int]) {
    for lane in lanes {
      if let bucket = wokenFor.removeValue(forKey: lane) { wake(bucket) }
    }
  }

  /// Whether there is more to sweep up, and room for it. A stop waits for it, within its patience.
  func maySweep(at now: Timestamp) -> Bool {
    sweep.isUnderWay && !isHeldUp && stopsAt.map { now < $0 } ?? true
  }

  /// Ends tasks that were cancelled, some at a time.
  func sweepCancelled(at now: Timestamp) {
    guard maySweep(at: now) else { return }
    let most = round.ended.count + Self.turnCapacity
    sweep.go(to: store.numberBound) { task in
      guard end(cancelledBehind: task, upTo: most, at: now) else { return false }
      switch store[task].phase {
      case .waiting, .spent, .ready:
        if lanes.isCancelled(store[task].lane) { end(cancelled: task, at: now) }
      default: break
      }
      return true
    }
  }

  /// Those that stand directly behind a task, in its line, until so many have ended in this turn;
  /// whether there are no more.
  private func end(cancelledBehind task: UInt32, upTo most: Int, at now: Timestamp) -> Bool {
    while round.ended.count < most {
      guard let next = store.next(of: task), lanes.isCancelled(store[next].lane) else {
        return true
      }
      store.dropNext(of: task)
      cancel(next, at: now)
    }
    return false
  }

  /// A call of a task that has been cancelled ends as it ends. Where it only asked what became of
  /// the task, that is known or is not.
  func end(cancelled task: UInt32, _ call: TaskCalls.Call, _ answer: TaskAnswer, at now: Timestamp)
  {
    guard call.isQuestion, !answer.isDone else { return end(task, answer, at: now) }
    if case .undone = answer.end { store[task].doubt = .none }
    end(cancelled: task, at: now)
  }

  /// The head of a line ends without a further call.
  func end(cancelled task: UInt32, at now: Timestamp) {
    forgetRetry(task)
    switch store[task].phase {
    case .waiting:
      lanes.wait(store[task].lane, false)
      store.wake(task)
    case .spent: lanes.wait(store[task].lane, false)
    default: break
    }
    cancel(task, at: now)
    if leavesAtOnce { round.heads.append(task) } else { leaveLine(task, at: now) }
  }

  /// A task ends without a further call, and so do those of its key.
  func cancel(_ task: UInt32, at now: Timestamp) {
    let entry = store[task]
    let reason =
      switch entry.doubt {
      case .none: "cancelled"
      case .out: "cancelled; outcome unknown: the process ended while the call was under way"
      case .unanswered: "cancelled; outcome unknown: the call ended without an answer that says it"
      }
    let outcome = TaskOutcome(
      isDone: false, attempts: Int(entry.attempts),
      firstError: store.firstErrors[task] ?? reason, error: reason)
    store[task].doubt = .none
    end([task] + store.endLead(task), outcome, at: now)
  }
}

/// A walk over all tasks to find those that were cancelled: in parts, so that millions hold up
/// nobody else.
struct TaskSweep {
  /// Tasks that are looked at in one turn of the worker.
  private static let length: UInt32 = 1 << 16

  private var next: UInt32?

  var isUnderWay: Bool { next != nil }

  mutating func begin() { next = 0 }

  /// Looks at the next tasks below a bound; `look` says whether it is done with one, or looks at it
  /// again in the next turn.
  mutating func go(to bound: UInt32, _ look: (UInt32) -> Bool) {
    guard var task = next else { return }
    let end = min(bound, task + min(Self.length, bound - min(task, bound)))
    while task < end, look(task) { task += 1 }
    next = task < bound ? task : nil
  }
}

extension CallRate {
  /// Of a table, which says no burst: what 20 ms give.
  init(steered rate: Double) {
    self.init(TaskSpec.Rate(rate: rate, burst: Int(min((rate * 0.02).rounded(.up), 1e9))))
  }
}
