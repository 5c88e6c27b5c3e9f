import Columns
import KeyedState
import Plans
import Schemas
import Synchronization
import TestKit

@testable import Operators

/// A table elsewhere that never says the same twice.
final class FickleService: Sendable {
  typealias Question = SimulatedService.Question

  private struct State {
    var open: [Question] = []
    var count: Int64 = 0
  }

  private let state = Mutex(State())

  var openCount: Int { state.withLock { $0.open.count } }

  func ask(
    _ keys: Batch, _ answer: @escaping @Sendable (Result<LookupAnswer, LookupFailure>) -> Void
  ) {
    let numbers = (0..<keys.rowCount).map { keys.columns[0].ints[$0] }
    state.withLock { $0.open.append(Question(keys: numbers, answer: answer)) }
  }

  /// Answers one of its questions, or says that it can't. Of some keys there is no row today.
  func answerOne(_ random: inout SeededRandom) {
    let question = state.withLock { state -> Question? in
      guard !state.open.isEmpty else { return nil }
      return state.open.remove(at: Int.random(in: 0..<state.open.count, using: &random))
    }
    guard let question else { return }
    if random.next() % 5 == 0 {
      return question.answer(.failure(LookupFailure("it is away", isRetriable: true)))
    }
    var rows: [(key: Int, cells: [Cell])] = []
    for (place, key) in question.keys.enumerated() where random.next() % 6 > 0 {
      let count = state.withLock { state in
        state.count += 1
        return state.count
      }
      rows.append((place, [.int(key), .text("answer \(count)")]))
    }
    question.answer(
      .success(
        LookupAnswer(rows: Batch(SimulatedService.schema, rows.map(\.cells)), keys: rows.map(\.key))
      ))
  }
}

/// A journal in memory whose lines know behind which barrier they came.
final class EpochJournal: Journal {
  private let context: QuietContext
  private(set) var lines: [(epoch: Epoch, line: JournalLine)] = []
  private var durable = 0
  private var tickets: [Ticket] = []
  var epoch: Epoch

  init(_ context: QuietContext, _ epoch: Epoch) {
    self.context = context
    self.epoch = epoch
  }

  func append(_ entry: [UInt8], of keyGroup: KeyGroup?) -> Ticket {
    append([JournalLine(entry, of: keyGroup)])
  }

  func append(_ lines: [JournalLine]) -> Ticket {
    self.lines += lines.map { (epoch, $0) }
    tickets.append(context.nextTicket())
    return tickets[tickets.count - 1]
  }

  func write(_ lines: [JournalLine]) throws(OperatorError) -> Ticket {
    let ticket = append(lines)
    durable = self.lines.count
    return ticket
  }

  func synchronize() {
    durable = lines.count
    context.done.list.withLock { $0 += tickets }
    tickets = []
  }

  /// What is there behind a crash: what was durable, and some of the rest.
  func left(_ random: inout SeededRandom) -> [(epoch: Epoch, line: JournalLine)] {
    Array(lines.prefix(Int.random(in: durable...lines.count, using: &random)))
  }
}

/// A stage that asks, on several workers, with partitions to read, checkpoints and crashes.
struct StableAskRun {
  /// What counts behind a crash.
  struct Checkpoint {
    var epoch = Epoch(0)
    var positions: [Int]
    var blocks: [StateBlock] = []
  }

  private struct Worker {
    var stage: Stage
    var op: AskOperator
    var journal: EpochJournal
    var partitions: [Int]
    var passed: Epoch
  }

  /// Rows by partition.
  let rows: [[(n: Int64, user: Int64)]]
  private let policy: LookupPolicy
  private let service = FickleService()
  private(set) var checkpoint: Checkpoint
  /// What journals hold behind it, of attempts that have ended.
  private var written: [JournalLine] = []
  private var workers: [Worker] = []
  private var positions: [Int] = []
  /// The checkpoint that is being made, and at which barrier.
  private var next: Checkpoint?
  private var barrier = Epoch(0)
  private var now: Int64 = 0
  /// What rows were answered in any attempt: an empty text where there was none.
  private(set) var told: [Int64: Set<String>] = [:]

  init(_ rows: [[(n: Int64, user: Int64)]], _ policy: LookupPolicy) {
    self.rows = rows
    self.policy = policy
    checkpoint = Checkpoint(positions: rows.map { _ in 0 })
  }

  var isDone: Bool {
    positions == rows.map(\.count) && workers.allSatisfy { !$0.op.holdsRows }
  }

