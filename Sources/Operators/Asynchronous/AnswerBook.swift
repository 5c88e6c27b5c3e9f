import Columns
import Schemas
import Synchronization

/// Answers that rows were given before a restart, until these rows come again: what the checkpoint
/// and the journal say of them.
///
/// All workers of a stage share it, for a row may come to another one than before. So it is whole
/// only when all of them have brought their parts. Rows that are equal take their answers in turn.
package final class AnswerBook: Sendable {
  /// Of equal rows.
  private struct Line {
    var answers: [WrittenAnswer] = []
    /// In which epochs the first of them were taken.
    var taken: [Epoch] = []

    mutating func take(in epoch: Epoch) -> WrittenAnswer? {
      guard taken.count < answers.count else { return nil }
      taken.append(epoch)
      return answers[taken.count - 1]
    }
  }

  /// One answer, however often it is written.
  private struct Mark: Hashable {
    var identity: RowIdentity
    var number: UInt64

    init(_ answer: WrittenAnswer) {
      identity = answer.identity
      number = answer.number
    }
  }

  private struct State {
    var lines: [RowIdentity: Line] = [:]
    /// Of all answers in the lines.
    var written: Set<Mark> = []
    var members = 0
    var bells: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())
  /// So that looking into an empty book takes no lock.
  private let count = Atomic<Int>(0)
  private let whole = Atomic<Bool>(false)

  package init() {}

  /// Whether all workers have brought their parts.
  var isWhole: Bool { whole.load(ordering: .acquiring) }

  /// One of `workers` has brought its part; `bell` rings when all have.
  func join(of workers: Int, bell: @escaping @Sendable () -> Void) {
    let bells = state.withLock { state -> [@Sendable () -> Void] in
      state.members += 1
      state.bells.append(bell)
      guard state.members == workers else { return [] }
      whole.store(true, ordering: .releasing)
      defer { state.bells = [] }
      return state.bells
    }
    for bell in bells { bell() }
  }

  /// An answer that was written twice counts once.
  func add(_ answer: WrittenAnswer) {
    state.withLock { state in
      guard state.written.insert(Mark(answer)).inserted else { return }
      state.lines[answer.identity, default: Line()].answers.append(answer)
      count.store(state.written.count, ordering: .releasing)
    }
  }

  /// The next answer of a row that came in this epoch.
  func take(_ identity: RowIdentity, in epoch: Epoch) -> WrittenAnswer? {
    guard count.load(ordering: .acquiring) > 0 else { return nil }
    return state.withLock { $0.lines[identity]?.take(in: epoch) }
  }

  /// What the snapshot at a barrier must hold of keys in `groups`: what no row in front of it has
  /// taken. The rest is forgotten, and what was given before `time`.
  func left(of groups: Range<Int>, at barrier: Epoch, since time: Int64) -> [WrittenAnswer] {
    guard count.load(ordering: .acquiring) > 0 else { return [] }
    return state.withLock { state in
      var left: [WrittenAnswer] = []
      for (identity, line) in state.lines
      where groups.contains(Int(KeyGroup(hash: identity.digest).number)) {
        var kept = Line()
        for (place, answer) in line.answers.enumerated() {
          let epoch = line.taken.indices.contains(place) ? line.taken[place] : nil
          guard epoch.map({ $0 >= barrier }) ?? (answer.time >= time) else {
            state.written.remove(Mark(answer))
            continue
          }
          kept.answers.append(answer)
          if let epoch { kept.taken.append(epoch) }
        }
        state.lines[identity] = kept.answers.isEmpty ? nil : kept
        left += kept.answers
      }
      count.store(state.written.count, ordering: .releasing)
      return left
    }
  }
}
