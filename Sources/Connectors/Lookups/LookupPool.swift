package import Columns
package import Plans
import Platform
import Synchronization

/// A table elsewhere that is asked over some connections, each on its lane.
///
/// Questions wait in one queue, from which the connections that are free take them: so a slow one
/// holds nobody else's question. A question that nobody waits for any more is not asked.
package final class LookupPool: LookupClient {
  /// Questions that wait for a connection at most. Stages bound their calls far below it.
  package static let queueLimit = 65_536
  /// Bytes that the rows of an answer may have.
  package static let answerLimit = 64 << 20
  /// Microseconds that a start may take, where the timeout is shorter.
  private static let shortestStart: Int64 = 10_000_000
  /// Microseconds that it takes at most where something stands in for answers.
  private static let briefStart: Int64 = 2_000_000

  private struct Question: Sendable {
    var keys: Batch
    var deadline: LookupDeadline
    var answer: @Sendable (Result<LookupAnswer, LookupFailure>) -> Void
  }

  private struct State {
    /// Oldest first, and so the first deadline first.
    var questions: [Question] = []
    /// Questions in front of it are taken.
    var head = 0
    /// Connections that nobody uses; the last was used last.
    var idle: [Int]
    var isClosed = false

    var count: Int { questions.count - head }

    mutating func take() -> Question? {
      guard head < questions.count else { return nil }
      let question = questions[head]
      head += 1
      // Removed in bulk, so that each is moved a bounded number of times.
      if head * 2 >= questions.count {
        questions.removeFirst(head)
        head = 0
      }
      return question
    }

    mutating func takeDead() -> [Question] {
      var dead: [Question] = []
      while head < questions.count, questions[head].deadline.isPast {
        if let question = take() { dead.append(question) }
      }
      return dead
    }
  }

  private let table: String
  private let timeout: Int64
  private let startTime: Int64
  private let environment: ConnectorEnvironment
  private let connections: [any LookupConnection]
  private let state: Mutex<State>

  /// `connections`: how many. They are made, not opened.
  package init(
    _ table: TableSpec, connections count: Int, _ environment: ConnectorEnvironment,
    make: () throws(ConnectorError) -> any LookupConnection
  ) throws(ConnectorError) {
    self.table = table.name
    timeout = (table.lookup ?? LookupPolicy()).timeout
    startTime =
      table.hasStandIn ? min(timeout, Self.briefStart) : max(timeout, Self.shortestStart)
    self.environment = environment
    var connections: [any LookupConnection] = []
    for _ in 0..<max(count, 1) { connections.append(try make()) }
    self.connections = connections
    state = Mutex(State(idle: Array(connections.indices.reversed())))
  }

  /// By the connection that is used first, which nobody has yet.
  package func start() throws(ConnectorError) {
    let deadline = LookupDeadline(environment.clock, in: startTime)
    do throws(LookupFailure) {
      try connections[0].check(until: deadline)
    } catch {
      throw ConnectorError(
        error.isRetriable ? .unreachable : .configuration, "table `\(table)`: \(error.reason)")
    }
  }

  package func ask(
    _ keys: Batch, _ answer: @escaping @Sendable (Result<LookupAnswer, LookupFailure>) -> Void
  ) {
    let deadline = LookupDeadline(environment.clock, in: timeout)
    let question = Question(keys: keys, deadline: deadline, answer: answer)
    let (dead, isTaken, free) = state.withLock { state -> ([Question], Bool, Int?) in
      if state.isClosed { return ([], true, nil) }
      let dead = state.takeDead()
      guard state.count < Self.queueLimit else { return (dead, false, nil) }
      state.questions.append(question)
      return (dead, true, state.idle.popLast())
    }
    for question in dead { drop(question) }
    if !isTaken { fail(question, "more than \(Self.queueLimit) questions wait for it", true) }
    if let free { serve(free) }
  }

  /// What is under way is answered; what waits is nobody's any more.
  package func close() {
    let idle = state.withLock { state in
      state.isClosed = true
      defer { (state.questions, state.head, state.idle) = ([], 0, []) }
      return state.idle
    }
    for place in idle {
      environment.lanes.submit(lane(place)) { [self] in connections[place].close() }
    }
  }

  private func lane(_ place: Int) -> LaneName { LaneName("lookup.\(table).\(place)", .input) }

  /// One question a job, so that other lanes get their threads in between.
  private func serve(_ place: Int) {
    environment.lanes.submit(lane(place)) { [self] in
      guard let question = next(for: place) else { return }
      do throws(LookupFailure) {
        question.answer(.success(try answer(question, connections[place])))
      } catch {
        fail(question, error.reason, error.isRetriable)
      }
      serve(place)
    }
  }

  /// nil when the connection is idle, or closed, from now on.
  private func next(for place: Int) -> Question? {
    let (dead, next, isClosed) = state.withLock { state -> ([Question], Question?, Bool) in
      let dead = state.takeDead()
      let next = state.take()
      if next == nil, !state.isClosed { state.idle.append(place) }
      return (dead, next, state.isClosed)
    }
    for question in dead { drop(question) }
    if isClosed { connections[place].close() }
    return next
  }

  /// A connection that stood may have gone since it was used, with a server that is back: this says
  /// nothing of the server, so it is asked once more. It only reads.
  private func answer(
    _ question: Question, _ connection: any LookupConnection
  ) throws(LookupFailure) -> LookupAnswer {
    let wasOpen = connection.isOpen
    do throws(LookupFailure) {
      return try connection.answer(question.keys, until: question.deadline)
    } catch {
      guard wasOpen, !connection.isOpen, error.isRetriable, !question.deadline.isPast else {
        throw error
      }
      return try connection.answer(question.keys, until: question.deadline)
    }
  }

  private func drop(_ question: Question) {
    let time = TimeRendering.duration(timeout)
    let reason =
      "none of the \(connections.count) connections was free within \(time): the server is slow, or"
      + " `connections` too few"
    fail(question, reason, true)
  }

  private func fail(_ question: Question, _ reason: String, _ isRetriable: Bool) {
    let reason = "table `\(table)`: \(reason)"
    question.answer(.failure(LookupFailure(reason, isRetriable: isRetriable)))
  }
}
