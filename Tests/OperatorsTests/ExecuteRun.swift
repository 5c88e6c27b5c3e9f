import Columns
import KeyedState
import Plans
import Schemas
import Synchronization
import TestKit

@testable import Operators

/// Who is called: it fails, answers twice, late or never, as the tests say.
final class ScriptedServer: Sendable {
  struct Call: Sendable {
    var key: String
    var n: Int64
    var line: Int64
    var tenant: Int64
    var time: Int64
    /// Which of the task's calls it is, and whether it only asks what became of it.
    var number: Int
    var isQuestion: Bool
    var answer: @Sendable (TaskAnswer) -> Void
  }

  private struct State {
    var now: Int64 = 0
    var open: [Call] = []
    var log: [Call] = []
  }

  private let state = Mutex(State())

  var log: [Call] { state.withLock { $0.log } }
  var openCount: Int { state.withLock { $0.open.count } }

  func tick(_ now: Int64) { state.withLock { $0.now = now } }

  func call(_ attempt: TaskAttempt, _ answer: @escaping @Sendable (TaskAnswer) -> Void) {
    let rows = attempt.rows
    state.withLock { state in
      let call = Call(
        key: attempt.idempotencyKey, n: rows.columns[1].int(attempt.row),
        line: rows.columns[2].int(attempt.row), tenant: rows.columns[3].int(attempt.row),
        time: state.now, number: attempt.number, isQuestion: attempt.isQuestion, answer: answer)
      state.open.append(call)
      state.log.append(call)
    }
  }

  func take(_ random: inout SeededRandom) -> Call? {
    state.withLock { state in
      guard !state.open.isEmpty else { return nil }
      return state.open.remove(at: Int.random(in: 0..<state.open.count, using: &random))
    }
  }

  /// Takes the calls that are open of a key, or all.
  func takeAll(of key: String? = nil) -> [Call] {
    state.withLock { state in
      let taken = state.open.filter { key == nil || $0.key == key }
      state.open.removeAll { key == nil || $0.key == key }
      return taken
    }
  }

  /// Whether a task is one that it does not want.
  static func refuses(_ key: String) -> Bool { key.hasSuffix("3") }

  static func answer(_ key: String) -> TaskAnswer {
    refuses(key)
      ? TaskAnswer(.refused("no such address"), status: 400)
      : TaskAnswer(.done, status: 200, response: Array("re \(key)".utf8))
  }
}

/// A journal in memory: what was written or synchronised outlives a crash of the process.
final class MemoryJournal: Journal {
  private let context: QuietContext
  private(set) var lines: [JournalLine] = []
  /// Lines that outlive the process.
  private var durable = 0
  private var tickets: [Ticket] = []
  /// Nothing can be written any more.
  var isFull = false

  init(_ context: QuietContext) { self.context = context }

  func append(_ entry: [UInt8], of keyGroup: KeyGroup?) -> Ticket {
    append([JournalLine(entry, of: keyGroup)])
  }

  func append(_ lines: [JournalLine]) -> Ticket {
    self.lines += lines
    tickets.append(context.nextTicket())
    return tickets[tickets.count - 1]
  }

  func write(_ lines: [JournalLine]) throws(OperatorError) -> Ticket {
    if isFull { throw OperatorError(stage: OperatorID("test"), reason: "the disk is full") }
    let ticket = append(lines)
    durable = self.lines.count
    return ticket
  }

  func synchronize() {
    durable = lines.count
    context.done.list.withLock { $0 += tickets }
    tickets = []
  }

  /// A checkpoint holds what they say.
  func cut() { (lines, durable) = ([], 0) }

  /// What is there behind a crash: what was written, and some of the rest.
  func left(_ random: inout SeededRandom) -> [JournalLine] {
    Array(lines.prefix(Int.random(in: durable...lines.count, using: &random)))
  }
}

/// The copies of a stage that executes tasks, in a time of the tests, with checkpoints and crashes.
struct ExecuteRun {
  struct Row: Hashable {
    var key: String?
    var n: Int64
    var line: Int64 = 0
    var tenant: Int64 = 0
    var priority: Int64 = 0
    var due: Int64?
  }

  static let input = Schema([
    Field("key", .string, nullable: true), Field("n", .int), Field("line", .int),
    Field("tenant", .int), Field("priority", .int), Field("due", .timestamp, nullable: true),
  ])

