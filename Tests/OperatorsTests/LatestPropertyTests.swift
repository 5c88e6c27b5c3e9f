import Columns
import Instruments
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Look-ups in a table of latest rows against a dictionary.
struct LatestPropertyTests {
  @Test(arguments: SessionPropertyTests.seeds)
  func `rows find the last row of their key that has come`(seed: UInt64) throws {
    var run = try LatestRun(seed: seed)
    for round in 0..<20 { try run.go(round) }
    let have = run.results.flatMap(\.taggedLines).sorted()
    let expected = run.expected.sorted()
    #expect(have.count == expected.count && !have.isEmpty)
    if let first = zip(have, expected).first(where: { $0 != $1 }) {
      Issue.record("\(first.0) where \(first.1) is expected")
    }
    #expect(run.missing > 0)
    #expect(run.unmatched == (run.plan.isRequired ? run.missing : 0))
    #expect(run.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
  }

  private func stage(
    expiry: Int64? = nil, isReadFirst: Bool = false, keys: [String] = ["key"]
  ) throws -> (LatestOperator, Stage) {
    let latest = LatestRun.plan(
      required: false, expiry: expiry, isReadFirst: isReadFirst, keys: keys)
    let op = try LatestRun.make(latest)
    return (op, try Stage(op, output: CollectingOutput()))
  }

  private func row(_ key: String, time: Int64 = 0, i: Int64? = nil) -> ModelRow {
    var row = ModelRow(partition: 0, place: 0, time: time, watermark: .min)
    row.key = key
    row.i = i
    return row
  }

  @Test func `it is full until its table is read`() throws {
    let (op, _) = try stage(isReadFirst: true)
    #expect(op.isFull)
    op.tableIsRead()
    #expect(!op.isFull)
    let (followed, _) = try stage()
    #expect(!followed.isFull)
  }

  @Test func `nobody wants its table behind the end of its rows`() throws {
    let (op, stage) = try stage()
    try stage.watermark(Timestamp(microseconds: 50))
    #expect(!op.isExhausted && op.releasedWatermark == Timestamp(microseconds: 50))
    try stage.watermark(.endOfTime)
    #expect(op.isExhausted)
  }

  @Test func `rows and a table without event times`() throws {
    let (_, stage) = try stage()
    let table = LatestRun.table([row("a", i: 1), row("a", i: 2)], coded: false)
    table.hidden.eventTimes = nil
    try stage.process(table, input: 1)
    let rows = WindowModel.batch([row("a"), row("b")], coded: false)
    rows.hidden.eventTimes = nil
    try stage.process(rows)
    #expect(stage.output.take().flatMap(\.cells).map { $0[3] } == [.int(2), .null])
  }

  @Test(arguments: NullableKeys.all)
  func `a key of which a part is null finds nothing`(_ keys: NullableKeys) throws {
    let (op, stage) = try stage(keys: keys.columns)
    try stage.process(LatestRun.table(keys.tableRows, coded: keys.areCoded), input: 1)
    try stage.process(WindowModel.batch(keys.rows, coded: keys.areCoded))
    #expect(stage.output.take().flatMap(\.cells).map { $0[4] } == keys.found)
    #expect(op.keptCount == keys.keptCount)
  }

  @Test func `keys that were deleted make room though time stands still`() throws {
    let (op, stage) = try stage()
    for turn in 0..<20 {
      let keys = (0..<2_000).map { "k\(turn) \($0)" }
      try stage.process(LatestRun.table(keys.map { row($0, i: 1) }, coded: false), input: 1)
      #expect(op.keptCount == 2_000)
      // Numbers that five divides delete.
      try stage.process(LatestRun.table(keys.map { row($0, i: 5) }, coded: false), input: 1)
      #expect(op.keptCount == 0)
    }
    let blocks = BlockStore()
    try op.snapshot(Epoch(1), full: true)?.write(to: blocks)
    #expect(blocks.blocks.isEmpty)
  }

  @Test func `rows of a table that time has passed are forgotten`() throws {
    let (op, stage) = try stage(expiry: 10)
    try stage.process(LatestRun.table([row("a", time: 100, i: 1)], coded: false), input: 1)
    try stage.watermark(Timestamp(microseconds: 110))
    #expect(op.keptCount == 1)
    try stage.process(WindowModel.batch([row("a", time: 110), row("a", time: 111)], coded: false))
    #expect(stage.output.take().flatMap(\.cells).map { $0[3] } == [.int(1), .null])
    try stage.watermark(Timestamp(microseconds: 111))
    #expect(op.keptCount == 0)
  }

