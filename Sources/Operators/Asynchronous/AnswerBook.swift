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

    /// Those that no row has taken, and those that rows took behind a barrier.
    func parted(
      at barrier: Epoch
    ) -> (open: [WrittenAnswer], taken: [(answer: WrittenAnswer, epoch: Epoch)]) {
      let late = zip(answers, taken).filter { $1 >= barrier }
      return (Array(answers.dropFirst(taken.count)), late.map { (answer: $0, epoch: $1) })
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

  /// When an answer was given; of those of one moment by their numbers.
  private struct Age: Comparable {
    var time: Int64
    var number: UInt64

    init(_ answer: WrittenAnswer) { (time, number) = (answer.time, answer.number) }

    static func < (a: Age, b: Age) -> Bool { (a.time, a.number) < (b.time, b.number) }
  }

  private struct State {
    var lines: [RowIdentity: Line] = [:]
    /// Of all answers in the lines.
    var written: Set<Mark> = []
    var members = 0
    var bells: [@Sendable () -> Void] = []
  }

  /// What answers of one stage may take that no row asks for again, in a process.
  package static let usualBytes = 256 << 20

  private let state = Mutex(State())
  /// Answers that no row has taken: looking into a book without any takes no lock.
  private let untaken = Atomic<Int>(0)
  private let whole = Atomic<Bool>(false)
  private let byteLimit: Int
  private let forgot: @Sendable (_ count: Int) -> Void

  /// `forgot` is told how many answers were given up, as all of them took too much.
  package init(
    byteLimit: Int = AnswerBook.usualBytes,
    forgot: @escaping @Sendable (_ count: Int) -> Void = { _ in }
  ) {
    self.byteLimit = byteLimit
    self.forgot = forgot
  }

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
      untaken.add(1, ordering: .releasing)
    }
  }

  /// The next answer of a row that came in this epoch.
  func take(_ identity: RowIdentity, in epoch: Epoch) -> WrittenAnswer? {
    guard untaken.load(ordering: .acquiring) > 0 else { return nil }
    return state.withLock { state in
      guard let answer = state.lines[identity]?.take(in: epoch) else { return nil }
      untaken.subtract(1, ordering: .releasing)
      return answer
    }
  }

  /// What the snapshot at a barrier must hold of keys in `groups`: what no row in front of it has
  /// taken. The rest is forgotten, and what was given before `time`; and where all answers take too
  /// much, the oldest that no row has taken.
  func left(of groups: Range<Int>, at barrier: Epoch, since time: Int64) -> [WrittenAnswer] {
    let (left, count) = state.withLock { state -> ([WrittenAnswer], Int) in
      let own = state.lines.filter {
        groups.contains(Int(KeyGroup(hash: $0.key.digest).number))
      }
      let oldest = Self.oldest(
        in: own, since: time, within: byteLimit * groups.count / KeyGroup.count)
      var left: [WrittenAnswer] = []
      var (gone, forgotten) = (0, 0)
      for (identity, line) in own {
        let (open, taken) = line.parted(at: barrier)
        let young = open.filter { $0.time >= time }
        let kept = oldest.map { age in young.filter { Age($0) > age } } ?? young
        gone += open.count - kept.count
        forgotten += young.count - kept.count
        let rest = Line(answers: taken.map(\.answer) + kept, taken: taken.map(\.epoch))
        let marks = Set(rest.answers.map { Mark($0) })
        for answer in line.answers where !marks.contains(Mark(answer)) {
          state.written.remove(Mark(answer))
        }
        state.lines[identity] = rest.answers.isEmpty ? nil : rest
        left += rest.answers
      }
      untaken.subtract(gone, ordering: .releasing)
      return (left, forgotten)
    }
    if count > 0 { forgot(count) }
    return left
  }

  /// Of those that no row has taken the newest that has to go, so that the rest is within a bound;
  /// nil where it is. What was given before `time` goes in any case.
  private static func oldest(
    in lines: [RowIdentity: Line], since time: Int64, within bytes: Int
  ) -> Age? {
    let untaken = lines.values.flatMap { line in
      line.answers.dropFirst(line.taken.count).filter { $0.time >= time }
    }
    var over = untaken.reduce(0) { $0 + $1.bytes.count } - bytes
    guard over > 0 else { return nil }
    var oldest: Age?
    for answer in untaken.sorted(by: { Age($0) < Age($1) }) where over > 0 {
      oldest = Age(answer)
      over -= answer.bytes.count
    }
    return oldest
  }
}
