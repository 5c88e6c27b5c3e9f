import Columns
import Instruments
import KeyedState
import Plans
import Schemas

// Calls and their answers.
extension ExecuteOperator {
  /// Begins the calls whose turn it is, as far as limits let them.
  func begin(at now: Timestamp) {
    (hasTurns, stalledUntil) = (false, nil)
    guard stopsAt == nil, !isHeldUp else { return }
    for bucket in limits.freed(worker: member) { wake(bucket) }
    while let bucket = parked.due(now) { wake(bucket) }
    var begun = 0
    while let (task, lane) = queue.next() {
      guard begun < Self.turnCapacity else {
        hasTurns = true
        return
      }
      let shares = lanes.shares(of: store[task].lane)
      switch limits.take(shares, worker: member, at: now) {
      case .taken(let opening):
        queue.take()
        begun += 1
        begin(task, opening: opening, at: now)
        if let bucket = wokenFor.removeValue(forKey: lane) { wake(bucket) }
      case .stalled(let until):
        stalledUntil = until
        return
      case .blocked(let bucket, let until):
        queue.park(lane)
        parked.park(lane, on: bucket, until: until)
        // What it was woken for is the next one's, if it waits for something else.
        if let woken = wokenFor.removeValue(forKey: lane), woken != bucket { wake(woken) }
      }
    }
  }

  /// Lets the lane whose turn it is at a bucket try again.
  func wake(_ bucket: Int) {
    guard let lane = parked.next(of: bucket) else { return }
    wokenFor[lane] = bucket
    queue.unpark(lane)
  }

  private func begin(_ task: UInt32, opening: Int, at now: Timestamp) {
    store[task].phase = .beginning
    store[task].attempts += 1
    store[task].isOut = true
    if store[task].started == .min { store[task].started = now.microseconds }
    calls.begin(task, opening: opening)
    write(.intent, of: task, at: now)
    round.intents.append(task)
  }

  private func write(_ fact: TaskJournal.Entry.Fact, of task: UInt32, at now: Timestamp) {
    let group = store.group(of: task)
    let entry = TaskJournal.Entry(
      fact: fact, group: group, key: store.key(of: task) ?? "", attempt: store[task].attempts,
      time: now.microseconds)
    round.lines.append(JournalLine(TaskJournal.encode(entry), of: group))
  }

  /// A call whose intent is durable leaves, as soon as its moment has come.
  func leave(_ task: UInt32, at now: Timestamp) {
    let due = limits.leave(lanes.shares(of: store[task].lane), at: now)
    if due > now { held.add(task, at: due) } else { perform(task, at: now) }
  }

  func letHeldLeave(at now: Timestamp) {
    while let task = held.take(now) { perform(task, at: now) }
  }

  private func perform(_ task: UInt32, at now: Timestamp) {
    guard let bell else { return }
    store[task].phase = .calling
    let call = calls.leave(task, at: now)
    let (rows, row) = store.row(of: task)
    let attempt = TaskAttempt(
      rows: rows, row: row, idempotencyKey: store.key(of: task) ?? "",
      number: Int(store[task].attempts))
    context?.metrics.calls.sent.add(1)
    performer(attempt) { [answers, ring = bell.ring] answer in
      if answers.put(TaskAnswers.Answer(task: task, call: call, answer: answer)) { ring() }
    }
  }

  /// Takes what was answered, and gives up what took too long.
  func takeAnswers(at now: Timestamp) {
    var ends: [TaskLimits.End] = []
    for answer in answers.take() {
      // One that came too late, or twice, is nobody's.
      guard let call = calls.end(answer.task, answer.call) else { continue }
      ends.append(answered(answer.task, call, answer.answer, at: now))
    }
    while let (task, call) = calls.overdue(at: now) {
      let reason = "no answer within \(TimeRendering.duration(self.task.timeout))"
      ends.append(answered(task, call, TaskAnswer(.timedOut(reason)), at: now))
    }
    guard !ends.isEmpty else { return }
    limits.end(ends, worker: member, at: now)
    // There is room where these were.
    for end in ends { for bucket in end.shares.buckets[limits.rateCount...] { wake(bucket) } }
  }

  private func answered(
    _ task: UInt32, _ call: TaskCalls.Call, _ answer: TaskAnswer, at now: Timestamp
  ) -> TaskLimits.End {
    let shares = lanes.shares(of: store[task].lane)
    context?.metrics.calls.latency.add(now.microseconds &- call.sent.microseconds)
    if answer.reason != nil { context?.metrics.calls.failed.add(1) }
    store[task].isOut = false
    if let delay = retry.delay(
      answer, behind: Int(store[task].attempts), random: context?.random() ?? 0)
    {
      again(task, answer, behind: delay, at: now)
    } else {
      end(task, answer, at: now)
    }
    return TaskLimits.End(
      shares: shares, opening: call.opening, isFailure: answer.isFailure,
      retryAfter: max(answer.retryAfter ?? 0, 0))
  }

  /// The call is made again; until then its line waits.
  private func again(
    _ task: UInt32, _ answer: TaskAnswer, behind delay: Int64, at now: Timestamp
  ) {
    let reason = answer.reason ?? ""
    let due = now.later(by: delay).microseconds
    store.addError(reason, of: task)
    store[task].due = due
    write(.retry(due: due, error: reason), of: task, at: now)
    store.wait(task)
  }

  private func end(_ task: UInt32, _ answer: TaskAnswer, at now: Timestamp) {
    let entry = store[task]
    var outcome = TaskOutcome(isDone: answer.reason == nil, status: answer.status)
    outcome.attempts = Int(entry.attempts)
    outcome.error = answer.reason
    outcome.firstError = store.firstErrors[task] ?? answer.reason
    outcome.latency = now.microseconds - entry.started
    switch answer.end {
    case .done, .refused: outcome.response = answer.response
    default: break
    }
    let followers = store.endLead(task)
    let next = store.leaveLine(task)
    end([task] + followers, outcome, at: now)
    if let next { proceed(next, at: now) }
  }

  /// Tasks of one key have this outcome.
  func end(_ tasks: [UInt32], _ outcome: TaskOutcome, rows: UInt32? = nil, at now: Timestamp) {
    let bytes = outcome.encoded
    write(.outcome(bytes, rows: rows ?? UInt32(tasks.count)), of: tasks[0], at: now)
    for task in tasks {
      store.setOutcome(bytes, of: task)
      lanes.remove(store[task].lane, &queue)
      round.ended.append(task)
    }
  }
}
