import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// A running `top` against a model that sorts all rows that are there: rows in any order, taken back
/// where the stream updates, with checkpoints and restores at another parallelism.
struct RunningTopPropertyTests {
  @Test(arguments: TopPropertyTests.seeds)
  func `the best rows are those of the model`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 91 &+ 5)
    var top = TopPropertyTests.top(&random)
    if random.next() % 6 == 0 { top.per = [] }
    let running = PhysicalRunningTop(
      top: top, takesUpdates: Bool.random(using: &random),
      pairs: Bool.random(using: &random) ? ["key", "s"] : [], origin: "")
    var run = try RunningTopRun(running, seed: seed)
    try run.run()
    var want: [String: Int] = [:]
    let groups = Dictionary(grouping: run.rows) { top.per.isEmpty ? "" : $0.key ?? "null" }
    for group in groups.values {
      for (_, cells) in TopPropertyTests.best(group, top) {
        want[BestRows.text(cells), default: 0] += 1
      }
    }
    #expect(run.table.rows == want)
    #expect(run.table.problems == [])
    #expect(run.violations == 0)
    #expect(run.sumHolds)
  }
}

/// What a reader of the changes of rows without a key holds.
private struct BestRows {
  private(set) var rows: [String: Int] = [:]
  private var timed: [String: Int] = [:]
  private(set) var problems: [String] = []

  mutating func apply(_ batch: Batch) {
    var pair: Int?
    for (row, cells) in batch.cells.enumerated() {
      let kind = batch.kind(row)
      if pair != nil, kind != .updateAfter { problems.append("a half stands alone") }
      if kind == .updateAfter, pair == nil { problems.append("a newer half stands alone") }
      pair = kind == .updateBefore ? row : nil
      let step = batch.takesBack(row) ? -1 : 1
      let text = Self.text(cells)
      let time = "\(text) \(batch.hidden.eventTimes?.ints[row] ?? 0)"
      let isThere = Self.add(step, text, to: &rows) && Self.add(step, time, to: &timed)
      if !isThere { problems.append("taken back and not there: \(time)") }
    }
    if pair != nil { problems.append("a batch ends in the middle of a pair") }
  }

  /// −0 is 0.
  static func text(_ cells: [Cell]) -> String { "\(cells)".replacing("-0.0", with: "0.0") }

  private static func add(
    _ step: Int, _ text: String, to counts: inout [String: Int]
  ) -> Bool {
    let count = counts[text, default: 0] + step
    counts[text] = count == 0 ? nil : count
    return count >= 0
  }
}

private struct RunningTopRun {
  private let plan: PhysicalRunningTop
  private let seed: UInt64
  private let rowLimit: Int
  private let coded: Bool
  private var random: SeededRandom
  private var source: RowSource
  private var stages: [Stage] = []
  private var blocks: [StateBlock] = []
  private(set) var rows: [ModelRow] = []
  private(set) var table = BestRows()
  private(set) var violations = 0
  private(set) var sumHolds = true

  init(_ plan: PhysicalRunningTop, seed: UInt64) throws {
    self.plan = plan
    self.seed = seed
    random = SeededRandom(seed: seed &+ 7)
    rowLimit = Bool.random(using: &random) ? 4_096 : 1 + Int(random.next() % 5)
    coded = Bool.random(using: &random)
    source = RowSource(partitions: 3, lateness: 8, seed: seed)
    try restart()
  }

  private mutating func restart() throws {
    let workers = plan.top.per.isEmpty ? 1 : 1 + Int(random.next() % 3)
    stages = try (0..<workers).map { worker in
      let step = PhysicalOperator(
        id: OperatorID("test"), kind: .runningTop(plan), inputs: [],
        schema: plan.top.resultSchema(of: WindowModel.schema), segment: 0)
      let op = try RunningTopOperator(
        step, plan, input: WindowModel.schema, rowLimit: rowLimit)
      return try Stage(
        op, output: CollectingOutput(scarcity: 1 + seed % 4, seed: seed),
        context: QuietContext(worker: worker, workers: workers))
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

  private mutating func give() throws {
    var rest = source.rows(1 + Int(random.next() % 60), step: 1)[...]
    while !rest.isEmpty {
      var sent = Array(rest.prefix(1 + Int(random.next() % 40)))
      rest = rest.dropFirst(sent.count)
      var kinds = sent.map { _ in RowKind.insert }
      rows += sent
      if plan.takesUpdates {
        for _ in 0..<Int(random.next() % 45) where !rows.isEmpty {
          sent.append(rows.remove(at: Int(random.next() % UInt64(rows.count))))
          kinds.append(.delete)
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
      try restart()
    }
  }
}
