import Columns
import Plans

/// Which calls of a task are made again, and when.
struct TaskRetry {
  private let policy: TaskSpec.Retry
  private let backoff: RetryBackoff

  init(_ policy: TaskSpec.Retry) {
    self.policy = policy
    backoff = RetryBackoff(first: policy.backoff, longest: policy.longestBackoff)
  }

  /// Whether an answer is one of those on which a call is made again, however often it was.
  func isRetriable(_ answer: TaskAnswer) -> Bool {
    policy.on.contains { outcome in
      switch (outcome, answer.end) {
      case (.status(let status), .refused): answer.status == status
      case (.statusClass(let digit), .refused): answer.status.map { $0 / 100 == digit } ?? false
      case (.timeout, .timedOut), (.connect, .unreached), (.broken, .broken), (.errors, .errors):
        true
      default: false
      }
    }
  }

  /// After how many microseconds the next call is due behind the `attempt`th, from 1; nil: there is
  /// none. `random`: uniform over 64 bits.
  func delay(_ answer: TaskAnswer, behind attempt: Int, random: UInt64) -> Int64? {
    guard attempt < policy.attempts, isRetriable(answer) else { return nil }
    return max(backoff.delay(behind: attempt, random: random), answer.retryAfter ?? 0)
  }

  /// Whether a task that was not done may be sent again behind its `attempt`th call.
  func goesOn(behind attempt: Int) -> Bool { attempt < policy.attempts }

  /// After how many microseconds it is asked what became of a task, behind so many questions in
  /// vain; nil: no more, for there are as many as there may be calls.
  func questionDelay(_ answer: TaskAnswer, behind questions: Int, random: UInt64) -> Int64? {
    guard questions < min(policy.attempts, Int(UInt8.max)) else { return nil }
    return max(backoff.delay(behind: questions + 1, random: random), answer.retryAfter ?? 0)
  }
}

extension TaskAnswer {
  /// Whether a call was made at all.
  var isCall: Bool { if case .invalid = end { false } else { true } }
  var isDone: Bool { end == .done }

  /// Whether whoever was called has no room for more calls.
  var isOverload: Bool {
    switch end {
    case .refused: status == 429 || status == 503
    case .timedOut, .unreached: true
    case .done, .errors, .undone, .broken, .invalid: false
    }
  }

  /// Whether the task may have been done or not.
  var leavesDoubt: Bool {
    switch end {
    case .timedOut, .broken: true
    default: false
    }
  }

  /// Why it is no success.
  var reason: String? {
    switch end {
    case .done: nil
    case .refused(let reason), .errors(let reason), .undone(let reason), .timedOut(let reason),
      .unreached(let reason), .broken(let reason), .invalid(let reason):
      reason
    }
  }
}
