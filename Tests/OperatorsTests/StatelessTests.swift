import Columns
import Instruments
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Filter, project, enrich and union, and where their rows go.
struct StatelessTests {
  static let schema = Schema([
    Field("id", .string, nullable: true), Field("n", .int), Field("d", .int),
  ])

  static func rows(_ coded: Bool) -> Batch {
    let rows: [[Cell]] = [
      ["a", 1, 1], ["b", 2, 0], [nil, 3, 1], ["a", 4, 2], ["zz", 5, 1], ["c", 6, 0],
    ]
    let plain = Batch(schema, rows)
    let ids = coded ? Column.dictionary(.string, rows.map { $0[0] }) : plain.columns[0]
    return Batch(
      schema: schema, columns: [ids] + plain.columns[1...], rowCount: 6,
      selection: Selection(rows: [0, 1, 2, 3, 4]))
  }

  static func step(
    _ kind: PhysicalKind, _ schema: Schema, _ route: PhysicalErrorRoute = .fail
  ) -> PhysicalOperator {
    PhysicalOperator(
      id: OperatorID("s.stage"), kind: kind, inputs: [], schema: schema, segment: 0,
      errorRoute: route)
  }

  static func stage(
    _ step: PhysicalOperator, inputs: [Schema] = [schema], tables: [ReplicatedTable] = [],
    scarcity: UInt64 = 1
  ) throws -> Stage {
    let plan = PhysicalPlan(
      pipeline: "p", operators: [step], tables: [], checkpoints: CheckpointPolicy())
    let op = try OperatorFactory.make(step, inputSchemas: inputs, plan: plan, tables: tables)
    return try Stage(op, output: CollectingOutput(scarcity: scarcity))
  }

  static let table: Result<ReplicatedTable, TableError> = Result {
    () throws(TableError) in
    let schema = Schema([
      Field("key", .string), Field("name", .string, nullable: true), Field("rank", .int),
    ])
    return try ReplicatedTable(
      schema: schema, keys: ["key"],
      batches: [
        Batch(schema, [["a", "old", 0], ["b", nil, 2]]), Batch(schema, [["a", "A", 1]]),
      ])
  }

  @Test(arguments: [false, true], [UInt64(1), 7])
  func `enrich adds the last row of a key, and nulls where there is none`(
    _ coded: Bool, _ scarcity: UInt64
  ) throws {
    let added = [Field("name", .string, nullable: true), Field("rank", .int, nullable: true)]
    let kind = PhysicalKind.enrich(
      table: 0, keys: ["id"],
      columns: [
        EnrichedColumn(tableColumn: "name", name: "name"),
        EnrichedColumn(tableColumn: "rank", name: "rank"),
      ], isRequired: false)
    let stage = try Self.stage(
      Self.step(kind, Schema(Self.schema.fields + added)), tables: [try Self.table.get()],
      scarcity: scarcity)
    try stage.process(Self.rows(coded))
    let cells = stage.output.take().flatMap(\.cells).map { Array($0[3...]) }
    #expect(cells == [["A", 1], [nil, 2], [nil, nil], ["A", 1], [nil, nil]])
    #expect(stage.sumHolds && stage.output.violations == 0)
  }

  @Test func `a table that was read anew is looked into from the next batch on`() throws {
    let schema = Schema([Field("key", .string), Field("rank", .int)])
    func table(_ rows: [[Cell]]) throws -> ReplicatedTable {
      try ReplicatedTable(schema: schema, keys: ["key"], batches: [Batch(schema, rows)])
    }
    let kind = PhysicalKind.enrich(
      table: 0, keys: ["id"], columns: [EnrichedColumn(tableColumn: "rank", name: "rank")],
      isRequired: false)
    let step = Self.step(
      kind, Schema(Self.schema.fields + [Field("rank", .int, nullable: true)]))
    let plan = PhysicalPlan(
      pipeline: "p", operators: [step], tables: [], checkpoints: CheckpointPolicy())
    let shared = SharedTable(try table([["a", 1]]))
    let stage = try Stage(
      OperatorFactory.make(step, inputSchemas: [Self.schema], plan: plan, shared: [shared]),
      output: CollectingOutput(scarcity: 1))
    func found() throws -> [Cell] {
      try stage.process(Self.rows(true))
      return stage.output.take().flatMap(\.cells).map { $0[3] }
    }
    #expect(try found() == [1, nil, nil, 1, nil])
    shared.replace(with: try table([["a", 2], ["b", 3]]))
    #expect(try found() == [2, 3, nil, 2, nil])
    shared.replace(with: try table([]))
    #expect(try found() == [nil, nil, nil, nil, nil])
  }

