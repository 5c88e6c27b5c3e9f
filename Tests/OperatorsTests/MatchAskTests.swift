import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Ways that only what steps ask tells apart: those that answer alike are one, and of others there
/// are no more than a bound.
struct MatchAskTests {
  private static let schema = Schema([
    Field("key", .string), Field("n", .int), Field("met", .int),
  ])

  /// `(a | b)+, c` where c, plus a number, is above a value of the rows that were taken as `a`.
  private static func stage(
    _ function: String, plus more: Int64 = 0, route: PhysicalErrorRoute = .fail
  ) throws -> Stage {
    let before = Field("$before0", .int, nullable: true)
    let asked = PhysicalWindow.Aggregate(
      name: before.name, function: function, arguments: [.column(schema[1])], filter: nil,
      fieldType: before.fieldType)
    let rows = PhysicalWindow.Aggregate(
      name: "rows", function: "collect", arguments: [.column(schema[1])], filter: nil,
      fieldType: FieldType(.list(FieldType(.int))))
    let sum = Expression(
      .call("add", [.column(schema[1]), .literal(.int(more), .int)]), FieldType(.int))
    let isAbove = Expression(
      .call("greater", [sum, .column(before)]), FieldType(.bool, nullable: true))
    let either = MatchPattern.choice([.step(0), .step(1)])
    let match = PhysicalMatch(
      keys: [schema[0]], steps: ["a", "b", "c"], conditions: [], mask: "met",
      asks: [PhysicalMatch.Ask(step: 2, condition: isAbove)],
      before: [PhysicalMatch.Measure(aggregate: asked, step: 0)],
      pattern: .sequence([
        .repetition(either, least: 1, most: nil, isReluctant: false), .step(2),
      ]), span: 1_000, skip: .pastLast,
      measures: [PhysicalMatch.Measure(aggregate: rows, step: nil)])
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .match(match), inputs: [], schema: match.schema, segment: 0,
      errorRoute: route)
    return try Stage(MatchOperator(plan, match, input: schema), output: CollectingOutput())
  }

  private static func send(_ met: Int64, at times: Range<Int64>, to stage: Stage) throws {
    for time in times {
      let batch = Batch(schema, [[.text("k"), .int(time), .int(met)]])
      batch.hidden.eventTimes = Column(.timestamp, [.int(time)])
      try stage.process(batch)
    }
  }

  @Test func `ways that answer alike are one`() throws {
    let stage = try Self.stage("last")
    try Self.send(3, at: 0..<60, to: stage)
    try Self.send(4, at: 60..<61, to: stage)
    let rows = stage.output.take().flatMap { batch in
      batch.countedRows.map { row in
        if case .text(let text) = batch.columns[3].cell(row) { text } else { "none" }
      }
    }
    #expect(rows == ["[\((0..<61).map(String.init).joined(separator: ","))]"])
  }

  @Test func `a search whose condition cannot be computed fails once`() throws {
    let stage = try Self.stage("last", plus: .max, route: .output)
    try Self.send(1, at: 1..<2, to: stage)
    try Self.send(4, at: 2..<3, to: stage)
    // Begins a search that is over before c is asked.
    try Self.send(1, at: 3..<4, to: stage)
    try stage.watermark(.endOfTime)
    #expect(stage.output.take(.errors).map(\.rowCount) == [1])
    #expect(stage.output.take().allSatisfy { $0.countedRows.isEmpty })
  }

  @Test func `a search that could go on in too many ways fails`() throws {
    let failing = try Self.stage("sum")
    #expect(throws: OperatorError.self) { try Self.send(3, at: 0..<20, to: failing) }
    let skipping = try Self.stage("sum", route: .skip)
    try Self.send(3, at: 0..<14, to: skipping)
    try Self.send(8, at: 14..<15, to: skipping)
    try skipping.watermark(.endOfTime)
    #expect(skipping.output.take().allSatisfy { $0.countedRows.isEmpty })
  }

  /// `start, up*, done`, where `up` is above the row before and `done` above the sum of all `up`.
  private static func climb() throws -> Stage {
    let fields = ["$before0", "$before1"].map { Field($0, .int, nullable: true) }
    let above = { (field: Field) in
      Expression(
        .call("greater", [.column(schema[1]), .column(field)]), FieldType(.bool, nullable: true))
    }
    let asked = zip(fields, ["last", "sum"]).map { field, function in
      PhysicalWindow.Aggregate(
        name: field.name, function: function, arguments: [.column(schema[1])], filter: nil,
        fieldType: field.fieldType)
    }
    let count = PhysicalWindow.Aggregate(
      name: "rows", function: "count", arguments: [], filter: nil, fieldType: FieldType(.int))
    let match = PhysicalMatch(
      keys: [schema[0]], steps: ["start", "up", "done"], conditions: [], mask: "met",
      asks: [
        PhysicalMatch.Ask(step: 1, condition: above(fields[0])),
        PhysicalMatch.Ask(step: 2, condition: above(fields[1])),
      ],
      before: [
        PhysicalMatch.Measure(aggregate: asked[0], step: nil, choice: .previous),
        PhysicalMatch.Measure(aggregate: asked[1], step: 1),
      ],
      pattern: .sequence([
        .step(0), .repetition(.step(1), least: 0, most: nil, isReluctant: false), .step(2),
      ]), span: 1_000, skip: .pastLast, measures: [PhysicalMatch.Measure(aggregate: count, step: 1)]
    )
    let plan = PhysicalOperator(
      id: OperatorID("test"), kind: .match(match), inputs: [], schema: match.schema, segment: 0,
      errorRoute: .output)
    return try Stage(MatchOperator(plan, match, input: schema), output: CollectingOutput())
  }

  @Test func `what another step would read stops nobody`() throws {
    let half = Int64.max / 2
    for (done, failed) in [(Int64(0), 0), (4, 1)] {
      let stage = try Self.climb()
      let rows = [(0, 1), (1, 2), (half, 2), (half + 1, 2), (half + 2, 2), (half + 3, done)]
      for (time, row) in rows.enumerated() {
        let batch = Batch(Self.schema, [[.text("k"), .int(row.0), .int(row.1)]])
        batch.hidden.eventTimes = Column(.timestamp, [.int(Int64(time))])
        try stage.process(batch)
      }
      try stage.watermark(.endOfTime)
      // The sum is too large for the one row that is compared with it.
      #expect(stage.output.take(.errors).reduce(0) { $0 + $1.rowCount } == failed)
    }
  }
}
