import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Joins of all rows so far against a model that looks at all pairs of those that are there: rows
/// of either side in any order, equal ones, taken back where a side updates, with checkpoints and
/// restores at another parallelism.
struct RunningJoinPropertyTests {
  private static let kinds: [JoinSpec.Kind] = [.inner, .left, .right, .full, .semi, .anti]

  @Test(arguments: JoinPropertyTests.seeds)
  func `the result is the join of the rows that are there`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 57 &+ 3)
    let model = JoinModel(
      kind: Self.kinds[Int(random.next() % 6)], before: .max, after: .max,
      keys: 1 + Int(random.next() % 2))
    var run = try RunningJoinRun(model, expiry: nil, seed: seed, random: random)
    try run.run()
    var want: [String: Int] = [:]
    for cells in model.results(run.rows) { want["\(cells.dropFirst())", default: 0] += 1 }
    #expect(run.table.rows == want)
    #expect(run.table.problems == [])
    #expect(run.violations == 0)
    #expect(run.sumHolds)
    #expect(run.isDone)
  }

  @Test(arguments: JoinPropertyTests.seeds)
  func `a row meets those that are not forgotten`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 77 &+ 1)
    let model = JoinModel(kind: .inner, before: .max, after: .max, keys: 1)
    let expiry = [1, 5, 20, 300][Int(random.next() % 4)]
    var run = try RunningJoinRun(model, expiry: Int64(expiry), seed: seed, random: random)
    try run.run()
    #expect(run.table.rows == run.met)
    #expect(run.table.problems == [])
    #expect(run.violations == 0)
    #expect(run.sumHolds)
    #expect(run.isDone)
  }

  @Test func `a barrier waits for one row, and what is held goes on behind a restore`() throws {
    let model = JoinModel(kind: .inner, before: .max, after: .max, keys: 1)
    func rows(_ side: Int) -> Batch {
      let rows = (0..<300).map { number in
        JoinRow(
          side: side, keys: ["hot", .null], number: Int64(number), text: nil, time: 0, mark: .min,
          place: Int64(number))
      }
      return JoinModel.batch(rows, side, coded: false)
    }
    // Without credit for more than a batch in a call.
    let first = try RunningJoinRun.stage(model, output: CollectingOutput(scarcity: .max))
    try first.process(rows(1), input: 1)
    try first.process(rows(0), input: 0)
    // They come while others are held.
    try first.process(rows(1), input: 1)
    try first.process(rows(0), input: 0)
    try first.barrier(Epoch(1))
    let early = first.output.take().reduce(0) { $0 + $1.rowCount }
    #expect(first.hasMore && early > 0 && early < 1_500)
    let store = BlockStore()
    try first.op.snapshot(Epoch(1), full: true)?.write(to: store)

    let second = try RunningJoinRun.stage(model, output: CollectingOutput())
    try second.op.restore(from: store.reader(worker: 0, of: 1))
    while second.hasMore { try second.release() }
    let late = second.output.take().reduce(0) { $0 + $1.rowCount }
    #expect(early + late == 600 * 600)
    #expect(first.output.violations + second.output.violations == 0)
  }
}

/// What a reader of the changes holds.
private struct JoinedRows {
  private(set) var rows: [String: Int] = [:]
  private(set) var problems: [String] = []

  mutating func apply(_ batch: Batch) {
    var isOpen = false
    for (row, cells) in batch.cells.enumerated() {
      let kind = batch.kind(row)
      if isOpen != (kind == .updateAfter) { problems.append("a half stands alone") }
      isOpen = kind == .updateBefore
      let text = "\(cells[...])"
      let count = rows[text, default: 0] + (batch.takesBack(row) ? -1 : 1)
      rows[text] = count == 0 ? nil : count
      if count < 0 { problems.append("taken back and not there: \(text)") }
    }
    if isOpen { problems.append("a batch ends in the middle of a pair") }
  }
}

