import Columns
import Connectors
import Plans
import Platform
import Schemas
import Synchronization

/// In the place of HTTP: a task is done when it is called, or with a timer after as many
/// microseconds as its `work` says.
struct StandInConnector: ConnectorFactory {
  let name = "http"
  var timer: AnswerTimer?

  func makeTask(
    _ spec: TaskSpec, input: Schema, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient {
    StandInTask(timer, work: input.index(of: "work"))
  }
}

private final class StandInTask: TaskClient {
  private let timer: AnswerTimer?
  private let work: Int?

  init(_ timer: AnswerTimer?, work: Int?) {
    self.timer = timer
    self.work = work
  }

  func start() {}

  func perform(_ attempt: TaskAttempt, _ answer: @escaping @Sendable (TaskAnswer) -> Void) {
    guard let timer, let work else { return answer(TaskAnswer(.done, status: 200)) }
    timer.add(behind: attempt.rows.columns[work].int(attempt.row), answer)
  }

  func read(_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String]) { ([], [:]) }

  func close() {}
}

/// Answers calls when their time has come, by a thread of its own.
final class AnswerTimer: Sendable {
  private struct Call {
    var due: UInt64
    var answer: @Sendable (TaskAnswer) -> Void
  }

  private struct State {
    /// As many as are under way: few.
    var calls: [Call] = []
    var first: UInt64?
    var last: UInt64 = 0
    var isOver = false
  }

  private let state = Mutex(State())
  private let parker = Parker()
  private let clock = SystemClock()

  /// Seconds from the first call to the last answer.
  var span: Double {
    state.withLock { Double($0.last - ($0.first ?? $0.last)) / 1e9 }
  }

  /// Answers calls until `work` has ended.
  func run(_ work: () throws -> Void) throws {
    let thread = SystemThread(name: "answers") { [self] in
      while let wait = answerDue() { parker.wait(nanoseconds: wait, spins: 0) }
    }
    guard let thread else { throw BenchmarkFailure("the system has no room for a thread") }
    defer {
      state.withLock { $0.isOver = true }
      parker.wake()
      thread.join()
    }
    try work()
  }

  func add(behind microseconds: Int64, _ answer: @escaping @Sendable (TaskAnswer) -> Void) {
    let now = clock.monotonic()
    state.withLock { state in
      state.first = state.first ?? now
      state.calls.append(Call(due: now + UInt64(microseconds) * 1_000, answer: answer))
    }
    parker.wake()
  }

  /// How many nanoseconds to wait for the next; nil: there will be none.
  private func answerDue() -> Int64? {
    let now = clock.monotonic()
    let (due, next, isOver) = state.withLock { state in
      let due = state.calls.filter { $0.due <= now }
      state.calls.removeAll { $0.due <= now }
      if !due.isEmpty { state.last = now }
      return (due, state.calls.map(\.due).min(), state.isOver)
    }
    for call in due { call.answer(TaskAnswer(.done, status: 200)) }
    return isOver ? nil : next.map { Int64($0 - now) } ?? 1_000_000_000
  }
}
