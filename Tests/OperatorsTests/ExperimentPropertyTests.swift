import Columns
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// What rows change in an `experiment`, against a model that looks for each row at all others of
/// its user.
struct ExperimentPropertyTests {
  private static let schema = Schema([
    Field("key", .string, nullable: true), Field("variant", .string, nullable: true),
    Field("paid", .bool, nullable: true),
  ])
  private static let changes = ["$entered", "$converted", "$left", "$undone"]

  /// Of three variants the last is none that is declared.
  private static func variant(_ row: ModelRow) -> Int? {
    guard let number = row.i, row.pass ?? false else { return nil }
    return Int(number.magnitude % 3)
  }

  private static func batch(_ rows: [ModelRow], coded: Bool) -> Batch {
    let from = WindowModel.batch(rows, coded: coded)
    let variants = rows.map { variant($0).map { Cell.text("v\($0)") } ?? .null }
    return Batch(
      schema: schema,
      columns: [
        from.columns[0],
        coded ? .dictionary(.string, variants) : Column(.string, variants),
        Column(.bool, rows.map { $0.b.map { .bool($0) } ?? .null }),
      ], rowCount: rows.count, hidden: from.hidden)
  }

  @Test(arguments: SessionPropertyTests.seeds)
  func `users enter, convert and leave as the model says`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 31 &+ 11)
    let spec = ExperimentSpec(
      variant: .column(Self.schema[1]), users: [.column(Self.schema[0])],
      isConversion: .column(Self.schema[2]), span: 1 + Int64(random.next() % 25), period: 10,
      variants: [.init(name: "v0", share: 0.5), .init(name: "v1", share: 0.5)],
      confidence: ExperimentSpec.usualConfidence, effect: ExperimentSpec.usualEffect,
      expiry: random.next() % 2 == 0 ? nil : 5 + Int64(random.next() % 40))
    let first = try #require(ExperimentSteps(spec).steps.first)
    guard case .fold(let fold) = first.kind else {
      Issue.record("an experiment begins with a fold")
      return
    }
    let coded = Bool.random(using: &random)
    let chain = try OrderedChain(
      .fold(keys: ["key"], fold), of: Self.schema, keys: 1, workers: 1 + Int(random.next() % 3),
      scarcity: 1 + random.next() % 4, seed: seed
    ) { plan in
      var plan = plan
      plan.schema = Schema(fold.columns.map(\.field))
      return try FoldOperator(plan, keys: ["key"], fold, input: Self.schema)
    }
    var run = KeyedRun(chain, seed: seed) { Self.batch($0, coded: coded) }
    try run.run()

    let expected = run.onTime.flatMap { Self.model($0, spec) }.sorted()
    let places = Self.changes.compactMap { name in fold.columns.firstIndex { $0.name == name } }
    let have = run.chain.results.flatMap { $0.lines(of: places) }.sorted()
    #expect(have == expected && !have.isEmpty)
    #expect(run.chain.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
    #expect(run.chain.behind == 0)
  }

  /// What each row of one user changes. Who was silent for long begins anew.
  private static func model(_ rows: [ModelRow], _ spec: ExperimentSpec) -> [String] {
    rows.parted { $1.time - $0.time > spec.expiry ?? .max }.flatMap { rows -> [String] in
      let shown = rows.map { variant($0).flatMap { $0 < spec.variants.count ? $0 : nil } }
      let entry = shown.firstIndex { $0 != nil }
      let exit = shown.indices.first { index in
        entry.map { index > $0 && shown[index] != nil && shown[index] != shown[$0] } ?? false
      }
      let conversion = rows.indices.first { index in
        guard let entry, index >= entry, rows[index].b ?? false else { return false }
        return rows[index].time - rows[entry].time <= spec.span && index < exit ?? .max
      }
      return rows.indices.map { index in
        let cells = [
          index == entry, index == conversion, index == exit,
          index == exit && conversion != nil,
        ].map { Cell.bool($0) }
        return rows[index].line(cells)
      }
    }
  }
}