  @Test(arguments: [false, true])
  func `a row without its required match goes to unmatched`(_ coded: Bool) throws {
    let kind = PhysicalKind.enrich(
      table: 0, keys: ["id"], columns: [EnrichedColumn(tableColumn: "rank", name: "rank")],
      isRequired: true)
    let schema = Schema(Self.schema.fields + [Field("rank", .int)])
    let stage = try Self.stage(
      Self.step(kind, schema), tables: [try Self.table.get()], scarcity: 5)
    try stage.process(Self.rows(coded))
    #expect(stage.output.take().flatMap(\.cells).map { $0[1] } == [1, 2, 4])
    #expect(stage.output.take(.unmatched).flatMap(\.cells).map { $0[1] } == [3, 5])
    #expect(stage.context.metrics.unmatched.value == 2)
    #expect(stage.sumHolds && stage.output.violations == 0)
  }

  @Test func `a key of several columns matches where all are equal and none is null`() throws {
    let schema = Schema([Field("id", .string), Field("n", .int), Field("v", .float)])
    let table = try ReplicatedTable(
      schema: schema, keys: ["id", "n"],
      batches: [Batch(schema, [["a", 1, 1.5], ["zz", 5, 2.5], ["a", 9, 3.5]])])
    let kind = PhysicalKind.enrich(
      table: 0, keys: ["id", "n"], columns: [EnrichedColumn(tableColumn: "v", name: "v")],
      isRequired: false)
    let result = Schema(Self.schema.fields + [Field("v", .float, nullable: true)])
    let stage = try Self.stage(Self.step(kind, result), tables: [table])
    try stage.process(Self.rows(true))
    let cells = stage.output.take().flatMap(\.cells).map { $0[3] }
    #expect(cells == [1.5, nil, nil, nil, 2.5])
  }

  static let division = Expression(
    .call("div", [.column(schema[1]), .column(schema[2])]), FieldType(.int))

  @Test func `rows whose expression fails go to the error output with the row as JSON`() throws {
    let kind = PhysicalKind.project([
      NamedExpression("n", .column(Self.schema[1])), NamedExpression("q", Self.division),
    ])
    let schema = Schema([Field("n", .int), Field("q", .int)])
    let stage = try Self.stage(Self.step(kind, schema, .output), scarcity: 3)
    try stage.process(Self.rows(false))
    #expect(stage.output.take().flatMap(\.cells) == [[1, 1], [3, 3], [4, 2], [5, 5]])
    let errors = stage.output.take(.errors).flatMap(\.cells)
    #expect(errors.count == 1)
    #expect(errors.first?[0] == "s.stage")
    #expect(errors.first?[1] == "column `q`: division by zero")
    #expect(errors.first?[2] == "{\"id\":\"b\",\"n\":2,\"d\":0}")
    #expect(stage.sumHolds && stage.output.violations == 0)
  }

  @Test func `a failure names the stage and column where the expression was written`() throws {
    let origin = NamedExpression.Origin(stage: OperatorID("s.with"), column: "share")
    let kind = PhysicalKind.project([NamedExpression("q", Self.division, origin: origin)])
    let schema = Schema([Field("q", .int)])
    let stage = try Self.stage(Self.step(kind, schema, .output))
    try stage.process(Self.rows(false))
    let error = stage.output.take(.errors).flatMap(\.cells).first
    #expect(error.map { Array($0[..<2]) } == ["s.with", "column `share`: division by zero"])
    let failing = try Self.stage(Self.step(kind, schema))
    let thrown = #expect(throws: OperatorError.self) { try failing.process(Self.rows(false)) }
    #expect(thrown?.stage == OperatorID("s.with"))
    #expect(thrown?.origin == "{\"id\":\"b\",\"n\":2,\"d\":0}")
  }

  @Test func `a failing row stops the pipeline unless a route says otherwise`() throws {
    let condition = Expression(
      .call("greater", [Self.division, .literal(.int(1), .int)]), FieldType(.bool))
    let failing = try Self.stage(Self.step(.filter(condition), Self.schema))
    #expect(throws: OperatorError.self) { try failing.process(Self.rows(false)) }
    let skipping = try Self.stage(Self.step(.filter(condition), Self.schema, .skip))
    try skipping.process(Self.rows(false))
    #expect(skipping.output.take().flatMap(\.cells).map { $0[1] } == [3, 4, 5])
    #expect(skipping.context.metrics.failed.value == 1)
    #expect(skipping.context.metrics.filtered.value == 1)
    #expect(skipping.sumHolds)
  }

