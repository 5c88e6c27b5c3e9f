import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// What is kept of keys where most of them come and go: those that stay move to new places, and
/// what checkpoints hold of them still is theirs.
struct KeptStateTests {
  private static let schema = Schema([Field("key", .string, nullable: true), Field("met", .int)])
  private static let turns: Int64 = 15

  private static func batch(_ rows: [(key: String?, met: Int64)], at time: Int64) -> Batch {
    let cells: [[Cell]] = rows.map { [$0.key.map { .text($0) } ?? .null, .int($0.met)] }
    let batch = Batch(schema, cells)
    batch.hidden.eventTimes = Column(.timestamp, rows.map { _ in .int(time) })
    return batch
  }

  /// Runs turns in which a thousand keys come and go, and two, one of them null, stay; after each a
  /// checkpoint is written, from which another stage is restored at the end.
  private func restored(
    _ make: () throws -> any Operator, gone: [Int64], staying: Int64, first: Int64
  ) throws -> Stage {
    let stage = try Stage(make(), output: CollectingOutput())
    var chain = BlockStore()
    var deltas = 0
    for turn in 0..<Self.turns {
      let time = turn * 100
      for met in gone {
        let rows = (0..<1_000).map { (key: String?.some("k\(turn) \($0)"), met: met) }
        try stage.process(Self.batch(rows, at: time))
      }
      let met = turn == 0 ? first : staying
      try stage.process(Self.batch([("stays", met), (nil, met)], at: time))
      try stage.watermark(Timestamp(microseconds: time + 50))
      let snapshot = try #require(stage.op.snapshot(Epoch(UInt64(turn + 1)), full: turn == 0))
      if snapshot.isDelta { deltas += 1 } else { chain = BlockStore() }
      try snapshot.write(to: chain)
    }
    // Numbers changed now and then, and a checkpoint behind that is whole.
    #expect(deltas > 5 && deltas < Int(Self.turns) - 1)
    let fresh = try Stage(make(), output: CollectingOutput())
    try fresh.op.restore(from: chain.reader(worker: 0, of: 1))
    return fresh
  }

  @Test func `a fold's states survive the move of its keys`() throws {
    let (key, met) = (Self.schema[0], Self.schema[1])
    let state = { (name: String, type: DataType) in Expression.column(Field(name, type)) }
    let spec = FoldSpec(
      keys: [.column(key)], expiry: 120,
      states: [
        FoldSpec.State(field: Field("n", .int), first: .literal(.int(0), .int)),
        FoldSpec.State(field: Field("text", .string), first: .literal(.string("a"), .string)),
      ],
      columns: [
        NamedExpression("key", .column(key)),
        NamedExpression(
          "n", Expression(.call("add", [state("n", .int), .column(met)]), FieldType(.int))),
        NamedExpression(
          "text",
          Expression(
            .call("concat", [state("text", .string), .literal(.string("b"), .string)]),
            FieldType(.string))),
      ])
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .fold(keys: ["key"], spec), inputs: [],
      schema: Schema(spec.columns.map(\.field)), segment: 0)
    let stage = try restored(
      { try FoldOperator(plan, keys: ["key"], spec, input: Self.schema) }, gone: [1], staying: 2,
      first: 1)
    // Those of the last turn are not over yet.
    #expect((stage.op as? FoldOperator)?.keptCount == 1_002)
    try stage.process(
      Self.batch([("stays", 10), (nil, 20), ("other", 30)], at: Self.turns * 100 + 20))
    let text = Cell.text("a" + String(repeating: "b", count: Int(Self.turns) + 1))
    let sum = 1 + 2 * (Self.turns - 1)
    #expect(
      stage.output.take().flatMap(\.cells) == [
        ["stays", .int(sum + 10), text], [nil, .int(sum + 20), text],
        ["other", .int(30), "ab"],
      ])
  }

  @Test func `a funnel's attempts survive the move of its keys`() throws {
    let funnel = PhysicalFunnel(
      keys: [Self.schema[0]], steps: ["a", "b", "c"], mask: "met", span: 10_000, isStrict: false)
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .funnel(funnel), inputs: [], schema: funnel.schema, segment: 0)
    // Those that stay take no step but the first.
    let stage = try restored(
      { try FunnelOperator(plan, funnel, input: Self.schema) }, gone: [1, 2, 4], staying: 1,
      first: 1)
    try stage.process(Self.batch([("stays", 2), (nil, 2), ("other", 1)], at: 2_000))
    try stage.process(Self.batch([("stays", 4)], at: 3_000))
    try stage.watermark(.endOfTime)
    #expect(
      stage.output.take().flatMap(\.cells) == [
        ["stays", 0, 2_000, 3_000, 3], [nil, 0, 2_000, nil, 2], ["other", 2_000, nil, nil, 1],
      ])
  }
  @Test func `what bars a match survives the move of its keys, and is forgotten in time`() throws {
    let pattern = MatchPattern.sequence([.gap([0]), .step(1), .step(2)])
    let match = PhysicalMatch(
      keys: [Self.schema[0]], steps: ["a", "b", "c"], conditions: [], mask: "met",
      pattern: pattern, span: 120, skip: .pastLast, measures: [])
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .match(match), inputs: [], schema: match.schema, segment: 0)
    let stage = try restored(
      { try MatchOperator(plan, match, input: Self.schema) }, gone: [1], staying: 1, first: 1)
    let last = (Self.turns - 1) * 100
    try stage.process(Self.batch([("stays", 2), (nil, 2), ("other", 2)], at: last + 120))
    try stage.process(Self.batch([("stays", 4), (nil, 4), ("other", 4)], at: last + 130))
    #expect(
      stage.output.take().flatMap(\.cells) == [["other", .int(last + 120), .int(last + 130)]])
    let store = try #require(stage.op as? MatchOperator)
    #expect(store.waiting.keys == 1_002)
    try stage.watermark(Timestamp(microseconds: last + 131))
    #expect(store.waiting.keys == 0)
  }
}
