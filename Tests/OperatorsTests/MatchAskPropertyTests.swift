import Columns
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// Steps that ask of the rows that were taken before, against a model that tries one way after the
/// other.
struct MatchAskPropertyTests {
  private static func match(_ random: inout SeededRandom) -> (PhysicalMatch, [ModelAsk]) {
    let steps = 2 + Int(random.next() % 2)
    var source = PatternSource(random: SeededRandom(seed: random.next()), steps: steps)
    let step = Int(random.next() % 2)
    let skips: [MatchSpec.Skip] = [.pastLast, .toNext, .toFirst(step), .toLast(step)]
    let asks = (0..<steps).compactMap { step in
      step > 0 && random.next() % 4 == 0
        ? nil
        : ModelAsk(
          step: step, kind: .allCases[Int(random.next() % UInt64(ModelAsk.Kind.allCases.count))],
          other: Int(random.next() % UInt64(steps)))
    }
    let match = PhysicalMatch(
      keys: [MatchPropertyTests.schema[0]], steps: (0..<steps).map { "s\($0)" }, conditions: [],
      mask: "met", asks: asks.map(\.ask), before: asks.map(\.measure),
      pattern: source.whole(mayWait: true), span: Int64(random.next() % 5),
      skip: skips[Int(random.next() % 4)], measures: MatchPropertyTests.measures)
    return (match, asks)
  }

  // They cost twice as much as others.
  @Test(arguments: OverPropertyTests.seeds.prefix(OverPropertyTests.seeds.count / 2))
  func `what steps ask is that of the model`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 37 &+ 11)
    let (match, asks) = Self.match(&random)
    let coded = Bool.random(using: &random)
    let schema = MatchPropertyTests.schema
    let chain = try OrderedChain(
      .match(match), of: schema, keys: 1, workers: 1 + Int(random.next() % 3),
      scarcity: 1 + random.next() % 4, seed: seed
    ) { try MatchOperator($0, match, input: schema, rowLimit: 3) }
    var run = KeyedRun(chain, seed: seed) {
      MatchPropertyTests.batch($0, match.steps.count, coded: coded)
    }
    try run.run()

    let expected = run.onTime.flatMap { MatchPropertyTests.model($0, match, asks) }.sorted()
    let have = run.chain.results.flatMap(\.taggedLines).sorted()
    let asked = asks.map { "s\($0.step) \($0.kind) s\($0.other)" }
    let what = "\(match.pattern.text(match.steps)) \(match.span ?? -1) \(match.skip) \(asked)"
    #expect(have.count == expected.count, "\(what)")
    if let first = zip(have, expected).first(where: { $0 != $1 }) {
      Issue.record("\(first.0) where \(first.1) is expected of \(what)")
    }
    #expect(run.chain.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
    #expect(run.chain.behind == 0, "\(what)")
  }
}

/// What a step asks, as a plan says it and as the model computes it.
struct ModelAsk {
  enum Kind: CaseIterable {
    case aboveLast, aboveFirst, abovePrevious, aboveMean, laterThanLast, fewBefore, smallSum
  }

  let step: Int
  let kind: Kind
  /// Whose rows it asks for.
  let other: Int

  private static let value = Field("i", .int, nullable: true)

  private var field: Field {
    switch kind {
    case .aboveLast, .aboveFirst, .abovePrevious, .smallSum:
      Field("$before\(step)", .int, nullable: true)
    case .aboveMean: Field("$before\(step)", .float, nullable: true)
    case .laterThanLast: Field("$before\(step)", .timestamp, nullable: true)
    case .fewBefore: Field("$before\(step)", .int)
    }
  }

  var measure: PhysicalMatch.Measure {
    let time = Field(MatchSpec.timeName, .timestamp)
    let (function, column): (String, Field?) =
      switch kind {
      case .aboveLast, .abovePrevious: ("last", Self.value)
      case .aboveFirst: ("first", Self.value)
      case .aboveMean: ("avg", Self.value)
      case .laterThanLast: ("last", time)
      case .fewBefore: ("count", nil)
      case .smallSum: ("sum", Self.value)
      }
    let isOfAll = [.abovePrevious, .fewBefore, .smallSum].contains(kind)
    return PhysicalMatch.Measure(
      aggregate: PhysicalWindow.Aggregate(
        name: field.name, function: function, arguments: column.map { [.column($0)] } ?? [],
        filter: nil, fieldType: field.fieldType),
      step: isOfAll ? nil : other,
      choice: kind == .aboveLast ? .last : kind == .abovePrevious ? .previous : nil)
  }

  /// `before is null or x > before`
  var ask: PhysicalMatch.Ask {
    let before = Expression.column(field)
    let value: Expression =
      switch kind {
      case .aboveLast, .aboveFirst, .abovePrevious: .column(Self.value)
      case .aboveMean:
        Expression(.cast(.column(Self.value), isTry: false), FieldType(.float, nullable: true))
      case .laterThanLast: Expression(.eventTime, FieldType(.timestamp))
      case .fewBefore: .literal(.int(3), .int)
      case .smallSum: .literal(.int(20), .int)
      }
    let above = Expression(.call("greater", [value, before]), FieldType(.bool, nullable: true))
    let isNull = Expression(.isNull(before), FieldType(.bool))
    return PhysicalMatch.Ask(
      step: step,
      condition: Expression(.or([isNull, above]), FieldType(.bool, nullable: true)))
  }

  func isMet(
    _ rows: [ModelRow], _ place: Int, _ path: MatchModel.Path, _ start: Int
  ) -> Bool {
    let row = rows[place]
    let others = path.filter { $0.step == other }.map { rows[$0.row] }
    let values = others.compactMap(\.i)
    func above(_ before: Int64?) -> Bool {
      before.map { before in row.i.map { $0 > before } ?? false } ?? true
    }
    switch kind {
    case .aboveLast: return above(others.last?.i)
    case .aboveFirst: return above(values.first)
    case .abovePrevious: return above(place > start ? rows[place - 1].i : nil)
    case .aboveMean:
      guard !values.isEmpty else { return true }
      let mean = Double(values.reduce(0, +)) / Double(values.count)
      return row.i.map { Double($0) > mean } ?? false
    case .laterThanLast: return others.last.map { row.time > $0.time } ?? true
    case .fewBefore: return path.count < 3
    case .smallSum:
      let all = path.compactMap { rows[$0.row].i }
      return all.isEmpty || all.reduce(0, +) < 20
    }
  }
}