private struct RunningJoinRun {
  private let model: JoinModel
  private let expiry: Int64?
  private let plan: PhysicalRunningJoin
  private let seed: UInt64
  private let rowLimit: Int
  private let coded: Bool
  private var random: SeededRandom
  private var stages: [Stage] = []
  private var blocks: [StateBlock] = []
  private var number: Int64 = 0
  private var now: Int64 = 1_000
  private var watermark = Int64.min
  /// Rows that were taken back and have not come yet.
  private var owed: [JoinRow] = []
  private(set) var rows: [JoinRow] = []
  /// The pairs that met while neither was forgotten.
  private(set) var met: [String: Int] = [:]
  private(set) var table = JoinedRows()
  private(set) var violations = 0
  private(set) var sumHolds = true
  /// Barriers at which rows were held.
  private(set) var heldCount = 0
  private(set) var isDone = false

  init(_ model: JoinModel, expiry: Int64?, seed: UInt64, random: SeededRandom) throws {
    var random = random
    self.model = model
    self.expiry = expiry
    self.seed = seed
    let updates = (Bool.random(using: &random), Bool.random(using: &random))
    let isFilter = model.kind == .semi || model.kind == .anti
    plan = PhysicalRunningJoin(
      join: model.plan,
      running: RunningJoinSpec(
        leftUpdates: updates.0, rightUpdates: updates.1, expiry: expiry,
        mode: .updates(key: nil)),
      pairs: random.next() % 3 == 0 ? [] : isFilter ? ["n"] : ["k", "n"], origin: "")
    rowLimit = Bool.random(using: &random) ? 4_096 : 1 + Int(random.next() % 5)
    coded = Bool.random(using: &random)
    self.random = random
    try restart()
  }

  /// A join of streams that only append, with small batches.
  static func stage(_ model: JoinModel, output: CollectingOutput) throws -> Stage {
    let plan = PhysicalRunningJoin(
      join: model.plan,
      running: RunningJoinSpec(
        leftUpdates: false, rightUpdates: false, expiry: nil, mode: .append),
      pairs: [], origin: "")
    let step = PhysicalOperator(
      id: OperatorID("test"), kind: .runningJoin(plan), inputs: [], schema: model.result,
      segment: 0)
    let op = try RunningJoinOperator(
      step, plan, inputs: [JoinModel.left, JoinModel.right], rowLimit: 64)
    return try Stage(op, output: output)
  }

