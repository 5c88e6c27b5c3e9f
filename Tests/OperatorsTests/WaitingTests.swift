import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// What operators tell of what they hold, for `raudal why`.
struct WaitingTests {
  private static let schema = Schema([Field("id", .string), Field("n", .int)])

  private static func rows(
    _ ids: [String], n: [Int64]? = nil, at time: Int64 = 10
  ) -> Batch {
    let cells = ids.enumerated().map { place, id in
      [Cell.text(id), .int(n?[place] ?? Int64(place))]
    }
    let batch = Batch(schema, cells)
    batch.hidden.eventTimes = Column(.timestamp, ids.map { _ in .int(time) })
    batch.hidden.lanes = Column(.int, ids.map { _ in .int(0) })
    batch.hidden.places = Column(.int, ids.indices.map { .int(Int64($0)) })
    return batch
  }

  private static func stage(
    _ kind: PhysicalKind, _ output: Schema = schema, _ inputs: [Schema] = [schema]
  ) throws -> Stage {
    let plan = PhysicalPlan(
      pipeline: "test", operators: [], tables: [], checkpoints: CheckpointPolicy())
    let step = PhysicalOperator(
      id: OperatorID("test"), kind: kind, inputs: [], schema: output, segment: 0)
    return try Stage(
      OperatorFactory.make(step, inputSchemas: inputs, plan: plan, tables: []),
      output: CollectingOutput())
  }

  private static func waiting(_ stage: Stage) -> Waiting? {
    (stage.op as? any WaitingOperator)?.waiting
  }

  private static let top = PhysicalTop(
    count: 10, withTies: false, orders: [.init(column: "n", isDescending: true)], per: ["id"],
    ties: ["id", "n"], rank: nil)

  private static func over(_ frame: OverSpec.Frame) -> PhysicalOver {
    PhysicalOver(
      keys: ["id"], frame: frame,
      aggregates: [
        .init(name: "c", function: "count", arguments: [], filter: nil, fieldType: FieldType(.int))
      ])
  }

  private static let fold = FoldSpec(
    keys: [.column(schema[0])], expiry: nil,
    states: [FoldSpec.State(field: Field("s", .int), first: .literal(.int(0), .int))],
    columns: [
      NamedExpression("id", .column(schema[0])), NamedExpression("s", .column(schema[1])),
    ])

  /// Three rows of two keys.
  @Test func `stages that hold rows or keys say how many`() throws {
    let over = { Self.over($0) }
    let result = Schema(Self.schema.fields + [Field("c", .int)])
    let cases: [(PhysicalKind, Schema, Waiting)] = [
      (.order(keys: ["id"]), Self.schema, Waiting(rows: 3)),
      (.top(Self.top, isGlobal: true), Self.schema, Waiting(rows: 3)),
      (.keepLast(keys: ["id"], span: 1_000), Self.schema, Waiting(rows: 2)),
      (.dedupe(keys: ["id"], span: 1_000), Self.schema, Waiting(keys: 2)),
      (
        .runningTop(
          PhysicalRunningTop(top: Self.top, takesUpdates: false, pairs: [], origin: "")),
        Self.schema, Waiting(keys: 2)
      ),
      (.over(over(.rows(5))), result, Waiting(keys: 2, rows: 3)),
      // All have the last event time, whose peers may still come.
      (.over(over(.time(5))), result, Waiting(keys: 0, rows: 3)),
      (
        .fold(keys: ["id"], Self.fold), Schema([Self.schema[0], Field("s", .int)]),
        Waiting(keys: 2)
      ),
      (
        .frequencyCap(keys: ["id"], [FrequencyCap(count: 1, span: 1_000)]), Self.schema,
        Waiting(keys: 2)
      ),
      (.upserts(PhysicalUpserts(keys: ["id"])), Self.schema, Waiting(keys: 2)),
      (.changes(.final(origin: "x")), Self.schema, Waiting(keys: 3)),
    ]
    for (kind, schema, expected) in cases {
      let stage = try Self.stage(kind, schema)
      try stage.process(Self.rows(["a", "b", "a"]))
      #expect(Self.waiting(stage) == expected, "\(kind)")
    }
  }

  @Test func `what time has passed waits no more`() throws {
    for kind: PhysicalKind in [
      .order(keys: ["id"]), .top(Self.top, isGlobal: true), .keepLast(keys: ["id"], span: 1_000),
      .dedupe(keys: ["id"], span: 1_000),
      .frequencyCap(keys: ["id"], [FrequencyCap(count: 1, span: 1_000)]),
    ] {
      let stage = try Self.stage(kind)
      try stage.process(Self.rows(["a", "b", "a"]))
      try stage.watermark(.endOfTime)
      while stage.hasMore { try stage.release() }
      let left = try #require(Self.waiting(stage))
      #expect((left.keys ?? 0) + (left.rows ?? 0) == 0, "\(kind): \(left)")
    }
  }

