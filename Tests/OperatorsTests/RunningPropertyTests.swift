import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `aggregate` against a model that computes each key's aggregates from all rows that are there:
/// rows in any order, in batches of any size, taken back where the stream updates, with checkpoints
/// and restores at another parallelism.
struct RunningPropertyTests {
  private static func plan(takesUpdates: Bool, filtered: Bool) -> PhysicalRunning {
    let all = WindowModel.plan(.count(1), offset: 0, filtered: filtered)
    // Sketches take nothing back.
    let aggregates = all.aggregates.filter {
      !takesUpdates || !$0.function.hasPrefix("approx_")
    }
    return PhysicalRunning(keys: all.keys, aggregates: aggregates, takesUpdates: takesUpdates)
  }

  @Test(arguments: SessionPropertyTests.seeds)
  func `aggregates give what the model gives`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 53 &+ 7)
    let takesUpdates = Bool.random(using: &random)
    let filtered = Bool.random(using: &random)
    var plan = Self.plan(takesUpdates: takesUpdates, filtered: filtered)
    plan.tellsTimes = Bool.random(using: &random)
    var run = try RunningRun(plan, seed: seed)
    try run.run()
    let groups = Dictionary(grouping: run.rows, by: \.key)
    let aggregates = WindowModel.aggregates.filter { entry in
      plan.aggregates.contains { $0.name == entry.name }
    }
    for (key, rows) in groups {
      let counted = filtered ? rows.filter { $0.pass == true } : rows
      let expected = aggregates.map { WindowModel.value($0, counted) }
      let found = try #require(run.table.rows[WindowModel.cell(rows[0], "key")], "\(key ?? "null")")
      for ((aggregate, value), cell) in zip(zip(aggregates, expected), found.dropFirst()) {
        #expect(WindowModel.same(cell, value), "\(aggregate.name) of \(key ?? "null")")
      }
    }
    #expect(run.table.rows.count == groups.count)
    let problems = run.table.problems.filter {
      !$0.hasPrefix(plan.tellsTimes ? "nothing changed" : "taken back as of another time")
    }
    #expect(problems == [])
    if plan.tellsTimes {
      // Each is as of the latest of its rows that are there.
      for (key, rows) in groups {
        let time = run.table.times[WindowModel.cell(rows[0], "key")]
        #expect(time == rows.map(\.time).max(), "\(key ?? "null")")
      }
    }
    #expect(run.violations == 0)
    #expect(run.sumHolds)
  }

  @Test func `of many groups each change is told`() throws {
    let all = Self.plan(takesUpdates: false, filtered: false)
    let plan = PhysicalRunning(
      keys: all.keys, aggregates: all.aggregates.filter { $0.name == "n" }, takesUpdates: false)
    let stage = try RunningRun.stage(plan, rowLimit: 4_096, seed: 1)
    var random = SeededRandom(seed: 5)
    var table = ChangedTable()
    var counts: [Cell: Int64] = [:]
    for _ in 0..<25 {
      let rows = (0..<4_000).map { number in
        ModelRow(
          partition: 0, place: number, time: number, watermark: .min,
          key: "k\(random.next() % 9_000)", i: nil, f: nil, d: nil, s: nil, b: nil, pass: nil)
      }
      for row in rows { counts[WindowModel.cell(row, "key"), default: 0] += 1 }
      try stage.process(WindowModel.batch(rows, coded: false))
      for batch in stage.output.take() { table.apply(batch) }
    }
    #expect(table.problems == [])
    #expect(table.rows == counts.reduce(into: [:]) { $0[$1.key] = [$1.key, .int($1.value)] })
  }

  @Test func `a result that is too large is told, and comes back when it fits again`() throws {
    var rows = [1, 2, 3].map { number in
      ModelRow(
        partition: 0, place: number, time: number, watermark: .min, key: "a", i: .max / 2,
        f: nil, d: nil, s: nil, b: nil, pass: nil)
    }
    let all = Self.plan(takesUpdates: true, filtered: false)
    let plan = PhysicalRunning(
      keys: all.keys, aggregates: all.aggregates.filter { $0.name == "sum_i" }, takesUpdates: true)
    let stage = try RunningRun.stage(plan, rowLimit: 4_096, seed: 1)
    try stage.process(WindowModel.batch(rows, coded: false))
    #expect(stage.output.take(.errors).reduce(0) { $0 + $1.rowCount } == 1)
    #expect(stage.output.take().isEmpty)
    rows.removeFirst(2)
    let back = WindowModel.batch(rows, coded: false)
    back.hidden.rowKinds = Column(.int, [.int(RowKind.delete.rawValue)])
    try stage.process(back)
    let result = try #require(stage.output.take().first)
    #expect(result.cells == [[.text("a"), .int(.max / 2 * 2)]])
    #expect(result.hidden.rowKinds?.cell(0) == .int(RowKind.insert.rawValue))
  }
}

/// What a reader of changes holds.
struct ChangedTable {
  /// By key.
  private(set) var rows: [Cell: [Cell]] = [:]
  private(set) var times: [Cell: Int64] = [:]
  private(set) var problems: [String] = []