  static func task() -> TaskSpec {
    TaskSpec(
      name: "send", kind: "http", options: [],
      response: [DecodedColumn(field: Field("r", .string), origin: .field("r"))],
      idempotencyKey: "key")
  }

  let task: TaskSpec
  let server = ScriptedServer()
  private(set) var stages: [Stage] = []
  private(set) var ops: [ExecuteOperator] = []
  private(set) var journals: [MemoryJournal] = []
  var now: Int64 = 1_000_000
  private var seed: UInt64
  private let hasJournal: Bool
  /// Whether a table steers the tasks of each tenant.
  private let isSteered: Bool
  /// The table is one of a stream: nobody waits until it is read.
  private let comesAsStream: Bool
  private let isRequired: Bool
  /// What it said since the last checkpoint.
  private var orders: [Order] = []
  /// Rows that were put out: those that a checkpoint made certain, and those since.
  private(set) var certain: [(port: OutputPort, cells: [Cell])] = []
  private(set) var recent: [(port: OutputPort, cells: [Cell])] = []
  /// What the last checkpoint has of each worker: whole, or changes behind that.
  private var parts: [BlockStore] = []
  private var carried: [JournalLine] = []
  private var given: [Row] = []
  private var marks: [Int64] = []

  init(
    _ task: TaskSpec, workers: Int = 1, hasJournal: Bool = true, isSteered: Bool = false,
    comesAsStream: Bool = false, isRequired: Bool = false, seed: UInt64 = 1
  ) throws {
    self.task = task
    self.seed = seed
    self.hasJournal = hasJournal
    self.isSteered = isSteered
    self.comesAsStream = comesAsStream
    self.isRequired = isRequired
    try start(workers)
    if isSteered, !comesAsStream { try readTable() }
  }

  private mutating func start(_ workers: Int) throws {
    let limits = TaskLimits(task)
    let names = task.outcomeFields.map { "o.\($0.name)" }
    let fields = zip(names, task.outcomeFields).map { name, field in
      Field(name, field.type, nullable: field.isNullable)
    }
    let step = PhysicalOperator(
      id: OperatorID("s.execute"), kind: .order(keys: []), inputs: [PhysicalEdge(from: 0)],
      schema: Schema(Self.input.fields + fields), segment: 0)
    (stages, ops, journals) = ([], [], [])
    marks = Array(repeating: 0, count: workers)
    for worker in 0..<workers {
      let service = TaskService(
        limits: limits, perform: { [server] in server.call($0, $1) }, read: Self.read)
      let op = try ExecuteOperator(
        step, task: task, input: Self.input, outcome: names, service: service,
        steering: try isSteered
          ? Self.steering(comesAsStream: comesAsStream, isRequired: isRequired) : nil)
      let context = QuietContext(worker: worker, workers: workers)
      context.clock = Timestamp(microseconds: now)
      let journal = MemoryJournal(context)
      if hasJournal { context.journal = journal }
      seed += 1
      stages.append(
        try Stage(op, output: CollectingOutput(scarcity: 3, seed: seed), context: context))
      ops.append(op)
      journals.append(journal)
    }
  }

  private static func read(
    _ responses: [[UInt8]?]
  ) -> (columns: [Column], unreadable: [Int: String]) {
    let builder = ColumnBuilder(.string)
    for response in responses {
      if let response, !response.isEmpty {
        builder.append(string: String(decoding: response, as: UTF8.self))
      } else {
        builder.appendNull()
      }
    }
    return ([builder.finish()], [:])
  }

  private func tick() {
    server.tick(now)
    for stage in stages { stage.context.clock = Timestamp(microseconds: now) }
  }

  mutating func order(_ order: Order) throws {
    tick()
    orders.append(order)
    try tell([order])
    try release()
  }

  mutating func give(_ rows: [Row]) throws {
    given += rows
    try send(rows)
  }

