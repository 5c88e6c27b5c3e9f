import Columns
import Instruments
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Look-ups in a table of versions against a model that goes through each key's rows one by one.
struct AsOfPropertyTests {
  private static let version = Field("version", .timestamp, nullable: true)
  /// Rows with `pass` are versions, since their time or, where they came late, an earlier one.
  private static let schema = Schema(
    WindowModel.schema.fields + [version, Field("deleted", .bool, nullable: true)])
  private static let values = ["i", "d", "s"].compactMap { WindowModel.schema.field(named: $0) }
  private static let result = Schema(
    ["key", "f", "b"].compactMap { WindowModel.schema.field(named: $0) }
      + values.map { Field("v_\($0.name)", $0.fieldType) })

  private static func isVersion(_ row: ModelRow) -> Bool { row.pass ?? false }

  private static func isDeletion(_ row: ModelRow) -> Bool { row.i.map { $0 % 5 == 0 } ?? false }

  private static func since(_ row: ModelRow) -> Int64 {
    row.time - ((row.b ?? false) ? 6 : 0)
  }

  private static func plan(
    required: Bool, expiry: Int64?, keys: [String] = ["key"]
  ) -> PhysicalAsOf {
    PhysicalAsOf(
      table: "t", keys: keys.compactMap { WindowModel.schema.field(named: $0) }, tableKeys: keys,
      version: version.name,
      deleted: "deleted", values: values,
      columns: values.map { EnrichedColumn(tableColumn: $0.name, name: "v_\($0.name)") },
      isRequired: required, expiry: expiry)
  }

  private static func batch(_ rows: [ModelRow], coded: Bool) -> Batch {
    let plain = WindowModel.batch(rows, coded: coded)
    let versions = rows.map { isVersion($0) ? Cell.int(since($0)) : .null }
    let deletions = rows.map { isVersion($0) ? Cell.bool(isDeletion($0)) : .null }
    let batch = Batch(
      schema: schema,
      columns: plain.columns + [Column(.timestamp, versions), Column(.bool, deletions)],
      rowCount: rows.count, hidden: plain.hidden)
    // As the step before makes them: of one time versions come first.
    let lanes = rows.map { Cell.int(Int64($0.partition) | (isVersion($0) ? .min : 0)) }
    batch.hidden.lanes = Column(.int, lanes)
    return batch
  }