  @Test func `a long text comes out in batches that can hold it`() throws {
    let (_, stage) = try stage()
    let text = String(repeating: "x", count: 3 << 20)
    var long = row("a", i: 1)
    long.s = text
    try stage.process(LatestRun.table([long], coded: false), input: 1)
    try stage.process(
      WindowModel.batch(Array(repeating: row("a"), count: 2_000), coded: false))
    let batches = stage.output.take()
    #expect(batches.reduce(0) { $0 + $1.rowCount } == 2_000)
    #expect(batches.allSatisfy { $0.rowCount * text.utf8.count <= TextLimit.batchBytes })
  }

  @Test func `what a row of a table was says nothing, and what is gone deletes`() throws {
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .latestRows, inputs: [],
      schema: Schema(WindowModel.schema.fields + LatestRun.stamps), segment: 0)
    let stage = try Stage(
      TableRowsOperator(plan, isTimed: false), output: CollectingOutput())
    let rows = WindowModel.batch(["a", "b", "b", "c"].map { row($0, time: 7) }, coded: false)
    rows.hidden.rowKinds = Column(.int, [.int(0), .int(1), .int(2), .int(3)])
    rows.hidden.eventTimes = nil
    try stage.process(rows)
    let batch = try #require(stage.output.take().first)
    let count = WindowModel.schema.count
    #expect(batch.cells.map { $0[0] } == [.text("a"), .text("b"), .text("c")])
    #expect(batch.cells.map { $0[count] } == [.int(0), .int(0), .int(0)])
    #expect(batch.cells.map { $0[count + 1] } == [.bool(false), .bool(false), .bool(true)])
    #expect(batch.hidden.rowKinds == nil)
    #expect(stage.sumHolds)
  }
}

/// Random rows of a table and of those that look them up, in one order, over several workers.
struct LatestRun {
  static let stamps = [Field("version", .timestamp), Field("deleted", .bool)]
  private static let tableSchema = Schema(WindowModel.schema.fields + stamps)
  static let values = ["i", "d", "s"].compactMap { WindowModel.schema.field(named: $0) }
  private static let result = Schema(
    ["key", "f", "b"].compactMap { WindowModel.schema.field(named: $0) }
      + values.map { Field("v_\($0.name)", $0.fieldType) })

  let plan: PhysicalLatest
  private(set) var stages: [Stage] = []
  private(set) var results: [Batch] = []
  private(set) var expected: [String] = []
  private(set) var missing = 0
  private(set) var unmatched = 0
  private let coded: Bool
  private let scarcity: UInt64
  private var random: SeededRandom
  private var source: RowSource
  private var watermark = Int64.min
  private var model: [String: ModelRow] = [:]
  private var parts: [BlockStore] = []
  private var epoch = Epoch(0)

  static func plan(
    required: Bool, expiry: Int64?, isReadFirst: Bool = false, keys: [String] = ["key"],
    takesUpdates: Bool = false
  ) -> PhysicalLatest {
    PhysicalLatest(
      table: "t", keys: keys, tableKeys: keys.compactMap { WindowModel.schema.field(named: $0) },
      version: "version", deleted: "deleted", values: values,
      columns: values.map { EnrichedColumn(tableColumn: $0.name, name: "v_\($0.name)") },
      isRequired: required, expiry: expiry, isReadFirst: isReadFirst, takesUpdates: takesUpdates)
  }

  static func make(_ latest: PhysicalLatest) throws -> LatestOperator {
    let step = PhysicalOperator(
      id: OperatorID("test"), kind: .latest(latest), inputs: [], schema: result, segment: 0)
    return try LatestOperator(step, latest, inputs: [WindowModel.schema, tableSchema])
  }

  static func isDeletion(_ row: ModelRow) -> Bool { row.i.map { $0 % 5 == 0 } ?? false }

