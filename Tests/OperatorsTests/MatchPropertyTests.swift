import Columns
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `match` against a model that tries one way after the other.
struct MatchPropertyTests {
  static let schema = Schema([
    Field("key", .string, nullable: true), Field("i", .int, nullable: true),
    Field("pass", .bool, nullable: true), Field("met", .int),
  ])

  static func met(_ row: ModelRow, _ steps: Int) -> Int64 {
    let mixed = UInt64(row.place) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(row.partition) &* 0x1234_5671
    return Int64(mixed >> 40) & ((1 << Int64(steps)) - 1)
  }

  /// Rows that meet no step are left out before.
  static func batch(_ rows: [ModelRow], _ steps: Int, coded: Bool) -> Batch {
    let rows = rows.filter { met($0, steps) != 0 }
    let from = WindowModel.batch(rows, coded: coded)
    return Batch(
      schema: schema,
      columns: [
        from.columns[0], from.columns[1], from.columns[6],
        Column(.int, rows.map { .int(met($0, steps)) }),
      ], rowCount: rows.count, hidden: from.hidden)
  }

  private typealias Aggregate = (
    function: String, column: String?, filter: String?, step: Int?, type: DataType
  )

  private static let aggregates: [Aggregate] = [
    ("count", nil, nil, nil, .int), ("count", nil, nil, 0, .int),
    ("collect", "i", nil, 1, .list(FieldType(.int))), ("last", "i", "pass", 0, .int),
    ("sum", "i", nil, nil, .int), ("first", MatchSpec.timeName, nil, 1, .timestamp),
    ("last", MatchSpec.timeName, nil, nil, .timestamp), ("last_row", "i", nil, 0, .int),
    ("last_row", "i", nil, 1, .int),
  ]

  static var measures: [PhysicalMatch.Measure] {
    aggregates.enumerated().map { number, aggregate in
      let field = aggregate.column.map {
        schema.field(named: $0) ?? Field(MatchSpec.timeName, .timestamp)
      }
      return PhysicalMatch.Measure(
        aggregate: PhysicalWindow.Aggregate(
          name: "m\(number)",
          function: aggregate.function == "last_row" ? "last" : aggregate.function,
          arguments: field.map { [.column($0)] } ?? [], filter: aggregate.filter,
          fieldType: FieldType(aggregate.type, nullable: true)),
        step: aggregate.step, choice: aggregate.function == "last_row" ? .last : nil)
    }
  }

  private static func match(_ random: inout SeededRandom) -> PhysicalMatch {
    let steps = 2 + Int(random.next() % 3)
    var source = PatternSource(random: SeededRandom(seed: random.next()), steps: steps)
    // Without a bound there are too many ways to try in deep patterns.
    let span: Int64? = random.next() % 6 == 0 ? nil : Int64(random.next() % 16)
    let plain: [MatchPattern] = [
      .sequence([.step(0), .step(1)]),
      .repetition(.step(0), least: 1, most: nil, isReluctant: false),
      .sequence([
        .repetition(.step(0), least: 1, most: nil, isReluctant: true), .gap([0]), .step(1),
      ]),
      .choice([.sequence([.step(1), .gap([0]), .step(1)]), .step(0)]),
    ]
    let pattern =
      span == nil ? plain[Int(random.next() % 4)] : source.whole(mayWait: true)
    let step = Int(random.next() % 2)
    let skips: [MatchSpec.Skip] = [.pastLast, .toNext, .toFirst(step), .toLast(step)]
    return PhysicalMatch(
      keys: [schema[0]], steps: (0..<steps).map { "s\($0)" }, conditions: [], mask: "met",
      pattern: pattern, span: span, skip: skips[Int(random.next() % 4)], measures: measures)
  }

  @Test(arguments: OverPropertyTests.seeds)
  func `matches are those of the model`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 71 &+ 5)
    let match = Self.match(&random)
    let steps = match.steps.count
    let coded = Bool.random(using: &random)
    let chain = try OrderedChain(
      .match(match), of: Self.schema, keys: 1, workers: 1 + Int(random.next() % 3),
      scarcity: 1 + random.next() % 4, seed: seed
    ) { try MatchOperator($0, match, input: Self.schema, rowLimit: 3) }
    var run = KeyedRun(chain, seed: seed) { Self.batch($0, steps, coded: coded) }
    try run.run()

    let expected = run.onTime.flatMap { Self.model($0, match) }.sorted()
    let have = run.chain.results.flatMap(\.taggedLines).sorted()
    let what = match.pattern.text(match.steps) + " \(match.span ?? -1) \(match.skip)"
    #expect(have.count == expected.count, "\(what)")
    if let first = zip(have, expected).first(where: { $0 != $1 }) {
      Issue.record("\(first.0) where \(first.1) is expected of \(what)")
    }
    #expect(run.chain.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
    #expect(run.chain.behind == 0, "\(what)")
  }

  /// What comes of one key's rows, which are in order.
  static func model(
    _ rows: [ModelRow], _ match: PhysicalMatch, _ asks: [ModelAsk] = []
  ) -> [String] {
    let rows = rows.filter { met($0, match.steps.count) != 0 }
    var model = MatchModel(
      pattern: match.pattern, span: match.span, skip: match.skip,
      rows: rows.map { ($0.time, met($0, match.steps.count)) })
    model.asks = { step, place, path, start in
      asks.allSatisfy { $0.step != step || $0.isMet(rows, place, path, start) }
    }
    return model.matches.map { found in
      let taken = found.path.map { (row: rows[$0.row], step: $0.step) }
      let (first, last) = (taken[0].row, taken[taken.count - 1].row)
      var cells: [Cell] = [first.key.map { .text($0) } ?? .null, .int(first.time), .int(last.time)]
      cells += aggregates.map { value($0, taken) }
      let tagged = found.end == nil ? last : first
      let tags: [Cell] = [
        .int(found.end ?? last.time), .int(Int64(tagged.partition)), .int(tagged.place),
      ]
      return "\(cells) \(tags)"
    }
  }

  private static func value(
    _ aggregate: Aggregate, _ taken: [(row: ModelRow, step: Int)]
  ) -> Cell {
    let rows = taken.filter { aggregate.step == nil || aggregate.step == $0.step }.map(\.row)
      .filter { aggregate.filter == nil || $0.pass == true }
    if aggregate.column == MatchSpec.timeName {
      let row = aggregate.function == "first" ? rows.first : rows.last
      return row.map { .int($0.time) } ?? .null
    }
    if aggregate.function == "last_row" { return rows.last?.i.map { .int($0) } ?? .null }
    let values = aggregate.column == nil ? rows.map { _ in 1 } : rows.compactMap(\.i)
    switch aggregate.function {
    case "count": return .int(Int64(values.count))
    case "sum": return values.isEmpty ? .null : .int(values.reduce(0, +))
    case "collect": return .text("[\(values.map(String.init).joined(separator: ","))]")
    default: return values.last.map { .int($0) } ?? .null
    }
  }
}