  @Test(arguments: SessionPropertyTests.seeds)
  func `rows find what the model finds`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 17 &+ 3)
    let expiry = random.next() % 2 == 0 ? nil : Int64(random.next() % 15)
    let isRequired = Bool.random(using: &random)
    let coded = Bool.random(using: &random)
    let asOf = Self.plan(required: isRequired, expiry: expiry)
    let chain = try OrderedChain(
      .asOf(asOf), of: Self.schema, keys: 1, workers: 1 + Int(random.next() % 3),
      scarcity: 1 + random.next() % 4, seed: seed
    ) { plan in
      var plan = plan
      plan.schema = Self.result
      return try AsOfOperator(plan, asOf, input: Self.schema)
    }
    var run = KeyedRun(chain, seed: seed) { Self.batch($0, coded: coded) }
    try run.run()

    var (expected, missing) = ([String](), 0)
    for rows in run.onTime {
      let model = Self.model(rows, required: isRequired, expiry: expiry)
      expected += model.lines
      missing += model.missing
    }
    let have = run.chain.results.flatMap(\.taggedLines).sorted()
    expected.sort()
    #expect(have.count == expected.count && !have.isEmpty)
    if let first = zip(have, expected).first(where: { $0 != $1 }) {
      Issue.record("\(first.0) where \(first.1) is expected")
    }
    #expect(run.chain.unmatched.reduce(0) { $0 + $1.rowCount } == (isRequired ? missing : 0))
    #expect(missing > 0)
    #expect(run.chain.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
  }

  /// What one key's rows find.
  private static func model(
    _ rows: [ModelRow], required: Bool, expiry: Int64?
  ) -> (lines: [String], missing: Int) {
    var newest: ModelRow?
    var (lines, missing) = ([String](), 0)
    let order = rows.sorted { a, b in
      (a.time, isVersion(a) ? 0 : 1, a.partition, a.place)
        < (b.time, isVersion(b) ? 0 : 1, b.partition, b.place)
    }
    for row in order {
      if isVersion(row) {
        if row.key != nil, newest.map({ since($0) <= since(row) }) ?? true {
          newest = isDeletion(row) ? nil : row
        }
        continue
      }
      if let held = newest, let expiry, row.time > since(held) + expiry { newest = nil }
      if newest == nil { missing += 1 }
      if newest == nil, required { continue }
      let found = values.map { field in newest.map { WindowModel.cell($0, field.name) } ?? .null }
      let cells = ["key", "f", "b"].map { WindowModel.cell(row, $0) } + found
      let tags: [Cell] = [.int(row.time), .int(Int64(row.partition)), .int(row.place)]
      lines.append("\(cells) \(tags)")
    }
    return (lines, missing)
  }

  private func stage(
    expiry: Int64?, keys: [String] = ["key"]
  ) throws -> (AsOfOperator, Stage) {
    let asOf = Self.plan(required: false, expiry: expiry, keys: keys)
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .asOf(asOf), inputs: [], schema: Self.result, segment: 0)
    let op = try AsOfOperator(plan, asOf, input: Self.schema)
    return (op, try Stage(op, output: CollectingOutput()))
  }

  @Test func `keys that find nothing, and versions that nobody finds, are forgotten`() throws {
    let (op, stage) = try stage(expiry: 10)
    for turn in 0..<20 {
      // The other half finds nothing.
      let rows = (0..<2_000).map { number in
        var row = ModelRow(partition: 0, place: 0, time: Int64(turn) * 100, watermark: .min)
        row.key = "k\(turn) \(number)"
        row.pass = number < 1_000
        return row
      }
      try stage.process(Self.batch(rows, coded: false))
      try stage.watermark(Timestamp(microseconds: Int64(turn) * 100 + 10))
      #expect(op.keptCount == 1_000)
      try stage.watermark(Timestamp(microseconds: Int64(turn) * 100 + 11))
      #expect(op.keptCount == 0)
    }
    let blocks = BlockStore()
    try op.snapshot(Epoch(1), full: true)?.write(to: blocks)
    #expect(blocks.blocks.isEmpty)
  }

  @Test(arguments: NullableKeys.all)
  func `a key of which a part is null finds nothing`(_ keys: NullableKeys) throws {
    let (op, stage) = try stage(expiry: nil, keys: keys.columns)
    let versions = keys.tableRows.map { row in
      var row = row
      row.pass = true
      return row
    }
    try stage.process(Self.batch(versions + keys.rows, coded: keys.areCoded))
    #expect(stage.output.take().flatMap(\.cells).map { $0[4] } == keys.found)
    try stage.process(Self.batch(keys.rows, coded: keys.areCoded))
    #expect(stage.output.take().flatMap(\.cells).map { $0[4] } == keys.found)
    #expect(op.keptCount == keys.keptCount)
  }

  @Test func `a key whose versions and rows take turns in a batch`() throws {
    let (_, stage) = try stage(expiry: nil)
    let rows = (0..<Batch.rowLimit).map { number in
      var row = ModelRow(partition: 0, place: 0, time: Int64(number), watermark: .min)
      row.key = number % 4 < 2 ? "a" : "b"
      row.pass = number % 2 == 0
      row.i = Int64(number) * 5 + 1
      row.s = String(repeating: "x", count: number % 100)
      return row
    }
    try stage.process(Self.batch(rows, coded: false))
    let found = stage.output.take().flatMap(\.cells).map { $0[3] }
    #expect(found == stride(from: 0, to: Batch.rowLimit, by: 2).map { Cell.int(Int64($0) * 5 + 1) })
  }

  @Test func `a long text comes out in batches that can hold it`() throws {
    let (_, stage) = try stage(expiry: nil)
    let text = String(repeating: "x", count: 3 << 20)
    let rows = (0..<2_000).map { number in
      var row = ModelRow(partition: 0, place: 0, time: Int64(number), watermark: .min)
      row.key = "a"
      row.pass = number == 0
      row.i = 1
      row.s = number == 0 ? text : nil
      return row
    }
    try stage.process(Self.batch(rows, coded: false))
    let batches = stage.output.take()
    #expect(batches.reduce(0) { $0 + $1.rowCount } == 1_999)
    #expect(batches.allSatisfy { $0.rowCount * text.utf8.count <= TextLimit.batchBytes })
    #expect(batches.last?.cells.last?[5] == .text(text))
  }

  @Test func `rows of a table come first, with their own time`() throws {
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .tableRows, inputs: [], schema: Self.schema, segment: 0)
    let stage = try Stage(TableRowsOperator(plan), output: CollectingOutput())
    let rows = [60, 40].map { time in
      ModelRow(partition: 2, place: 1, time: Int64(time), watermark: .min)
    }
    let versions = WindowModel.batch(rows, coded: false)
    versions.hidden.rowKinds = Column(.int, [.int(0), .int(3)])
    try stage.process(versions)
    let batch = try #require(stage.output.take().first)
    let count = WindowModel.schema.count
    #expect(batch.cells.map { $0[count] } == [.int(60), .int(40)])
    #expect(batch.cells.map { $0[count + 1] } == [.bool(false), .bool(true)])
    #expect(batch.hidden.rowKinds == nil)
    #expect(batch.hidden.lanes?.cell(0) == .int(2 | .min))
    #expect(stage.sumHolds)
  }

  @Test func `versions that come late count as of the watermark, and rows that do not at all`()
    throws
  {
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .versionsInTime(version: "version"), inputs: [],
      schema: Self.schema, segment: 0)
    let make = { try PunctualOperator(plan, version: "version", input: Self.schema) }
    let stage = try Stage(make(), output: CollectingOutput())
    try stage.watermark(Timestamp(microseconds: 50))
    let rows = [
      (60, Int64.min, true), (40, .min, true), (70, 80, true), (90, 80, true), (49, .min, false),
      (50, .min, false),
    ].map { time, watermark, isVersion in
      var row = ModelRow(partition: 2, place: 1, time: Int64(time), watermark: watermark)
      row.pass = isVersion
      return row
    }
    try stage.process(Self.batch(rows, coded: false))
    let batch = try #require(stage.output.take().first)
    let times = try #require(batch.hidden.eventTimes)
    let found: [Cell] = (0..<batch.rowCount).map { times.cell($0) }
    #expect(found == [.int(60), .int(50), .int(80), .int(90), .int(50)])
    #expect(stage.context.metrics.lateAfterIdle.value == 1)
    #expect(batch.hidden.lateWatermarks == nil)
    #expect(stage.sumHolds)

    let blocks = BlockStore()
    try stage.op.snapshot(Epoch(1), full: true)?.write(to: blocks)
    let next = try Stage(make(), output: CollectingOutput())
    try next.op.restore(from: blocks.reader(worker: 0, of: 1))
    try next.process(Self.batch([rows[1]], coded: false))
    let again = try #require(next.output.take().first?.hidden.eventTimes)
    #expect(again.cell(0) == Cell.int(50))
  }
}
