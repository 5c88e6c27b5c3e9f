import Columns
import Expressions
import Foundation
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `anomaly` against a model that for each row sums over all rows of its key before it.
struct AnomalyPropertyTests {
  private static func spec(_ random: inout SeededRandom) -> AnomalySpec {
    let isSeasonal = random.next() % 3 == 0
    let step = 1 + Int64(random.next() % 5)
    return AnomalySpec(
      value: .column(WindowModel.schema[1]),
      keys: [.column(WindowModel.schema[0])],
      forgetting: random.next() % 2 == 0
        ? .halfLife(1 + Int64(random.next() % 40)) : .share(0.05 + Double(random.next() % 9) / 10),
      season: isSeasonal
        ? AnomalySpec.Season(period: step * (1 + Int64(random.next() % 6)), step: step) : nil,
      floor: random.next() % 3 == 0 ? 0.5 : 0, threshold: 0.51371 + Double(random.next() % 3),
      warmUp: 1 + Int64(random.next() % 5), ignoresAnomalies: random.next() % 2 == 0,
      expiry: random.next() % 2 == 0 ? nil : Int64(random.next() % 30), name: "a")
  }

  @Test(arguments: SessionPropertyTests.seeds)
  func `rows are judged as the model judges them`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 71 &+ 5)
    let spec = Self.spec(&random)
    let steps = AnomalySteps(spec)
    let carried = [NamedExpression("key", spec.keys[0])]
    let fold = FoldSpec(
      keys: steps.keys, expiry: spec.expiry, states: steps.states,
      columns: carried + steps.columns)
    let coded = Bool.random(using: &random)
    // The slot of the season is computed before the exchange.
    let slot = try spec.season.map { _ in
      try BoundExpression(steps.keys[1], schema: WindowModel.schema)
    }
    let schema = Schema([
      WindowModel.schema[0], Field("$slot", .int, nullable: true), WindowModel.schema[1],
    ])
    let keys = spec.season == nil ? ["key"] : ["key", "$slot"]
    let chain = try OrderedChain(
      .fold(keys: keys, fold), of: schema, keys: keys.count, workers: 1 + Int(random.next() % 3),
      scarcity: 1 + random.next() % 4, seed: seed
    ) { plan in
      var plan = plan
      plan.schema = Schema(fold.columns.map(\.field))
      return try FoldOperator(plan, keys: keys, fold, input: schema)
    }
    var run = KeyedRun(chain, seed: seed) { rows in
      let from = WindowModel.batch(rows, coded: coded)
      return Batch(
        schema: schema,
        columns: [
          from.columns[0], slot?.evaluate(from).column ?? from.columns[1], from.columns[1],
        ],
        rowCount: rows.count, hidden: from.hidden)
    }
    try run.run()
    try check(run, spec)
  }

  private func check(_ run: KeyedRun, _ spec: AnomalySpec) throws {
    var expected: [String: Judgement] = [:]
    for rows in run.onTime {
      let slots = Dictionary(grouping: rows) { Self.slot(of: $0.time, spec.season) }
      for rows in slots.values {
        for (row, judgement) in zip(rows, Self.model(rows, spec)) {
          expected["\(row.partition) \(row.place)"] = judgement
        }
      }
    }
    var seen: Set<String> = []
    for batch in run.chain.results {
      for (cells, place) in zip(batch.cells, batch.countedRows) {
        let tags = [batch.hidden.lanes, batch.hidden.places].map { $0?.cell(place) ?? .null }
        let name = "\(tags[0]) \(tags[1])"
        #expect(seen.insert(name).inserted)
        let want = try #require(expected[name])
        let have = try #require(cells.last)
        #expect(want.isSame(as: have), "\(have) where \(want) is expected, \(spec.text)")
      }
    }
    #expect(seen.count == expected.count && !seen.isEmpty)
    #expect(run.chain.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
    #expect(run.chain.behind == 0)
  }

  /// What is said of the rows of one key and slot, which are in order.
  private static func model(_ rows: [ModelRow], _ spec: AnomalySpec) -> [Judgement] {
    var before: [ModelRow] = []
    var last: Int64?
    var result: [Judgement] = []
    for row in rows {
      if let expiry = spec.expiry, let last, row.time - last > expiry { before = [] }
      last = row.time
      let judgement = judge(row, before, spec)
      result.append(judgement)
      let isLearned = row.i != nil && !(spec.ignoresAnomalies && judgement.isAnomaly)
      if isLearned { before.append(row) }
    }
    return result
  }

  private static func judge(
    _ row: ModelRow, _ before: [ModelRow], _ spec: AnomalySpec
  ) -> Judgement {
    guard let value = row.i.map(Double.init), before.count >= spec.warmUp else {
      return Judgement()
    }
    let values = before.map { Double($0.i ?? 0) }
    let weights = before.indices.map { index in
      switch spec.forgetting {
      case .halfLife(let span):
        exp2(-Double(before[before.count - 1].time - before[index].time) / Double(span))
      case .share(let share): pow(1 - share, Double(before.count - 1 - index))
      }
    }
    let weight = weights.reduce(0, +)
    let mean = zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 } / weight
    let squares = zip(weights, values).reduce(0) { $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean) }
    let scale = max((squares / weight).squareRoot(), abs(mean) * 1e-9, spec.floor)
    let difference = value - mean
    var score = 0.0
    if difference != 0 { score = min(max(difference / scale, -1e6), 1e6) }
    return Judgement(expected: mean, deviation: score, isAnomaly: abs(score) > spec.threshold)
  }

  private static func slot(of time: Int64, _ season: AnomalySpec.Season?) -> Int64 {
    guard let season else { return 0 }
    let place = time % season.period
    return (place < 0 ? place + season.period : place) / season.step
  }
}

/// What is said of a row.
private struct Judgement {
  var expected: Double?
  var deviation: Double?
  var isAnomaly = false

  /// Scores are compared as far as rounding lets them: a sum over all rows is rounded elsewhere.
  func isSame(as cell: Cell) -> Bool {
    guard case .text(let text) = cell else { return false }
    let parts = text.dropFirst().dropLast().split(separator: ",").map {
      $0.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
    }
    guard parts.count == 3 else { return false }
    return Self.isNear(expected, parts[0]) && Self.isNear(deviation, parts[1])
      && parts[2] == "\(isAnomaly)"
  }

  private static func isNear(_ number: Double?, _ text: String) -> Bool {
    guard let number else { return text == "null" }
    guard let other = Double(text) else { return false }
    return abs(number - other) <= 1e-6 * max(1, abs(number))
  }
}
