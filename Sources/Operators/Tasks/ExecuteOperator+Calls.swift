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
    passTurns(of: lanes.turnHours(at: now, &queue))
    guard stopsAt == nil, !awaitsTable else { return }
    guard !isHeldUp else {
      hasTurns = true
      return
    }
    for bucket in limits.freed(worker: member) { wake(bucket) }
    while let bucket = parked.due(now) { wake(bucket) }
    while let owner = spent.due(now) { letCallAgain(owner, at: now) }
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
        parked.wait(lane, at: bucket, until: until)
        // What it was woken for is the next one's, if it waits for something else.
        if let woken = wokenFor.removeValue(forKey: lane), woken != bucket { wake(woken) }
      }
    }
  }

  /// Lets the lane whose turn it is at a bucket try again: the first that has something to try.
  func wake(_ bucket: Int) {
    while let lane = parked.next(of: bucket) {
      guard queue.unpark(lane) else { continue }
      wokenFor[lane] = bucket
      return
    }
  }

  private func begin(_ task: UInt32, opening: Int, at now: Timestamp) {
    forgetRetry(task)
    store[task].phase = .beginning
    let isQuestion = isToBeAsked(task)
    calls.begin(task, opening: opening, isQuestion: isQuestion)
    notePaces(of: task, at: now)
    if isQuestion {
      // It changes nothing of which the journal would have to know.
      return round.lines.isEmpty ? leave(task, at: now) : round.intents.append(task)
    }
    if store[task].attempts == 0 { beginFirst(task, at: now) }
    store[task].attempts += 1
    store[task].doubt = .out
    store[task].questions = 0
    if store[task].started == .min { store[task].started = now.microseconds }
    write(.intent, of: task, at: now)
    round.intents.append(task)
  }

  func write(_ fact: TaskJournal.Entry.Fact, of task: UInt32, at now: Timestamp) {
    let group = store.group(of: task)
    let entry = TaskJournal.Entry(
      fact: fact, group: group, key: store.key(of: task) ?? "", attempt: store[task].attempts,
      time: now.microseconds)
    round.lines.append(JournalLine(TaskJournal.encode(entry), of: group))
  }

  /// A call whose intent is written leaves, as soon as its moment has come.
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
      number: Int(store[task].attempts), isQuestion: call.isQuestion)
    context?.metrics.calls.wait.add(now.microseconds &- store[task].due)
    performer(attempt) { [answers, ring = bell.ring, number = call.number] answer in
      if answers.put(TaskAnswers.Answer(task: task, call: number, answer: answer)) { ring() }
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
    if answer.calls > 1, !call.isQuestion {
      store[task].attempts += UInt32(clamping: answer.calls - 1)
    }
    if answer.isCall {
      context?.metrics.calls.sent.add(answer.calls)
      context?.metrics.calls.latency.add(now.microseconds &- call.sent.microseconds)
    }
    let retryAfter = max(answer.retryAfter ?? 0, 0)
    noteQuiet(retryAfter, shares, of: task, at: now)
    let isFailure = call.isQuestion ? answer.isFailure ?? false : answer.reason != nil
    if isFailure { context?.metrics.calls.failed.add(1) }
    if lanes.isCancelled(store[task].lane) {
      end(cancelled: task, call, answer, at: now)
    } else if call.isQuestion {
      learnBy(answer, of: task, at: now)
    } else if staysInDoubt(behind: answer) {
      doubt(task, answer, .unanswered, questions: 0, at: now)
    } else if let delay = retry.delay(
      answer, behind: Int(store[task].attempts), random: context?.random() ?? 0)
    {
      again(task, answer.reason ?? "", behind: delay, at: now)
    } else {
      end(task, answer, at: now)
    }
    // Questions and refusals take another time.
    let isUsual = answer.isDone && !call.isQuestion
    let latency = isUsual ? now.microseconds - call.sent.microseconds : nil
    return TaskLimits.End(
      shares: shares, opening: call.opening, isFailure: answer.isFailure,
      retryAfter: retryAfter,
      sample: .init(sent: call.sent, latency: latency, isOverload: answer.isOverload))
  }

  /// The call is made again; until then its line waits.
  func again(_ task: UInt32, _ reason: String, behind delay: Int64, at now: Timestamp) {
    let due = now.later(by: delay).microseconds
    store.addError(reason, of: task)
    store[task].doubt = .none
    store[task].due = due
    write(.retry(due: due, error: reason), of: task, at: now)
    wait(task)
    noteRetry(task)
  }

  func end(_ task: UInt32, _ answer: TaskAnswer, at now: Timestamp) {
    let entry = store[task]
    var outcome = TaskOutcome(isDone: answer.reason == nil, status: answer.status)
    outcome.attempts = Int(entry.attempts)
    outcome.error = answer.reason ?? answer.unread.map { OutcomeRows.unreadable($0) }
    outcome.firstError = store.firstErrors[task] ?? answer.reason
    outcome.latency = entry.started == .min ? nil : now.microseconds - entry.started
    switch answer.end {
    case .done, .refused: outcome.response = answer.response
    default: break
    }
    store[task].doubt = .none
    end([task] + store.endLead(task), outcome, at: now)
    if leavesAtOnce { round.heads.append(task) } else { leaveLine(task, at: now) }
  }

  /// The head of a line leaves it, and the next one is its head.
  func leaveLine(_ task: UInt32, at now: Timestamp) {
    if let next = store.leaveLine(task) { proceed(next, at: now) }
  }

  /// Tasks of one key have this outcome.
  func end(_ tasks: [UInt32], _ outcome: TaskOutcome, rows: UInt32? = nil, at now: Timestamp) {
    let bytes = outcome.encoded
    write(.outcome(bytes, rows: rows ?? UInt32(tasks.count)), of: tasks[0], at: now)
    for task in tasks {
      switch store[task].phase {
      case .behind, .following: lanes.wait(store[task].lane, false)
      default: break
      }
      store.setOutcome(bytes, of: task)
      lanes.remove(store[task].lane, &queue)
      round.ended.append(task)
    }
  }
}