  @Test func `an attempt of a funnel is kept until it ends`() throws {
    let funnel = PhysicalFunnel(
      keys: [Self.schema[0]], steps: ["a", "b"], mask: "n", span: 10, isStrict: false)
    let stage = try Self.stage(.funnel(funnel), funnel.schema)
    try stage.process(Self.rows(["a", "b", "c"], n: [1, 1, 2]))
    #expect(Self.waiting(stage) == Waiting(keys: 2))
    try stage.process(Self.rows(["a"], n: [2], at: 12))
    #expect(Self.waiting(stage) == Waiting(keys: 1))
  }

  @Test func `tables say of how many keys they hold a row`() throws {
    let stamps = [Field("since", .timestamp), Field("gone", .bool)]
    let table = Schema(Self.schema.fields + stamps)
    let found = Schema([Self.schema[0], Field("v", .int, nullable: true)])
    let added = [EnrichedColumn(tableColumn: "n", name: "v")]
    let held = { (ids: [String], gone: Bool) in
      let plain = Self.rows(ids)
      return Batch(
        schema: table,
        columns: plain.columns + [
          Column(.timestamp, ids.map { _ in .int(10) }),
          Column(.bool, ids.map { _ in .bool(gone) }),
        ], rowCount: ids.count, hidden: plain.hidden)
    }
    let latest = PhysicalLatest(
      table: "t", keys: ["id"], tableKeys: [Self.schema[0]], version: "since", deleted: "gone",
      values: [Self.schema[1]], columns: added, isRequired: false, expiry: nil,
      isReadFirst: false)
    let last = try Self.stage(.latest(latest), found, [Self.schema, table])
    try last.process(held(["a", "b", "a"], false), input: 1)
    #expect(Self.waiting(last) == Waiting(keys: 2))
    try last.process(held(["b"], true), input: 1)
    #expect(Self.waiting(last) == Waiting(keys: 1))

    let asOf = PhysicalAsOf(
      table: "t", keys: [Self.schema[0]], tableKeys: ["id"], version: "since", deleted: "gone",
      values: [Field("n", .int, nullable: true)], columns: added, isRequired: false, expiry: nil)
    let versions = try Self.stage(.asOf(asOf), found, [table])
    try versions.process(held(["a", "b", "a"], false))
    #expect(Self.waiting(versions) == Waiting(keys: 2))
  }

  @Test func `a group whose rows are all gone is none that a running top keeps`() throws {
    let running = PhysicalRunningTop(
      top: Self.top, takesUpdates: true, pairs: [], origin: "test")
    let stage = try Self.stage(.runningTop(running))
    try stage.process(Self.rows(["a", "b"], n: [1, 2]))
    #expect(Self.waiting(stage) == Waiting(keys: 2))
    let gone = Self.rows(["b"], n: [2])
    gone.hidden.rowKinds = Column(.int, [.int(RowKind.delete.rawValue)])
    try stage.process(gone)
    #expect(Self.waiting(stage) == Waiting(keys: 1))
  }

  @Test func `windows whose results are told early tell which are open`() throws {
    var window = PhysicalWindow(
      kind: .tumbling(size: 100), offset: 0, keys: [Self.schema[0]],
      aggregates: [
        .init(name: "c", function: "count", arguments: [], filter: nil, fieldType: FieldType(.int))
      ])
    window.emitEvery = 10
    let local = try Self.stage(.localWindow(window), window.partialSchema)
    let global = try Self.stage(
      .globalWindow(window), window.resultSchema, [window.partialSchema])
    for (turn, ids) in [["a", "b"], ["a", "c", "d"]].enumerated() {
      try local.process(Self.rows(ids, at: Int64(10 + turn * 20)))
      let first = try #require(Self.waiting(local)?.windows.first)
      #expect(first.start == 0 && first.end == 100)
      try local.barrier(Epoch(UInt64(turn + 1)))
      for batch in local.output.take() { try global.process(batch) }
      try global.watermark(Timestamp(microseconds: Int64(25 + turn)))
    }
    let open = try #require(Self.waiting(global)?.windows)
    #expect(open.map(\.start) == [0] && open.map(\.end) == [100])
    #expect((3...4).contains(open[0].groups))
    try global.watermark(Timestamp(microseconds: 100))
    #expect(Self.waiting(global)?.windows.isEmpty ?? false)
  }

  @Test func `sessions whose results are told again tell which is the first to end`() throws {
    var window = PhysicalWindow(
      kind: .session(gap: 100, limit: nil), offset: 0, keys: [Self.schema[0]],
      aggregates: [
        .init(name: "c", function: "count", arguments: [], filter: nil, fieldType: FieldType(.int))
      ])
    window.allowLate = 50
    let stage = try Self.stage(.sessionWindow(window), window.resultSchema)
    func sessions() throws -> Waiting.Sessions { try #require(Self.waiting(stage)?.sessions) }
    #expect(try sessions() == Waiting.Sessions(count: 0))
    try stage.process(Self.rows(["a", "b"], at: 10))
    #expect(try sessions() == Waiting.Sessions(count: 2, earliestEnd: 110))
    try stage.process(Self.rows(["a"], at: 30))
    try stage.watermark(Timestamp(microseconds: 115))
    // The other one has ended, and may go on with late rows.
    #expect(try sessions() == Waiting.Sessions(count: 2, earliestEnd: 130))
    try stage.watermark(Timestamp(microseconds: 140))
    #expect(try sessions().earliestEnd == nil)
  }
}
