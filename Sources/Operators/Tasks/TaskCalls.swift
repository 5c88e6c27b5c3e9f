import Columns
import Schemas
import Synchronization

/// Answers on their way to the worker, put here by any thread. One ring tells of all that have come
/// since the worker looked.
final class TaskAnswers: Sendable {
  struct Answer: Sendable {
    var task: UInt32
    var call: UInt64
    var answer: TaskAnswer
  }

  private let answers = Mutex<[Answer]>([])

  /// Whether the worker is to be told.
  func put(_ answer: Answer) -> Bool {
    answers.withLock { answers in
      answers.append(answer)
      return answers.count == 1
    }
  }

  func take() -> [Answer] {
    answers.withLock { answers in
      defer { answers = [] }
      return answers
    }
  }
}

/// The calls of one worker that have begun: all that have left are given up after the same time.
struct TaskCalls {
  struct Call {
    /// 0: it has not left.
    var number: UInt64 = 0
    var sent = Timestamp.beginning
    /// How often the breaker had opened then.
    var opening: Int
    /// Whether it asks what became of an earlier one.
    var isQuestion = false
  }

  private struct Deadline {
    var time: Timestamp
    var task: UInt32
    var call: UInt64
  }

  private let timeout: Int64
  private var calls: [UInt32: Call] = [:]
  /// In their order. Of those that are over some stay, no more than there are others.
  private var deadlines = Queue<Deadline>()
  private var last: UInt64 = 0

  init(timeout: Int64) { self.timeout = max(timeout, 1) }

  var count: Int { calls.count }

  /// Deadlines that are kept, of calls that are over too.
  var deadlineCount: Int { deadlines.count }

  mutating func begin(_ task: UInt32, opening: Int, isQuestion: Bool = false) {
    calls[task] = Call(opening: opening, isQuestion: isQuestion)
  }

  /// The call that leaves now.
  mutating func leave(_ task: UInt32, at now: Timestamp) -> Call {
    last += 1
    var call = calls[task] ?? Call(opening: 0)
    (call.number, call.sent) = (last, now)
    calls[task] = call
    // Behind one that hangs all others would gather for as long as it may take.
    if deadlines.count > 2 * calls.count + Self.fewDeadlines {
      deadlines.keep { [calls] in calls[$0.task]?.number == $0.call }
    }
    deadlines.append(Deadline(time: now.later(by: timeout), task: task, call: last))
    return call
  }

  private static let fewDeadlines = 64

  /// The call of an answer; nil where it is over, because it took too long or was answered before.
  mutating func end(_ task: UInt32, _ call: UInt64) -> Call? {
    guard let known = calls[task], known.number == call else { return nil }
    calls[task] = nil
    return known
  }

  /// A call that took too long, taken off.
  mutating func overdue(at now: Timestamp) -> (task: UInt32, call: Call)? {
    while let deadline = deadlines.first, deadline.time <= now {
      _ = deadlines.popFirst()
      if let call = end(deadline.task, deadline.call) { return (deadline.task, call) }
    }
    return nil
  }

  /// When the first of the calls that are under way takes too long.
  mutating func nextDeadline() -> Timestamp? {
    while let deadline = deadlines.first, calls[deadline.task]?.number != deadline.call {
      _ = deadlines.popFirst()
    }
    return deadlines.first?.time
  }
}
