import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Look-ups of rows that are taken back: what a row was told is taken back with it, whatever the
/// table has become.
struct LatestUpdatesTests {
  @Test(arguments: SessionPropertyTests.seeds)
  func `a row is taken back with what it was told when it came`(seed: UInt64) throws {
    var run = try UpdatedLatestRun(seed: seed)
    for round in 0..<20 { try run.go(round) }
    #expect(run.wrong.isEmpty, "\(run.wrong.prefix(3))")
    #expect(run.takenBack > 20 && run.stale > 0)
    #expect(run.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
  }

  private func stage(tellsTimes: Bool = false) throws -> (LatestOperator, Stage) {
    var latest = LatestRun.plan(required: false, expiry: nil, takesUpdates: true)
    latest.tellsTimes = tellsTimes
    let op = try LatestRun.make(latest)
    return (op, try Stage(op, output: CollectingOutput()))
  }

  private func row(_ key: String, time: Int64 = 0, i: Int64? = nil) -> ModelRow {
    var row = ModelRow(partition: 0, place: 0, time: time, watermark: .min)
    row.key = key
    row.i = i
    return row
  }

  private func say(_ i: Int64, _ stage: Stage) throws {
    try stage.process(LatestRun.table([row("a", i: i)], coded: false), input: 1)
  }

  private func told(
    _ kinds: [RowKind], times: [Int64] = [0, 0, 0], _ stage: Stage
  ) throws -> [Cell] {
    let rows = WindowModel.batch(
      zip(kinds, times).map { _, time in row("a", time: time) }, coded: false)
    rows.hidden.rowKinds = Column(.int, kinds.map { .int($0.rawValue) })
    try stage.process(rows)
    return stage.output.take().flatMap(\.cells).map { $0[3] }
  }

  @Test func `an update in one batch is told the old and the new`() throws {
    let (_, stage) = try stage()
    try say(1, stage)
    #expect(try told([.insert], stage) == [.int(1)])
    try say(2, stage)
    #expect(try told([.delete, .insert, .delete], stage) == [.int(1), .int(2), .int(2)])
    #expect(try told([.insert], stage) == [.int(2)])
  }

  @Test func `a row that is taken back before it comes is told the same when it comes`() throws {
    let (_, stage) = try stage()
    try say(1, stage)
    #expect(try told([.delete], stage) == [.int(1)])
    try say(2, stage)
    #expect(try told([.insert, .insert, .delete], stage) == [.int(1), .int(2), .int(2)])
  }

  @Test func `rows of other times are others where times are told`() throws {
    let (_, stage) = try stage(tellsTimes: true)
    try say(1, stage)
    #expect(try told([.insert], times: [7], stage) == [.int(1)])
    try say(2, stage)
    #expect(try told([.insert], times: [8], stage) == [.int(2)])
    try say(3, stage)
    #expect(try told([.delete, .delete], times: [8, 7], stage) == [.int(2), .int(1)])
  }

  @Test func `what is gone is kept no more`() throws {
    let (op, stage) = try stage()
    try say(1, stage)
    _ = try told([.insert, .insert, .delete], stage)
    _ = try told([.delete], stage)
    let blocks = BlockStore()
    try op.snapshot(Epoch(1), full: true)?.write(to: blocks)
    #expect(blocks.blocks.allSatisfy { $0.state != GivenAnswers.stateName })
    #expect(op.states.map(\.name) == [VersionStore.stateName, GivenAnswers.stateName])
  }
}