  @Test func `union orders columns by name`() throws {
    let other = Schema([Self.schema[2], Self.schema[0], Self.schema[1]])
    let stage = try Self.stage(
      Self.step(.union, Self.schema), inputs: [Self.schema, other])
    try stage.process(Self.rows(false))
    try stage.process(Batch(other, [[7, "x", 8]]), input: 1)
    #expect(stage.output.take().flatMap(\.cells).last == ["x", 8, 7])
    #expect(stage.sumHolds)
  }

  @Test func `original bytes and origin stay with a failed row`() throws {
    let partition = PartitionID(source: "s", topic: "orders", number: 3)
    let records = RecordBatch(partition: partition, capacity: 8, byteCapacity: 64)
    for row in 0..<6 {
      let value = Array("r\(row)".utf8)
      value.withUnsafeBytes {
        records.append(value: $0, key: nil, timestamp: 5, offset: Int64(100 + row))
      }
    }
    let kind = PhysicalKind.project([NamedExpression("q", Self.division)])
    let stage = try Self.stage(
      Self.step(kind, Schema([Field("q", .int)]), .output))
    let batch = Self.rows(false)
    batch.hidden.records = records
    try stage.process(batch)
    let row = stage.output.take(.errors).flatMap(\.cells).first
    #expect(row.map { Array($0[2...]) } == ["r1", nil, "orders", 3, 101, 5, nil])
    #expect(FailedRows.origin(of: 1, in: batch) == "orders[3]@101")
  }

  @Test func `a sum beyond its type names its column, key and window`() throws {
    let schema = Schema([Field("k", .string), Field("n", .int)])
    let aggregate = PhysicalWindow.Aggregate(
      name: "half", function: "sum", arguments: [.column(schema[1])], filter: nil,
      fieldType: FieldType(.int))
    let window = PhysicalWindow(
      kind: .tumbling(size: 10), offset: 0, keys: [schema[0]], aggregates: [aggregate])
    let local = try Self.stage(
      Self.step(.localWindow(window), window.partialSchema), inputs: [schema])
    let global = try Self.stage(
      Self.step(.globalWindow(window), window.resultSchema), inputs: [window.partialSchema])
    let batch = Batch(schema, [["a", .int(.max)], ["a", 1]])
    batch.hidden.eventTimes = Column(.timestamp, [1, 2])
    try local.process(batch)
    try local.watermark(.endOfTime)
    for partial in local.output.take() { try global.process(partial) }
    let thrown = #expect(throws: OperatorError.self) { try global.watermark(.endOfTime) }
    let reason = "column `half`: the result of `sum` is too large for int. Let the pipeline go on"
    #expect(thrown?.reason.hasPrefix(reason) == true)
    let row = #"{"k":"a","window_start":"1970-01-01T00:00:00Z","#
    #expect(thrown?.origin == row + #""window_end":"1970-01-01T00:00:00.00001Z"}"#)
  }

  @Test func `a sum beyond its type takes the error route when its window closes`() throws {
    let schema = Schema([Field("n", .int)])
    let aggregate = PhysicalWindow.Aggregate(
      name: "total", function: "sum", arguments: [.column(schema[0])], filter: nil,
      fieldType: FieldType(.int))
    let window = PhysicalWindow(
      kind: .tumbling(size: 10), offset: 0, keys: [], aggregates: [aggregate])
    let local = try Self.stage(
      Self.step(.localWindow(window), window.partialSchema), inputs: [schema])
    let global = try Self.stage(
      Self.step(.globalWindow(window), window.resultSchema, .skip),
      inputs: [window.partialSchema])
    let batch = Batch(schema, [[.int(.max)], [1], [5], [.int(.max)], [.int(-.max)]])
    batch.hidden.eventTimes = Column(.timestamp, [1, 2, 11, 21, 22])
    try local.process(batch)
    try local.watermark(.endOfTime)
    for partial in local.output.take() { try global.process(partial) }
    try global.watermark(.endOfTime)
    let cells = global.output.take().flatMap(\.cells)
    #expect(cells == [[10, 20, 5], [20, 30, 0]])
    #expect(global.context.metrics.failed.value == 1)
    #expect(local.sumHolds && global.sumHolds)
  }
}