  private mutating func restart() throws {
    let workers = 1 + Int(random.next() % 3)
    stages = try (0..<workers).map { worker in
      let step = PhysicalOperator(
        id: OperatorID("test"), kind: .runningJoin(plan), inputs: [], schema: model.result,
        segment: 0)
      let op = try RunningJoinOperator(
        step, plan, inputs: [JoinModel.left, JoinModel.right], rowLimit: rowLimit)
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

  private mutating func fresh(_ side: Int) -> JoinRow {
    if let old = rows.randomElement(using: &random), old.side == side, random.next() % 4 == 0 {
      return old
    }
    let texts: [Cell] = ["a", "b", "", "a key longer than eight bytes", "c", .null]
    number += 1
    now += Int64(random.next() % 4)
    return JoinRow(
      side: side,
      keys: [
        texts[Int(random.next() % 6)],
        random.next() % 5 == 0 ? .null : .int(Int64(random.next() % 2)),
      ], number: number,
      text: random.next() % 4 == 0 ? nil : ["x", "", "a longer text"][Int(random.next() % 3)],
      time: now - Int64(random.next() % 30), mark: .min, place: number)
  }

  private mutating func give() throws {
    let side = Int(random.next() % 2)
    let updates = side == 0 ? plan.running.leftUpdates : plan.running.rightUpdates
    var sent: [(row: JoinRow, isGone: Bool)] = []
    let early = owed.filter { $0.side == side }
    owed.removeAll { $0.side == side }
    // They were gone before they came, so they are not there.
    for row in early { sent.append((row, false)) }
    for _ in 0..<Int(random.next() % 25) {
      let others = rows.indices.filter { rows[$0].side == side }
      let dice = random.next() % 8
      if updates, dice < 3, let place = others.randomElement(using: &random) {
        sent.append((rows[place], true))
        let row = rows.remove(at: place)
        meet(row, -1)
      } else if updates, dice == 3, expiry == nil {
        let row = fresh(side)
        guard !row.keys.prefix(model.keys).contains(.null) else { continue }
        sent.append((row, true))
        owed.append(row)
      } else {
        add(fresh(side), &sent)
      }
    }
    guard !sent.isEmpty else { return }
    let batch = JoinModel.batch(sent.map(\.row), side, coded: coded)
    batch.hidden.lateWatermarks = nil
    if updates {
      batch.hidden.rowKinds = Column(
        .int, sent.map { .int(($0.isGone ? RowKind.delete : .insert).rawValue) })
    }
    try send(batch, side)
  }

  private mutating func add(_ row: JoinRow, _ sent: inout [(row: JoinRow, isGone: Bool)]) {
    sent.append((row, false))
    if !isOver(row) { rows.append(row) }
    meet(row, 1)
  }

  private func isOver(_ row: JoinRow) -> Bool {
    expiry.map { row.time + $0 < watermark } ?? false
  }

  private mutating func meet(_ row: JoinRow, _ step: Int) {
    guard expiry != nil, !isOver(row) else { return }
    let others = rows.filter { $0.side != row.side && !isOver($0) }
    for cells in model.results([row] + others) {
      let text = "\(cells.dropFirst())"
      let count = met[text, default: 0] + step
      met[text] = count == 0 ? nil : count
    }
  }

  private mutating func send(_ batch: Batch, _ side: Int) throws {
    for (stage, part) in zip(stages, spread(batch, keys: model.keys, over: stages.count)) {
      guard let part else { continue }
      try stage.process(part, input: side)
      read(stage)
    }
    try release()
  }

  private mutating func read(_ stage: Stage) {
    for batch in stage.output.take() { table.apply(batch) }
    violations += stage.output.violations
    sumHolds = sumHolds && stage.sumHolds
  }

  /// Lets joins put out what they hold: as much as a coin says, or all of it.
  private mutating func release(all: Bool = false) throws {
    for stage in stages {
      while stage.hasMore, all || random.next() % 4 != 0 {
        try stage.release()
        read(stage)
      }
    }
  }

  /// A barrier waits for what one row makes, and not for what is held besides.
  private mutating func snapshots(_ epoch: Epoch, full: Bool) throws -> [any StateSnapshot] {
    try stages.compactMap { stage in
      try stage.barrier(epoch)
      read(stage)
      heldCount += stage.hasMore ? 1 : 0
      return stage.op.snapshot(epoch, full: full)
    }
  }

  private mutating func advance() throws {
    watermark = max(watermark, now - 30 - Int64(random.next() % 20))
    try tellTime()
  }

  private mutating func tellTime() throws {
    for stage in stages {
      try stage.watermark(Timestamp(microseconds: watermark))
      read(stage)
    }
  }

  mutating func run() throws {
    for round in 0..<25 {
      try give()
      if random.next() % 3 == 0 { try advance() }
      guard random.next() % 3 == 0 else { continue }
      let full = round % 4 == 0
      let snapshots = try snapshots(Epoch(UInt64(round)), full: full)
      let kept = (rows, owed, met, table)
      // Written while others come.
      try give()
      let store = BlockStore()
      for snapshot in snapshots { try snapshot.write(to: store) }
      blocks = snapshots.allSatisfy(\.isDelta) ? blocks + store.blocks : store.blocks
      guard Bool.random(using: &random) else { continue }
      (rows, owed, met, table) = kept
      try restart()
      try tellTime()
    }
    while !owed.isEmpty { try give() }
    try release(all: true)
    isDone = stages.allSatisfy { !(($0.op as? any HoldingOperator)?.holdsRows ?? true) }
  }
}
