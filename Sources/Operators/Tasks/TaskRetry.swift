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
      case (.timeout, .timedOut), (.connect, .unreached), (.broken, .broken): true
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
}

extension TaskAnswer {
  /// Whether whoever was called is not as it should be, whatever is tried again; nil: nobody was.
  var isFailure: Bool? {
    switch end {
    case .done: false
    case .refused: status.map { $0 >= 500 || $0 == 429 || $0 == 408 } ?? false
    case .timedOut, .unreached, .broken: true
    case .invalid: nil
    }
  }

  /// Why it is no success.
  var reason: String? {
    switch end {
    case .done: nil
    case .refused(let reason), .timedOut(let reason), .unreached(let reason),
      .broken(let reason), .invalid(let reason):
      reason
    }
  }
}
