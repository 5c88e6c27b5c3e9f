import Columns
import Platform
import Synchronization

/// Tells of answers that no further call mends, and of servers that have never answered, where rows
/// go on without them: a wrong key, model name or address would be seen by nobody else.
final class LookupNotices: Sendable {
  /// Between two of one stage, in nanoseconds.
  private static let pause: UInt64 = 60_000_000_000

  /// Calls that fail for now before a server is told of that has never answered: a few may pass.
  private static let patience = 5

  private struct State {
    /// Whether a row has ever been answered: then one that is not is that row's own affair.
    var hasAnswered = false
    /// Calls that failed for now before that.
    var failures = 0
    var toldAt: UInt64?
  }

  private let clock: any Clock
  private let notify: @Sendable (String) -> Void
  private let state = Mutex(State())

  init(_ clock: any Clock, _ notify: @escaping @Sendable (String) -> Void) {
    self.clock = clock
    self.notify = notify
  }

  /// Any thread.
  func look(at result: Result<LookupAnswer, LookupFailure>) {
    let now = clock.monotonic()
    let told = state.withLock { state -> String? in
      guard let reason = Self.reason(result, &state) else { return nil }
      if let before = state.toldAt, now &- before < Self.pause { return nil }
      state.toldAt = now
      return reason
    }
    if let told { notify("\(told). Rows go on without this answer") }
  }

  private static func reason(
    _ result: Result<LookupAnswer, LookupFailure>, _ state: inout State
  ) -> String? {
    switch result {
    case .success(let answer):
      if !answer.keys.isEmpty || answer.saysThereIsNone { state.hasAnswered = true }
      if let failure = answer.failed?.failure, !failure.isRetriable { return failure.reason }
      return state.hasAnswered ? nil : answer.unreadable.min { $0.key < $1.key }?.value
    case .failure(let failure):
      guard failure.isRetriable else { return failure.reason }
      state.failures += 1
      return state.hasAnswered || state.failures < patience ? nil : failure.reason
    }
  }
}

extension LookupAnswer {
  /// Whether it was asked for, and says of all its keys that there is no row.
  fileprivate var saysThereIsNone: Bool {
    isAsked && keys.isEmpty && unreadable.isEmpty && failed == nil && postponed.isEmpty
  }
}
