import Columns
import Synchronization

/// The answer for rows that are asked for in parts, each by a request of its own. What was answered
/// is told even where another part failed, for it was paid for.
final class PartedAnswer: Sendable {
  typealias Told = @Sendable (Result<LookupAnswer, LookupFailure>) -> Void

  private struct State {
    var left: Int
    var answers: [(rows: [Int], answer: LookupAnswer)] = []
    var failed: FailedKeys?
    var usage = ModelUsage()

    /// What may be mended by another call counts as why.
    mutating func fail(_ rows: [Int], _ failure: LookupFailure) {
      var all = failed ?? FailedKeys([], failure)
      all.keys += rows
      if !all.failure.isRetriable { all.failure = failure }
      all.failure.usage = ModelUsage()
      failed = all
    }
  }

  private let state: Mutex<State>
  /// Of rows that nobody is asked for.
  private let rest: LookupAnswer
  private let told: Told

  /// `parts`: how many there are; where there are none it is told at once.
  init(_ parts: Int, _ rest: LookupAnswer, _ told: @escaping Told) {
    state = Mutex(State(left: parts))
    self.rest = rest
    self.told = told
    guard parts == 0 else { return }
    var nobody = rest
    nobody.isAsked = false
    told(.success(nobody))
  }

  /// The answer for some rows, once for each part. When all are there they are told as one.
  func settle(_ rows: [Int], _ result: Result<LookupAnswer, LookupFailure>) {
    let done = state.withLock { state -> State? in
      state.left -= 1
      switch result {
      case .success(let answer):
        state.answers.append((rows, answer))
        state.usage = state.usage + answer.usage
        if let failed = answer.failed {
          state.fail(failed.keys.map { rows[$0] }, failed.failure)
        }
      case .failure(let failure):
        state.usage = state.usage + failure.usage
        state.fail(rows, failure)
      }
      return state.left == 0 ? state : nil
    }
    if let done { told(whole(done)) }
  }

  private func whole(_ state: State) -> Result<LookupAnswer, LookupFailure> {
    let isUnasked = rest.unreadable.isEmpty && rest.postponed.isEmpty
    if state.answers.isEmpty, isUnasked, var failure = state.failed?.failure {
      failure.usage = state.usage
      return .failure(failure)
    }
    var whole = rest
    whole.usage = state.usage
    whole.failed = state.failed
    let pieces = state.answers.map(\.answer.rows).filter { $0.rowCount > 0 }
    if !pieces.isEmpty { whole.rows = Batch.concatenated(pieces) }
    for (rows, answer) in state.answers {
      whole.keys += answer.keys.map { rows[$0] }
      for (key, reason) in answer.unreadable { whole.unreadable[rows[key]] = reason }
    }
    return .success(whole)
  }
}