  mutating func apply(_ batch: Batch) {
    let cells = batch.cells
    var pair: [Cell]?
    for row in 0..<batch.rowCount {
      let kind = batch.hidden.rowKinds?.cell(row) ?? .int(0)
      let (key, values) = (cells[row][0], cells[row])
      if let before = pair, kind != .int(RowKind.updateAfter.rawValue) || before[0] != key {
        problems.append("a half of a pair stands alone: \(before)")
      }
      switch kind {
      case .int(RowKind.updateBefore.rawValue), .int(RowKind.delete.rawValue):
        if rows[key] != values {
          problems.append("taken back: \(values), there: \(rows[key] ?? [])")
        }
        let time = batch.hidden.eventTimes?.ints[row]
        if times[key] != time { problems.append("taken back as of another time: \(values)") }
        (rows[key], times[key]) = (nil, nil)
      default:
        if rows[key] != nil { problems.append("two rows of \(key)") }
        if pair == values { problems.append("nothing changed: \(values)") }
        rows[key] = values
        times[key] = batch.hidden.eventTimes?.ints[row]
      }
      pair = kind == .int(RowKind.updateBefore.rawValue) ? values : nil
    }
    if pair != nil { problems.append("a batch ends in the middle of a pair") }
  }
}

/// Random rows through running aggregates on several workers.
private struct RunningRun {
  private let plan: PhysicalRunning
  private let seed: UInt64
  private let rowLimit: Int
  private let coded: Bool
  private var random: SeededRandom
  private var source: RowSource
  private var stages: [Stage] = []
  private var blocks: [StateBlock] = []
  /// Those that are there.
  private(set) var rows: [ModelRow] = []
  private(set) var table = ChangedTable()
  private(set) var violations = 0
  private(set) var sumHolds = true

  init(_ plan: PhysicalRunning, seed: UInt64) throws {
    self.plan = plan
    self.seed = seed
    random = SeededRandom(seed: seed &+ 77)
    rowLimit = Bool.random(using: &random) ? 4_096 : 1 + Int(random.next() % 5)
    coded = Bool.random(using: &random)
    source = RowSource(partitions: 3, lateness: 8, seed: seed)
    try restart(workers: 1 + Int(random.next() % 3))
  }

  static func stage(
    _ running: PhysicalRunning, rowLimit: Int, seed: UInt64, worker: Int = 0, of workers: Int = 1
  ) throws -> Stage {
    var step = PhysicalOperator(
      id: OperatorID("test"), kind: .running(running), inputs: [],
      schema: running.resultSchema, segment: 0)
    step.errorRoute = .output
    let op = try RunningOperator(
      step, running, input: WindowModel.schema, rowLimit: rowLimit)
    return try Stage(
      op, output: CollectingOutput(scarcity: 1 + seed % 4, seed: seed),
      context: QuietContext(worker: worker, workers: workers))
  }

  private mutating func restart(workers: Int) throws {
    stages = try (0..<workers).map { worker in
      try Self.stage(plan, rowLimit: rowLimit, seed: seed, worker: worker, of: workers)
    }
    let store = BlockStore()
    store.blocks = blocks
    for (worker, stage) in stages.enumerated() {
      try stage.op.restore(from: store.reader(worker: worker, of: workers))
    }
  }

  private mutating func send(_ batch: Batch) throws {
    for (stage, part) in zip(stages, spread(batch, keys: 1, over: stages.count)) {
      guard let part else { continue }
      try stage.process(part)
      for batch in stage.output.take() { table.apply(batch) }
      violations += stage.output.violations
      sumHolds = sumHolds && stage.sumHolds
    }
  }

  /// Gives some rows, and where the stream updates takes some back.
  private mutating func give() throws {
    let fresh = source.rows(1 + Int(random.next() % 60), step: 1)
    var rest = fresh[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(1 + Int(random.next() % 40)))
      rest = rest.dropFirst(part.count)
      var sent = part
      var kinds = part.map { _ in RowKind.insert }
      rows += part
      if plan.takesUpdates {
        for _ in 0..<Int(random.next() % 50) where !rows.isEmpty {
          let place = Int(random.next() % UInt64(rows.count))
          sent.append(rows.remove(at: place))
          kinds.append(Bool.random(using: &random) ? .delete : .updateBefore)
        }
      }
      let batch = WindowModel.batch(sent, coded: coded)
      batch.hidden.lateWatermarks = nil
      if plan.takesUpdates {
        batch.hidden.rowKinds = Column(.int, kinds.map { .int($0.rawValue) })
      }
      try send(batch)
    }
  }

  mutating func run() throws {
    for round in 0..<20 {
      try give()
      guard random.next() % 3 == 0 else { continue }
      let full = round % 4 == 0
      let snapshots = stages.compactMap { $0.op.snapshot(Epoch(UInt64(round)), full: full) }
      let kept = (rows, table)
      // Written while others come.
      try give()
      let store = BlockStore()
      for snapshot in snapshots { try snapshot.write(to: store) }
      blocks = snapshots.allSatisfy(\.isDelta) ? blocks + store.blocks : store.blocks
      guard Bool.random(using: &random) else { continue }
      (rows, table) = kept
      try restart(workers: 1 + Int(random.next() % 3))
    }
  }
}
