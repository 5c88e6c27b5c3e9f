import Columns
import KeyedState
import Plans
import Schemas

// Tasks that come.
extension ExecuteOperator {
  /// Goes on with what was restored, once the journal has been read.
  func settle() {
    guard !isSettled else { return }
    isSettled = true
    if let context { limits.settle(context.id) }
    let tasks = restored.end()
    guard let now = context?.now() else { return }
    if !awaitsTable { takeUpTable(at: now) }
    // In the order in which they lie, so that rows are gathered from few pieces at a time; then in
    // that in which they came.
    let lying = tasks.sorted()
    for start in stride(from: 0, to: lying.count, by: Batch.rowLimit) {
      var rest = lying[start..<min(start + Batch.rowLimit, lying.count)]
      while !rest.isEmpty {
        let part = rest.prefix(store.bound(rest, limit: Batch.rowLimit))
        rest = rest[part.endIndex...]
        assignLanes(Array(part), store.rows(of: part), at: now)
      }
    }
    for task in tasks { arrive(task, at: now) }
  }

  private func assignLanes(_ tasks: [UInt32], _ rows: Batch, at now: Timestamp) {
    for (task, lane) in zip(tasks, lanes.add(rows, to: &queue, at: now)) {
      store[task].lane = lane
    }
  }

  /// Decides what becomes of tasks, whose rows these are.
  func arrive(_ tasks: [UInt32], _ rows: Batch) {
    guard let now = context?.now() else { return }
    assignLanes(tasks, rows, at: now)
    for task in tasks { arrive(task, at: now) }
  }

  private func arrive(_ task: UInt32, at now: Timestamp) {
    if store[task].phase == .ended {
      lanes.remove(store[task].lane, &queue)
      return letLeave(task)
    }
    guard let key = store.key(of: task) else {
      return refuse(
        task, "column `\(self.task.idempotencyKey)`, which says which task it is, is null")
    }
    if store[task].attempts == 0 {
      store[task].due = max(dueAt.flatMap { store.int($0, of: task) } ?? .min, now.microseconds)
    }
    for entry in orphans.take(key) { learn(task, entry) }
    if store[task].phase != .ended, let entry = unknown.outcome(of: key, since: forgets(at: now)) {
      learn(task, entry)
    }
    if store[task].phase == .ended {
      lanes.remove(store[task].lane, &queue)
      return letLeave(task)
    }
    if store[task].doubt != .none, self.task.doubt == .hold { return hold(task, key, at: now) }
    if let reason = lanes.zoneProblem(store[task].lane) ?? weightProblem(task) {
      return refuse(task, reason)
    }
    // What waits for another task keeps nobody else out.
    guard store.lead(task) else { return lanes.wait(store[task].lane, true) }
    if lanes.isCancelled(store[task].lane) { return cancel(task, at: now) }
    if store.enterLine(task) {
      proceed(task, at: now)
    } else {
      lanes.wait(store[task].lane, true)
    }
  }

  /// Why a task's turn can't be reckoned.
  private func weightProblem(_ task: UInt32) -> String? {
    guard let weight = weight.flatMap({ store.int($0, of: task) }), weight < 1 else { return nil }
    return "`weight` is \(weight), and a value has at least 1 share"
  }

  /// No call can be made, in this run or another: there is nothing to be said in the journal.
  private func refuse(_ task: UInt32, _ reason: String) {
    let outcome = TaskOutcome(
      isDone: false, attempts: Int(store[task].attempts), firstError: reason, error: reason)
    store.setOutcome(outcome.encoded, of: task)
    lanes.remove(store[task].lane, &queue)
    letLeave(task)
  }

  /// Nobody knows whether it was done: it is not called again, nor is any row of its key that is
  /// still to come.
  private func hold(_ task: UInt32, _ key: String, at now: Timestamp) {
    endUnknown([task], key, "the process ended while the call was under way", at: now)
  }

  /// What the journal says of a task that has come again.
  private func learn(_ task: UInt32, _ entry: TaskJournal.Entry) {
    store[task].attempts = max(store[task].attempts, entry.attempt)
    switch entry.fact {
    case .intent:
      store[task].doubt = .out
      store[task].questions = 0
      if store[task].started == .min { store[task].started = entry.time }
    case .retry(let due, let error):
      store[task].doubt = .none
      store[task].due = due
      store.addError(error, of: task)
    case .doubt(let doubt, let questions, let due, let error):
      store[task].doubt = doubt
      store[task].questions = questions
      store[task].due = due
      store.addError(error, of: task)
    case .outcome(let outcome, _):
      store[task].doubt = .none
      store.setOutcome(outcome, of: task)
    case .pace: break
    }
  }

  /// A task that heads its line: it waits for its time, or for its turn; one that is cancelled
  /// ends.
  func proceed(_ task: UInt32, at now: Timestamp) {
    if store[task].phase == .behind {
      lanes.wait(store[task].lane, false)
      store[task].phase = .new
    }
    if lanes.isCancelled(store[task].lane) { return end(cancelled: task, at: now) }
    if store[task].due > now.microseconds { wait(task) } else { enqueue(task) }
    noteRetry(task)
  }

  func wait(_ task: UInt32) {
    lanes.wait(store[task].lane, true)
    store.wait(task)
  }

  func enqueue(_ task: UInt32) {
    guard mayCall(task) else { return }
    queueUp(task)
  }

  /// Its turn will come.
  func queueUp(_ task: UInt32) {
    let entry = store[task]
    store[task].phase = .ready
    let rank = FairQueue.Rank(
      priority: priority.flatMap { store.int($0, of: task) } ?? 0, arrival: entry.arrival)
    queue.add(
      task, to: Int(entry.lane), rank: rank,
      weight: weight.flatMap { store.int($0, of: task) } ?? 1)
  }
}
