import Columns
import KeyedState
import Plans
import Schemas
import Synchronization
import TestKit

@testable import Operators

/// A table elsewhere that is slow, fails, answers out of order, twice or never, as a coin says.
final class SimulatedService: Sendable {
  struct Question: Sendable {
    var keys: [Int64]
    var answer: @Sendable (Result<LookupAnswer, LookupFailure>) -> Void
  }

  static let schema = Schema([Field("id", .int), Field("name", .string, nullable: true)])

  /// Keys that the table has no row of.
  static func isAbsent(_ key: Int64) -> Bool { key % 5 == 3 }
  /// Keys whose row cannot be read.
  static func isUnreadable(_ key: Int64) -> Bool { key % 11 == 10 }
  static func name(_ key: Int64) -> Cell { key % 7 == 6 ? .null : .text("name \(key)") }

  private struct State {
    var open: [Question] = []
    /// How often each key was asked for, and the greatest number of questions at a time.
    var asked: [Int64: Int] = [:]
    var largest = 0
    var most = 0
  }

  private let state = Mutex(State())

  var asked: [Int64: Int] { state.withLock { $0.asked } }
  /// Keys of the largest question.
  var largest: Int { state.withLock { $0.largest } }
  /// Questions without an answer, at most.
  var most: Int { state.withLock { $0.most } }
  var open: Int { state.withLock { $0.open.count } }

  func ask(
    _ keys: Batch, _ answer: @escaping @Sendable (Result<LookupAnswer, LookupFailure>) -> Void
  ) {
    let numbers = (0..<keys.rowCount).map { keys.columns[0].ints[$0] }
    state.withLock { state in
      for number in numbers { state.asked[number, default: 0] += 1 }
      state.open.append(Question(keys: numbers, answer: answer))
      state.largest = max(state.largest, numbers.count)
      state.most = max(state.most, state.open.count)
    }
  }

  func take(_ random: inout SeededRandom) -> Question? {
    state.withLock { state in
      guard !state.open.isEmpty else { return nil }
      return state.open.remove(at: Int.random(in: 0..<state.open.count, using: &random))
    }
  }

  /// Questions that were taken and are to be answered later.
  func putBack(_ questions: [Question]) { state.withLock { $0.open += questions } }

  /// Rows in any order; of some keys an outdated one first.
  static func answer(_ keys: [Int64], _ random: inout SeededRandom) -> LookupAnswer {
    var rows: [(key: Int, cells: [Cell])] = []
    for (place, key) in keys.enumerated() where !isAbsent(key) && !isUnreadable(key) {
      rows.append((place, [.int(key), name(key)]))
    }
    rows.shuffle(using: &random)
    if let first = rows.first { rows.insert((first.key, [.int(0), .text("outdated")]), at: 0) }
    var unreadable: [Int: String] = [:]
    for (place, key) in keys.enumerated() where isUnreadable(key) {
      unreadable[place] = "no JSON"
    }
    return LookupAnswer(
      rows: Batch(schema, rows.map(\.cells)), keys: rows.map(\.key), unreadable: unreadable)
  }
}

/// A stage that asks, in a time of the tests, and what it has put out.
struct AskRun {
  static let input = Schema([Field("n", .int), Field("user", .int, nullable: true)])

  let service: SimulatedService
  let stage: Stage
  let op: AskOperator
  var now: Int64 = 0

  static func table(
    _ policy: LookupPolicy, name: String = "users", model: ModelSpec? = nil
  ) -> TableSpec {
    var table = TableSpec(
      name: name, keys: ["id"], connector: ConnectorSpec(connector: "redis", options: []),
      decoding: DecodingSpec(
        format: .json,
        columns: SimulatedService.schema.fields.map {
          DecodedColumn(field: $0, origin: .field($0.name))
        }), lookup: policy)
    table.model = model
    return table
  }

  init(
    _ policy: LookupPolicy, isRequired: Bool = false, route: PhysicalErrorRoute = .output,
    service: SimulatedService = SimulatedService(), model: ModelSpec? = nil, at now: Int64 = 0,
    scarcity: UInt64 = 3, seed: UInt64 = 1, table: String = "users"
  ) throws {
    let columns = [EnrichedColumn(tableColumn: "name", name: "name")]
    let step = PhysicalOperator(
      id: OperatorID("s.enrich"),
      kind: .ask(lookup: 0, keys: ["user"], columns: columns, isRequired: isRequired),
      inputs: [PhysicalEdge(from: 0)],
      schema: Schema(Self.input.fields + [Field("name", .string, nullable: true)]), segment: 0,
      errorRoute: route)
    self.service = service
    op = try AskOperator(
      step, input: Self.input, table: Self.table(policy, name: table, model: model),
      keys: ["user"], columns: columns, isRequired: isRequired,
      questions: [{ service.ask($0, $1) }])
    self.now = now
    let context = QuietContext()
    context.clock = Timestamp(microseconds: now)
    stage = try Stage(
      op, output: CollectingOutput(scarcity: scarcity, seed: seed), context: context)
  }

  private func tick() { stage.context.clock = Timestamp(microseconds: now) }

  func give(_ rows: [(n: Int64, user: Int64?)]) throws {
    tick()
    try stage.process(Batch(Self.input, rows.map { [.int($0.n), $0.user.map(Cell.int) ?? .null] }))
  }

  /// Rings timers up to a time.
  mutating func advance(to time: Int64) throws {
    while let timer = op.nextWallTimer?.microseconds, timer <= time {
      now = max(now, timer)
      tick()
      try stage.wallTime(Timestamp(microseconds: now))
    }
    now = max(now, time)
    tick()
  }

  /// Hands over what has been answered, and lets it put out what waits for room.
  func deliver() throws {
    tick()
    let tickets = stage.context.done.list.withLock { list in
      defer { list = [] }
      return list
    }
    for ticket in tickets {
      try stage.completed(Completion(ticket: ticket, result: []))
    }
    while stage.hasMore { try stage.release() }
  }

  /// Answers all questions well until nothing waits.
  mutating func settle(_ random: inout SeededRandom) throws {
    var rounds = 0
    while op.holdsRows, rounds < 10_000 {
      rounds += 1
      while let question = service.take(&random) {
        question.answer(.success(SimulatedService.answer(question.keys, &random)))
      }
      try deliver()
      guard service.open == 0, op.holdsRows, let timer = op.nextWallTimer else { continue }
      try advance(to: timer.microseconds)
    }
  }

  /// The rows that came out of a port since the last look.
  func take(_ port: OutputPort) -> [[Cell]] { stage.output.take(port).flatMap(\.cells) }

  func snapshot() throws -> BlockStore {
    let store = BlockStore()
    try stage.barrier(Epoch(1))
    try op.snapshot(Epoch(1), full: true)?.write(to: store)
    return store
  }
}
