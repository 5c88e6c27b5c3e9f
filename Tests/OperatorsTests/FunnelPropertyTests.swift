import Columns
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `funnel` against a model that follows each key's rows one by one.
struct FunnelPropertyTests {
  private static let schema = Schema([Field("key", .string, nullable: true), Field("met", .int)])

  private static func mask(_ row: ModelRow, _ steps: Int) -> Int64 {
    // Some rows meet no step's condition, some several.
    Int64(abs((row.i ?? 0) * 7 + (row.pass == true ? 3 : 0))) & ((1 << Int64(steps)) - 1)
  }

  private static func batch(_ rows: [ModelRow], _ steps: Int, coded: Bool) -> Batch {
    let from = WindowModel.batch(rows, coded: coded)
    return Batch(
      schema: schema,
      columns: [from.columns[0], Column(.int, rows.map { .int(mask($0, steps)) })],
      rowCount: rows.count, hidden: from.hidden)
  }

  @Test(arguments: SessionPropertyTests.seeds)
  func `funnels give what the model gives`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 53 &+ 2)
    let steps = 1 + Int(random.next() % 4)
    let funnel = PhysicalFunnel(
      keys: [Self.schema[0]], steps: (0..<steps).map { "s\($0)" }, mask: "met",
      span: Int64(random.next() % 26), isStrict: Bool.random(using: &random))
    let coded = Bool.random(using: &random)
    let chain = try OrderedChain(
      .funnel(funnel), of: Self.schema, keys: 1, workers: 1 + Int(random.next() % 3),
      scarcity: 1 + random.next() % 4, seed: seed
    ) { try FunnelOperator($0, funnel, input: Self.schema, rowLimit: 3) }
    var run = KeyedRun(chain, seed: seed) { Self.batch($0, steps, coded: coded) }
    try run.run()

    let expected = run.onTime.flatMap { Self.model($0, funnel) }.sorted()
    let have = run.chain.results.flatMap(\.taggedLines).sorted()
    #expect(have.count == expected.count)
    if let first = zip(have, expected).first(where: { $0 != $1 }) {
      Issue.record("\(first.0) where \(first.1) is expected")
    }
    #expect(run.chain.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
  }

  /// What comes of one key's rows, which are in order.
  private static func model(_ rows: [ModelRow], _ funnel: PhysicalFunnel) -> [String] {
    var lines: [String] = []
    var times: [Int64] = []
    var first: ModelRow?
    func end(_ time: Int64, _ row: ModelRow) {
      let cells =
        [row.key.map { Cell.text($0) } ?? .null]
        + funnel.steps.indices.map { $0 < times.count ? .int(times[$0]) : .null }
        + [.int(Int64(times.count))]
      let tags: [Cell] = [.int(time), .int(Int64(row.partition)), .int(row.place)]
      lines.append("\(cells) \(tags)")
      times = []
    }
    for row in rows {
      if let start = times.first, let first, row.time > start + funnel.span {
        end(start + funnel.span, first)
      }
      let met = mask(row, funnel.steps.count)
      if !times.isEmpty {
        if met >> Int64(times.count) & 1 == 1 {
          times.append(row.time)
          if times.count == funnel.steps.count { end(row.time, row) }
          continue
        }
        guard funnel.isStrict, met != 0 else { continue }
        end(row.time, row)
      }
      guard met & 1 == 1 else { continue }
      times = [row.time]
      first = row
      if funnel.steps.count == 1 { end(row.time, row) }
    }
    if let start = times.first, let first { end(start + funnel.span, first) }
    return lines
  }

  @Test func `results are never behind the watermark that went before them`() throws {
    let funnel = PhysicalFunnel(
      keys: [Self.schema[0]], steps: ["a", "b"], mask: "met", span: 10, isStrict: false)
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .funnel(funnel), inputs: [], schema: funnel.schema, segment: 0)
    let stage = try Stage(
      FunnelOperator(plan, funnel, input: Self.schema), output: CollectingOutput())
    let rows = { (key: String, time: Int64, met: Int64) in
      let batch = Batch(Self.schema, [[.text(key), .int(met)]])
      batch.hidden.eventTimes = Column(.timestamp, [.int(time)])
      return batch
    }
    let times = {
      stage.output.take().flatMap { batch in
        batch.countedRows.map { batch.hidden.eventTimes?.cell($0) ?? .null }
      }
    }
    try stage.process(rows("a", 100, 1))
    try stage.watermark(Timestamp(microseconds: 110))
    // A row at the very end counts.
    #expect(times() == [])
    try stage.process(rows("a", 110, 2))
    #expect(times() == [.int(110)])
    try stage.process(rows("b", 112, 1))
    try stage.watermark(Timestamp(microseconds: 122))
    #expect(times() == [])
    try stage.watermark(Timestamp(microseconds: 123))
    #expect(times() == [.int(122)])
  }
}