/// Random rows that come and are taken back, and a table that changes meanwhile, over several
/// workers; of each row that is there what it was told.
private struct UpdatedLatestRun {
  private(set) var stages: [Stage] = []
  private(set) var wrong: [String] = []
  private(set) var takenBack = 0
  /// Rows that were taken back when the table said something else than it had told them.
  private(set) var stale = 0
  private let plan: PhysicalLatest
  private let scarcity: UInt64
  private var random: SeededRandom
  private var source: RowSource
  private var table: [String: ModelRow] = [:]
  /// How often each row is there, less often than none where it is owed; and so with each answer.
  private var counts: [String: Int] = [:]
  private var answers: [String: [String: Int]] = [:]
  private var present: [ModelRow] = []
  private var parts: [BlockStore] = []
  private var epoch = Epoch(0)

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed &* 29 &+ 3)
    source = RowSource(partitions: 2, lateness: 8, seed: seed)
    scarcity = 1 + random.next() % 4
    let expiry = random.next() % 3 == 0 ? Int64(random.next() % 30) : nil
    var plan = LatestRun.plan(
      required: Bool.random(using: &random), expiry: expiry, takesUpdates: true)
    plan.tellsTimes = Bool.random(using: &random)
    self.plan = plan
    try start(1 + Int(random.next() % 3))
  }

  private mutating func start(_ workers: Int) throws {
    stages = []
    for worker in 0..<workers {
      stages.append(
        try Stage(
          LatestRun.make(plan), output: CollectingOutput(scarcity: scarcity, seed: random.next()),
          context: QuietContext(worker: worker, workers: workers)))
    }
  }

  mutating func go(_ round: Int) throws {
    try send(1 + Int(random.next() % 60))
    guard random.next() % 3 == 0 else { return }
    epoch = epoch.next
    let snapshots = stages.compactMap { $0.op.snapshot(epoch, full: round % 4 == 0) }
    let kept = (table, counts, answers, present)
    try send(10)
    if parts.count != stages.count || !snapshots.allSatisfy(\.isDelta) {
      parts = stages.map { _ in BlockStore() }
    }
    for (part, snapshot) in zip(parts, snapshots) { try snapshot.write(to: part) }
    guard Bool.random(using: &random) else { return }
    (table, counts, answers, present) = kept
    let all = BlockStore()
    for part in parts { all.blocks += part.blocks }
    try start(1 + Int(random.next() % 3))
    for (worker, stage) in stages.enumerated() {
      try stage.op.restore(from: all.reader(worker: worker, of: stages.count))
    }
    parts = []
  }

  /// Rows with `pass` are the table's.
  private mutating func send(_ count: Int) throws {
    let rows = source.rows(count, step: 1)
    try process(LatestRun.table(rows.filter { $0.pass ?? false }, coded: false), input: 1)
    for row in rows where row.pass ?? false {
      if let key = row.key { table[key] = LatestRun.isDeletion(row) ? nil : row }
    }
    var sent: [(row: ModelRow, isGone: Bool)] = []
    for row in rows where !(row.pass ?? false) {
      var row = row
      // So few that many are equal.
      (row.f, row.i, row.d, row.s) = (row.f.map { $0 < 0 ? -1 : 1 }, nil, nil, nil)
      let isOwed = random.next() % 20 == 0
      if random.next() % 2 == 0, isOwed || !present.isEmpty {
        let place = isOwed ? 0 : Int(random.next() % UInt64(present.count))
        sent.append((isOwed ? row : present.remove(at: place), true))
      } else {
        sent.append((row, false))
        present.append(row)
      }
    }
    let batch = WindowModel.batch(sent.map(\.row), coded: Bool.random(using: &random))
    batch.hidden.rowKinds = Column(
      .int, sent.map { .int($0.isGone ? RowKind.delete.rawValue : RowKind.insert.rawValue) })
    try process(batch, input: 0)
    check()
  }

  private mutating func process(_ batch: Batch, input: Int) throws {
    guard batch.rowCount > 0 else { return }
    for (stage, share) in zip(stages, spread(batch, keys: 1, over: stages.count)) {
      guard let share else { continue }
      try stage.process(share, input: input)
      for result in stage.output.take() { take(result, row: [0, 1, 2], answer: 3) }
      for result in stage.output.take(.unmatched) { take(result, row: [0, 2, 5], answer: nil) }
    }
  }

  private mutating func take(_ batch: Batch, row places: [Int], answer first: Int?) {
    for (cells, number) in zip(batch.cells, batch.countedRows) {
      let time = batch.hidden.eventTimes?.cell(number) ?? .null
      let row = "\(places.map { cells[$0] })" + (plan.tellsTimes ? " at \(time)" : "")
      let answer = first.map { "\(cells[$0...])" } ?? "unmatched"
      let isGone = batch.takesBack(number)
      let fresh = self.answer(cells[places[0]], time)
      if isGone {
        takenBack += 1
        if answer != fresh { stale += 1 }
      } else if counts[row, default: 0] >= 0, !plan.isRequired, answer != fresh {
        wrong.append("\(row) is told \(answer), and the table says \(fresh)")
      }
      counts[row, default: 0] += isGone ? -1 : 1
      answers[row, default: [:]][answer, default: 0] += isGone ? -1 : 1
    }
  }

  /// What the table says now.
  private func answer(_ key: Cell, _ time: Cell) -> String {
    var found: ModelRow?
    if case .text(let key) = key { found = table[key] }
    if let held = found, let expiry = plan.expiry, case .int(let time) = time,
      time > held.time + expiry
    {
      found = nil
    }
    if found == nil, plan.isRequired { return "unmatched" }
    let cells: [Cell] = LatestRun.values.map { field in
      found.map { WindowModel.cell($0, field.name) } ?? .null
    }
    return "\(([.null, .null, .null] + cells)[3...])"
  }

  /// Each answer is there as often as rows that were told it, none is left of rows that are gone.
  private mutating func check() {
    for (row, told) in answers {
      let count = counts[row, default: 0]
      let isRight = told.values.allSatisfy { count < 0 ? $0 <= 0 : $0 >= 0 }
      if !isRight { wrong.append("\(row), \(count) times: \(told)") }
    }
  }
}
