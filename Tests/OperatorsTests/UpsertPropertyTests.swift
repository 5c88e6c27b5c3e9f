import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// The newest rows of keys against a model that keeps one row of each: what is told of a key is, in
/// order, what the model tells, however rows are cut into batches, with checkpoints and restores at
/// another parallelism.
struct UpsertPropertyTests {
  @Test(arguments: UInt64(1)...80)
  func `each row of a key tells what it changes`(seed: UInt64) throws {
    var run = try UpsertRun(seed: seed)
    try run.run()
    #expect(run.told == run.model.told)
    #expect(run.problems == [])
    #expect(run.violations == 0)
    #expect(run.sumHolds)
    #expect(run.rowCount == run.model.rows.count)
  }
}

/// Changes by key, as text.
private struct UpsertModel {
  private(set) var rows: [String: String] = [:]
  private(set) var told: [String: [String]] = [:]

  mutating func take(_ key: String, _ row: String?) {
    let old = rows[key]
    if old == row { return }
    rows[key] = row
    var lines: [String] = []
    if let old { lines.append((row == nil ? "-D " : "-U ") + old) }
    if let row { lines.append((old == nil ? "+I " : "+U ") + row) }
    told[key, default: []] += lines
  }
}

private struct UpsertRun {
  private let upserts: PhysicalUpserts
  private let seed: UInt64
  private let rowLimit: Int
  private let coded: Bool
  private let hasTimes: Bool
  private var random: SeededRandom
  private var source: RowSource
  private var stages: [Stage] = []
  private var blocks: [StateBlock] = []
  private var given: [ModelRow] = []
  private(set) var model = UpsertModel()
  private(set) var told: [String: [String]] = [:]
  private(set) var problems: [String] = []
  private(set) var violations = 0
  private(set) var sumHolds = true

  init(seed: UInt64) throws {
    self.seed = seed
    random = SeededRandom(seed: seed &+ 7)
    rowLimit = Bool.random(using: &random) ? 4_096 : 1 + Int(random.next() % 5)
    coded = Bool.random(using: &random)
    var upserts = PhysicalUpserts(keys: Bool.random(using: &random) ? ["key"] : ["key", "i"])
    upserts.tellsTimes = Bool.random(using: &random)
    self.upserts = upserts
    hasTimes = upserts.tellsTimes || Bool.random(using: &random)
    source = RowSource(partitions: 3, lateness: 8, seed: seed)
    try restart()
  }

  var rowCount: Int {
    stages.reduce(0) { $0 + (($1.op as? UpsertOperator)?.rowCount ?? 0) }
  }

  private mutating func restart() throws {
    let workers = 1 + Int(random.next() % 3)
    stages = try (0..<workers).map { worker in
      let step = PhysicalOperator(
        id: OperatorID("test"), kind: .upserts(upserts), inputs: [], schema: WindowModel.schema,
        segment: 0)
      let op = try UpsertOperator(step, upserts, input: WindowModel.schema, rowLimit: rowLimit)
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

  private func key(_ cells: [Cell]) -> String {
    "\(upserts.keys.compactMap { WindowModel.schema.index(of: $0) }.map { cells[$0] })"
  }

  /// −0 is 0.
  private func text(_ cells: [Cell], _ time: Int64?) -> String {
    let row = "\(cells)".replacing("-0.0", with: "0.0")
    return upserts.tellsTimes ? "\(row) \(time ?? 0)" : row
  }

  private mutating func hear(_ batch: Batch) {
    var isOpen = false
    for (row, cells) in batch.cells.enumerated() {
      let kind = batch.kind(row)
      if isOpen != (kind == .updateAfter) { problems.append("a half stands alone") }
      isOpen = kind == .updateBefore
      let sign = [RowKind.insert: "+I", .updateBefore: "-U", .updateAfter: "+U", .delete: "-D"]
      let time = batch.hidden.eventTimes?.ints[row]
      if (time != nil) != hasTimes { problems.append("times come or go") }
      told[key(cells), default: []].append("\(sign[kind] ?? "?") \(text(cells, time))")
    }
    if isOpen { problems.append("a batch ends in the middle of a pair") }
  }

  private mutating func send(_ batch: Batch) throws {
    let parts = spread(batch, keys: upserts.keys.count, over: stages.count)
    for (stage, part) in zip(stages, parts) {
      guard let part else { continue }
      try stage.process(part)
      for batch in stage.output.take() { hear(batch) }
      violations += stage.output.violations
      sumHolds = sumHolds && stage.sumHolds
    }
  }

  private mutating func give() throws {
    var fresh = source.rows(1 + Int(random.next() % 60), step: 1)
    for place in fresh.indices where !given.isEmpty && random.next() % 3 == 0 {
      // As it was, or at another time.
      let time = fresh[place].time
      fresh[place] = given[Int(random.next() % UInt64(given.count))]
      if Bool.random(using: &random) { fresh[place].time = time }
    }
    given += fresh
    var rest = fresh[...]
    while !rest.isEmpty {
      let sent = Array(rest.prefix(1 + Int(random.next() % 40)))
      rest = rest.dropFirst(sent.count)
      let kinds = sent.map { _ in random.next() % 4 == 0 ? RowKind.delete : .insert }
      let batch = WindowModel.batch(sent, coded: coded)
      batch.hidden.lateWatermarks = nil
      if !hasTimes { batch.hidden.eventTimes = nil }
      batch.hidden.rowKinds = Column(.int, kinds.map { .int($0.rawValue) })
      for (row, cells) in batch.cells.enumerated() {
        let isGone = kinds[row] == .delete
        model.take(key(cells), isGone ? nil : text(cells, sent[row].time))
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
      let kept = (model, told)
      // Written while others come.
      try give()
      let store = BlockStore()
      for snapshot in snapshots { try snapshot.write(to: store) }
      blocks = snapshots.allSatisfy(\.isDelta) ? blocks + store.blocks : store.blocks
      guard Bool.random(using: &random) else { continue }
      (model, told) = kept
      try restart()
    }
  }
}