  private mutating func send(_ rows: [Row]) throws {
    guard !rows.isEmpty else { return }
    tick()
    let batch = Batch(
      Self.input,
      rows.map {
        [
          $0.key.map(Cell.text) ?? .null, .int($0.n), .int($0.line), .int($0.tenant),
          .int($0.priority), $0.due.map(Cell.int) ?? .null,
        ]
      })
    var hashes = Array(repeating: UInt64(0), count: rows.count)
    let column = Self.input.index(of: task.keyColumn) ?? 0
    KeyHasher.hash(
      columns: [batch.columns[column]], rowCount: rows.count, selection: nil, into: &hashes)
    for (worker, stage) in stages.enumerated() {
      let own = rows.indices.filter {
        KeyGroup(hash: hashes[$0]).worker(of: stages.count) == worker
      }
      guard !own.isEmpty else { continue }
      try stage.process(batch.gathered(rows: own.map { UInt32($0) }))
    }
    try release()
  }

  /// Rings timers up to a time.
  mutating func advance(to time: Int64) throws {
    while let op = ops.indices.min(by: { timer($0) < timer($1) }), timer(op) <= time {
      now = max(now, timer(op))
      tick()
      try stages[op].wallTime(Timestamp(microseconds: now))
      try release()
      precondition(timer(op) > now, "input and barriers have no turn")
    }
    now = max(now, time)
    tick()
  }

  private func timer(_ worker: Int) -> Int64 { ops[worker].nextWallTimer?.microseconds ?? .max }

  var nextTimer: Int64? { ops.compactMap { $0.nextWallTimer?.microseconds }.min() }

  func synchronize() { for journal in journals { journal.synchronize() } }

  /// Hands over what has been answered and made durable.
  mutating func deliver() throws {
    tick()
    for stage in stages {
      let tickets = stage.context.done.list.withLock { list in
        defer { list = [] }
        return list
      }
      for ticket in tickets { try stage.completed(Completion(ticket: ticket, result: [])) }
    }
    try release()
  }

  /// Lets them put out what waits for room, and takes it.
  private mutating func release() throws {
    for (worker, stage) in stages.enumerated() {
      while stage.hasMore { try stage.release() }
      precondition(stage.output.violations == 0 && stage.sumHolds)
      for port in [OutputPort.main, .failed] {
        for batch in stage.output.take(port) {
          let times = batch.hidden.eventTimes
          for row in 0..<batch.rowCount {
            precondition((times?.int(row) ?? -1) >= marks[worker], "a row behind the watermark")
          }
          recent += batch.cells.map { (port, $0) }
        }
      }
      marks[worker] = ops[worker].releasedWatermark.microseconds
    }
  }

  mutating func checkpoint(full: Bool = true) throws {
    for stage in stages { try stage.barrier(Epoch(1)) }
    try release()
    if parts.count != ops.count { parts = ops.map { _ in BlockStore() } }
    for (worker, op) in ops.enumerated() {
      guard let snapshot = op.snapshot(Epoch(1), full: full) else { continue }
      if !snapshot.isDelta { parts[worker].blocks = [] }
      try snapshot.write(to: parts[worker])
      journals[worker].cut()
    }
    certain += recent
    (recent, carried, given, orders) = ([], [], [], [])
  }

  /// Ends all, and begins where the checkpoint was.
  mutating func crash(workers: Int, _ random: inout SeededRandom) throws {
    for journal in journals { carried += journal.left(&random) }
    recent = []
    try start(workers)
    for (worker, op) in ops.enumerated() {
      for part in parts { try op.restore(from: part.reader(worker: worker, of: workers)) }
      for line in carried where line.keyGroup?.worker(of: workers) == worker {
        try op.replay(line.bytes)
      }
    }
    let (again, said) = (given, orders)
    try send(again)
    guard isSteered else { return }
    try tell(said)
    guard !comesAsStream else { return try release() }
    let calls = server.log.count
    try deliver()
    precondition(server.log.count == calls, "a call before the table was read")
    try readTable()
    try release()
  }

  /// Answers all calls, well where nothing else is said, until nothing waits.
  mutating func settle(
    _ random: inout SeededRandom,
    answer: (ScriptedServer.Call) -> Void = { $0.answer(ScriptedServer.answer($0.key)) }
  ) throws {
    for stage in stages { try stage.watermark(.endOfTime) }
    var rounds = 0
    while ops.contains(where: { $0.holdsRows && $0.restingCount == nil }), rounds < 20_000 {
      rounds += 1
      synchronize()
      try deliver()
      while let call = server.take(&random) { answer(call) }
      try deliver()
      guard server.openCount == 0, let next = nextTimer else { continue }
      try advance(to: next)
    }
    try release()
  }

  var rows: [(port: OutputPort, cells: [Cell])] { certain + recent }
}