  /// Begins from the last checkpoint.
  mutating func start(workers count: Int, _ random: inout SeededRandom) throws {
    let book = AnswerBook()
    positions = checkpoint.positions
    next = nil
    barrier = max(barrier, checkpoint.epoch)
    workers = []
    for number in 0..<count {
      let context = QuietContext(worker: number, workers: count, luck: random.next())
      context.clock = Timestamp(microseconds: now)
      let journal = EpochJournal(context, barrier)
      context.journal = journal
      let op = try makeOperator(book)
      let stage = try Stage(
        op, output: CollectingOutput(scarcity: 3, seed: random.next()), context: context)
      workers.append(
        Worker(stage: stage, op: op, journal: journal, partitions: [], passed: barrier))
    }
    for partition in rows.indices {
      workers[Int.random(in: 0..<count, using: &random)].partitions.append(partition)
    }
    let store = BlockStore()
    store.blocks = checkpoint.blocks
    for (number, worker) in workers.enumerated() {
      try worker.op.restore(from: store.reader(worker: number, of: count))
      for line in written where line.keyGroup?.worker(of: count) == number {
        try worker.op.replay(line.bytes)
      }
      // One may be at work before the others know what they knew.
      if random.next() % 2 == 0 { try turn(number, &random) }
    }
  }

  private func makeOperator(_ book: AnswerBook) throws -> AskOperator {
    let columns = [EnrichedColumn(tableColumn: "name", name: "name")]
    let step = PhysicalOperator(
      id: OperatorID("s.enrich"),
      kind: .ask(lookup: 0, keys: ["user"], columns: columns, isRequired: false),
      inputs: [PhysicalEdge(from: 0)],
      schema: Schema(AskRun.input.fields + [Field("name", .string, nullable: true)]), segment: 0,
      errorRoute: .output)
    return try AskOperator(
      step, input: AskRun.input, table: AskRun.table(policy), keys: ["user"], columns: columns,
      isRequired: false, book: book, questions: [{ [service] in service.ask($0, $1) }])
  }

  /// One thing that may happen.
  mutating func step(_ random: inout SeededRandom) throws {
    let number = Int.random(in: workers.indices, using: &random)
    switch random.next() % 10 {
    case 0...2: try read(number, &random)
    case 3...5: service.answerOne(&random)
    case 6: workers[number].journal.synchronize()
    case 7: now += Int64.random(in: 0...50_000, using: &random)
    case 8 where random.next() % 3 == 0: try passBarrier(number)
    default: break
    }
    try turn(number, &random)
  }

  /// The process dies; what was not durable may be gone.
  mutating func crash(_ random: inout SeededRandom) {
    for worker in workers {
      // A row that has left was seen, whatever becomes of it.
      written += worker.journal.left(&random).filter { $0.epoch >= checkpoint.epoch }.map(\.line)
    }
    while service.openCount > 0 { service.answerOne(&random) }
  }

  private mutating func read(_ number: Int, _ random: inout SeededRandom) throws {
    guard let partition = workers[number].partitions.randomElement(using: &random) else { return }
    let from = positions[partition]
    let end = min(from + Int.random(in: 1...4, using: &random), rows[partition].count)
    guard from < end else { return }
    positions[partition] = end
    try workers[number].stage.process(
      Batch(AskRun.input, rows[partition][from..<end].map { [.int($0.n), .int($0.user)] }))
  }

  /// Brings a worker to the checkpoint that is being made; with the last one it counts.
  private mutating func passBarrier(_ number: Int) throws {
    if next == nil {
      barrier = barrier.next
      next = Checkpoint(epoch: barrier, positions: positions)
    }
    guard var made = next, workers[number].passed < barrier else { return }
    let store = BlockStore()
    try workers[number].stage.barrier(barrier)
    collect(number)
    try workers[number].op.snapshot(barrier, full: true)?.write(to: store)
    workers[number].journal.epoch = barrier
    workers[number].passed = barrier
    for partition in workers[number].partitions { made.positions[partition] = positions[partition] }
    made.blocks += store.blocks
    next = made
    guard workers.allSatisfy({ $0.passed == barrier }) else { return }
    checkpoint = made
    written = []
    next = nil
  }

  /// Lets a worker do what it can.
  private mutating func turn(_ number: Int, _ random: inout SeededRandom) throws {
    let stage = workers[number].stage
    stage.context.clock = Timestamp(microseconds: now)
    if let timer = workers[number].op.nextWallTimer, timer.microseconds <= now {
      try stage.wallTime(Timestamp(microseconds: now))
    }
    let tickets = stage.context.done.list.withLock { list in
      defer { list = [] }
      return list
    }
    for ticket in tickets { try stage.completed(Completion(ticket: ticket, result: [])) }
    while stage.hasMore { try stage.release() }
    collect(number)
  }

  private mutating func collect(_ number: Int) {
    for row in workers[number].stage.output.take(.main).flatMap(\.cells) {
      guard case .int(let n) = row[0] else { continue }
      if case .text(let answer) = row[2] {
        told[n, default: []].insert(answer)
      } else {
        told[n, default: []].insert("")
      }
    }
  }
}
