import Columns
import KeyedState
import Plans
import Schemas

// Tasks of which it is not known whether they were done.
extension ExecuteOperator {
  /// Whether the next call of a task is to ask what became of the last one.
  func isToBeAsked(_ task: UInt32) -> Bool {
    self.task.doubt == .verify && store[task].doubt != .none
  }

  /// Whether a task is not to be called again before it was asked what became of its call.
  func staysInDoubt(behind answer: TaskAnswer) -> Bool {
    task.doubt == .verify && answer.leavesDoubt
  }

  /// It is asked later what became of the task, as long as there are questions left.
  func doubt(
    _ task: UInt32, _ answer: TaskAnswer, _ doubt: TaskDoubt, questions: Int, at now: Timestamp
  ) {
    let reason = answer.reason ?? ""
    guard
      let delay = retry.questionDelay(answer, behind: questions, random: context?.random() ?? 0)
    else {
      let asked = questions == 1 ? "once" : "\(questions) times"
      return endAsUnknown(task, "it was asked for \(asked) in vain, at last: \(reason)", at: now)
    }
    let due = now.later(by: delay).microseconds
    store[task].doubt = doubt
    store[task].questions = UInt8(clamping: questions)
    store[task].due = due
    store.addError(reason, of: task)
    write(
      .doubt(doubt, questions: store[task].questions, due: due, error: reason), of: task, at: now)
    wait(task)
    noteRetry(task)
  }

  /// What was answered to a question: the task was done, or was not and is called again as long as
  /// it may be, or it is asked again.
  func learnBy(_ answer: TaskAnswer, of task: UInt32, at now: Timestamp) {
    let entry = store[task]
    switch answer.end {
    case .done: end(task, answer, at: now)
    case .undone(let reason):
      // What a crash has kept from being sent takes none of its calls.
      guard entry.doubt == .out || retry.goesOn(behind: Int(entry.attempts)) else {
        return end(task, answer, at: now)
      }
      again(task, reason, behind: 0, at: now)
    case .invalid(let reason):
      endAsUnknown(task, "it can't be asked for: \(reason)", at: now)
    case .refused, .errors, .timedOut, .unreached, .broken:
      doubt(task, answer, entry.doubt, questions: Int(entry.questions) + 1, at: now)
    }
  }

  private func endAsUnknown(_ task: UInt32, _ reason: String, at now: Timestamp) {
    let key = store.key(of: task) ?? ""
    let followers = store.endLead(task)
    let next = store.leaveLine(task)
    endUnknown([task] + followers, key, reason, at: now)
    if let next { proceed(next, at: now) }
  }

  /// Nobody knows whether tasks of one key were done, and a person decides: none is called again,
  /// nor is any row of their key that is still to come.
  func endUnknown(_ tasks: [UInt32], _ key: String, _ reason: String, at now: Timestamp) {
    let entry = store[tasks[0]]
    let outcome = TaskOutcome(
      isDone: false, attempts: Int(entry.attempts), firstError: store.firstErrors[tasks[0]],
      error: "outcome unknown: \(reason)")
    store[tasks[0]].doubt = .none
    end(tasks, outcome, rows: TaskJournal.everyRow, at: now)
    unknown.add(
      TaskJournal.Entry(
        fact: .outcome(outcome.encoded, rows: TaskJournal.everyRow),
        group: store.group(of: tasks[0]), key: key, attempt: entry.attempts,
        time: now.microseconds))
  }
}
