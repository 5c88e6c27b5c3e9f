import Columns
import Instruments
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `frequency_cap` against a model that counts the rows that passed before each one.
struct FrequencyCapPropertyTests {
  private static let schema = Schema([Field("key", .string, nullable: true), Field("n", .int)])

  private static func batch(_ rows: [ModelRow], coded: Bool) -> Batch {
    let from = WindowModel.batch(rows, coded: coded)
    return Batch(
      schema: schema, columns: [from.columns[0], Column(.int, rows.map { .int($0.place) })],
      rowCount: rows.count, hidden: from.hidden)
  }

  @Test(arguments: OverPropertyTests.seeds)
  func `rows pass that the model lets pass`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 59 &+ 3)
    let caps = (0..<1 + Int(random.next() % 3)).map { _ in
      FrequencyCap(count: 1 + Int64(random.next() % 6), span: 1 + Int64(random.next() % 30))
    }
    let coded = Bool.random(using: &random)
    let chain = try OrderedChain(
      .frequencyCap(keys: ["key"], caps), of: Self.schema, keys: 1,
      workers: 1 + Int(random.next() % 3), scarcity: 1 + random.next() % 4, seed: seed
    ) { try FrequencyCapOperator($0, keys: ["key"], caps, input: Self.schema) }
    var run = KeyedRun(chain, seed: seed) { Self.batch($0, coded: coded) }
    try run.run()

    let expected = run.onTime.flatMap { Self.model($0, caps) }.sorted()
    let have = run.chain.results.flatMap(\.taggedLines).sorted()
    #expect(have == expected)
    #expect(run.chain.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
    #expect(run.chain.behind == 0)
  }

  /// What passes of one key's rows, which are in order.
  private static func model(_ rows: [ModelRow], _ caps: [FrequencyCap]) -> [String] {
    var passed: [ModelRow] = []
    for row in rows {
      let allow = caps.allSatisfy { cap in
        passed.count { row.time - $0.time < cap.span } < Int(cap.count)
      }
      if allow { passed.append(row) }
    }
    return passed.map { row in
      let cells: [Cell] = [row.key.map { .text($0) } ?? .null, .int(row.place)]
      let tags: [Cell] = [.int(row.time), .int(Int64(row.partition)), .int(row.place)]
      return "\(cells) \(tags)"
    }
  }

  private static func rows(_ cells: [[Cell]], _ times: [Int64]) -> Batch {
    let batch = Batch(schema, cells)
    batch.hidden.eventTimes = Column(.timestamp, times.map { .int($0) })
    return batch
  }

  @Test func `what does not pass goes to capped, and every row counts once`() throws {
    let caps = [FrequencyCap(count: 2, span: 10)]
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .frequencyCap(keys: ["key"], caps), inputs: [],
      schema: Self.schema, segment: 0)
    let stage = try Stage(
      FrequencyCapOperator(plan, keys: ["key"], caps, input: Self.schema),
      output: CollectingOutput())
    let cells = (0..<7).map { [$0 == 2 ? Cell.null : .text("k"), .int($0)] }
    try stage.process(Self.rows(cells, [.min, .min + 1, .min + 1, .min + 9, .min + 10, 0, .max]))
    let numbers = { (port: OutputPort) in stage.output.take(port).flatMap(\.cells).map { $0[1] } }
    #expect(numbers(.capped) == [.int(3)])
    #expect(numbers(.main) == [0, 1, 2, 4, 5, 6].map { .int($0) })
    #expect(stage.context.metrics.filtered.value == 1 && stage.sumHolds)
  }
}
