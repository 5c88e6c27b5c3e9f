import Columns
import Synchronization

/// The answer for rows that are asked for in parts, each by a request of its own.
final class PartedAnswer: Sendable {
  typealias Told = @Sendable (Result<LookupAnswer, LookupFailure>) -> Void

  private struct State {
    var left: Int
    var answers: [(rows: [Int], answer: LookupAnswer)] = []
    var failure: LookupFailure?
    var usage = ModelUsage()
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
    if parts == 0 { told(.success(rest)) }
  }

  /// The answer for some rows, once for each part. When all are there they are told as one; a part
  /// that failed lets all fail.
  func settle(_ rows: [Int], _ result: Result<LookupAnswer, LookupFailure>) {
    let done = state.withLock { state -> State? in
      state.left -= 1
      switch result {
      case .success(let answer):
        state.answers.append((rows, answer))
        state.usage = state.usage + answer.usage
      case .failure(let failure):
        state.failure = state.failure ?? failure
        state.usage = state.usage + failure.usage
      }
      return state.left == 0 ? state : nil
    }
    guard let done else { return }
    if var failure = done.failure {
      failure.usage = done.usage
      return told(.failure(failure))
    }
    told(.success(whole(done)))
  }

  private func whole(_ state: State) -> LookupAnswer {
    var whole = rest
    whole.usage = state.usage
    let pieces = state.answers.map(\.answer.rows).filter { $0.rowCount > 0 }
    if !pieces.isEmpty { whole.rows = Batch.concatenated(pieces) }
    for (rows, answer) in state.answers {
      whole.keys += answer.keys.map { rows[$0] }
      for (key, reason) in answer.unreadable { whole.unreadable[rows[key]] = reason }
    }
    return whole
  }
}