  static func table(_ rows: [ModelRow], coded: Bool) -> Batch {
    let plain = WindowModel.batch(rows, coded: coded)
    return Batch(
      schema: tableSchema,
      columns: plain.columns + [
        Column(.timestamp, rows.map { Cell.int($0.time) }),
        Column(.bool, rows.map { Cell.bool(isDeletion($0)) }),
      ], rowCount: rows.count, hidden: plain.hidden)
  }

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed &* 13 &+ 5)
    source = RowSource(partitions: 3, lateness: 8, seed: seed)
    coded = Bool.random(using: &random)
    scarcity = 1 + random.next() % 4
    let expiry = random.next() % 2 == 0 ? nil : Int64(random.next() % 30)
    plan = Self.plan(required: Bool.random(using: &random), expiry: expiry)
    try start(1 + Int(random.next() % 3))
  }

  private mutating func start(_ workers: Int) throws {
    stages = []
    for worker in 0..<workers {
      stages.append(
        try Stage(
          Self.make(plan), output: CollectingOutput(scarcity: scarcity, seed: random.next()),
          context: QuietContext(worker: worker, workers: workers)))
    }
  }

  mutating func go(_ round: Int) throws {
    try send(fresh(1 + Int(random.next() % 60)))
    if Bool.random(using: &random), source.watermark > watermark {
      watermark = source.watermark
      for stage in stages { try stage.watermark(Timestamp(microseconds: watermark)) }
    }
    guard random.next() % 3 == 0 else { return }
    epoch = epoch.next
    let snapshots = stages.compactMap { $0.op.snapshot(epoch, full: round % 4 == 0) }
    let kept = self
    let more = fresh(10)
    try send(more)
    if parts.count != stages.count || !snapshots.allSatisfy(\.isDelta) {
      let areFull = snapshots.allSatisfy { !$0.isDelta }
      #expect(areFull)
      parts = stages.map { _ in BlockStore() }
    }
    for (part, snapshot) in zip(parts, snapshots) { try snapshot.write(to: part) }
    guard Bool.random(using: &random) else { return }
    (results, expected, model) = (kept.results, kept.expected, kept.model)
    (missing, unmatched) = (kept.missing, kept.unmatched)
    let all = BlockStore()
    for part in parts { all.blocks += part.blocks }
    try start(1 + Int(random.next() % 3))
    for (worker, stage) in stages.enumerated() {
      try stage.op.restore(from: all.reader(worker: worker, of: stages.count))
    }
    parts = []
    try send(more)
  }

  private mutating func fresh(_ count: Int) -> [ModelRow] {
    // What time has passed may be forgotten, or not yet.
    source.rows(count, step: 1).filter { ($0.pass ?? false) || $0.time >= watermark }
  }

  /// Rows with `pass` are the table's.
  private mutating func send(_ rows: [ModelRow]) throws {
    var rest = rows[...]
    while let first = rest.first {
      let isTable = first.pass ?? false
      let size = 1 + Int(random.next() % 40)
      let part = Array(rest.prefix(size).prefix { ($0.pass ?? false) == isTable })
      rest = rest.dropFirst(part.count)
      part.forEach { isTable ? take($0) : look($0) }
      let batch =
        isTable ? Self.table(part, coded: coded) : WindowModel.batch(part, coded: coded)
      for (stage, share) in zip(stages, spread(batch, keys: 1, over: stages.count)) {
        guard let share else { continue }
        try stage.process(share, input: isTable ? 1 : 0)
        results += stage.output.take()
        unmatched += stage.output.take(.unmatched).reduce(0) { $0 + $1.rowCount }
      }
    }
  }

  private mutating func take(_ row: ModelRow) {
    guard let key = row.key else { return }
    model[key] = Self.isDeletion(row) ? nil : row
  }

  private mutating func look(_ row: ModelRow) {
    var found = row.key.flatMap { model[$0] }
    if let held = found, let expiry = plan.expiry, row.time > held.time + expiry { found = nil }
    if found == nil { missing += 1 }
    if found == nil, plan.isRequired { return }
    let values = Self.values.map { field in found.map { WindowModel.cell($0, field.name) } ?? .null
    }
    let cells = ["key", "f", "b"].map { WindowModel.cell(row, $0) } + values
    let tags: [Cell] = [.int(row.time), .int(Int64(row.partition)), .int(row.place)]
    expected.append("\(cells) \(tags)")
  }
}
