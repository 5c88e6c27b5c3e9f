import Columns
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Which cohort a user belongs to, against a model that looks at all periods of the user.
struct RetentionPropertyTests {
  private static let period: Int64 = 10
  /// As the window before makes rows: a user, a period, and what the user's first event in it had.
  private static let schema = Schema([
    Field("$user0", .string, nullable: true), Field("window_start", .timestamp),
    Field("$first0", .string, nullable: true),
  ])

  private static func start(_ row: ModelRow) -> Int64 {
    let rest = row.time % period
    return row.time - (rest < 0 ? rest + period : rest)
  }

  private static func batch(_ rows: [ModelRow], coded: Bool) -> Batch {
    let from = WindowModel.batch(rows, coded: coded)
    return Batch(
      schema: schema,
      columns: [
        from.columns[0], Column(.timestamp, rows.map { .int(start($0)) }), from.columns[4],
      ], rowCount: rows.count, hidden: from.hidden)
  }

  @Test(arguments: SessionPropertyTests.seeds)
  func `users belong to the cohort of their first period`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 37 &+ 3)
    let text = WindowModel.schema[4]
    let spec = RetentionSpec(
      period: Self.period, offset: 0, zone: nil, users: [.column(WindowModel.schema[0])],
      groups: [NamedExpression("group", .column(text))], periods: Int64(random.next() % 4))
    guard case .fold(let fold) = RetentionSteps(spec).steps[1].kind else {
      Issue.record("the second step of a retention is a fold")
      return
    }
    let coded = Bool.random(using: &random)
    let chain = try OrderedChain(
      .fold(keys: ["$user0"], fold), of: Self.schema, keys: 1,
      workers: 1 + Int(random.next() % 3), scarcity: 1 + random.next() % 4, seed: seed
    ) { plan in
      var plan = plan
      plan.schema = Schema(fold.columns.map(\.field))
      return try FoldOperator(plan, keys: ["$user0"], fold, input: Self.schema)
    }
    var run = KeyedRun(chain, seed: seed) { Self.batch($0, coded: coded) }
    try run.run()

    let expected = run.onTime.flatMap { Self.model($0, spec) }.sorted()
    let places = ["cohort", "group", "$period"].compactMap { name in
      fold.columns.firstIndex { $0.name == name }
    }
    let have = run.chain.results.flatMap { $0.lines(of: places) }.sorted()
    #expect(have == expected && !have.isEmpty)
    #expect(run.chain.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
    #expect(run.chain.behind == 0)
  }

  /// Who stays away for longer than all periods, and half a one, comes for the first time again.
  private static func model(_ rows: [ModelRow], _ spec: RetentionSpec) -> [String] {
    let expiry = spec.periods * period + period / 2
    return rows.parted { $1.time - $0.time > expiry }.flatMap { rows -> [String] in
      let first = rows[0]
      return rows.map { row in
        row.line([
          .int(start(first)), first.s.map { .text($0) } ?? .null,
          .int((start(row) - start(first)) / period),
        ])
      }
    }
  }
}
