import Columns
import Foundation
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `attribute` against a model that looks through all rows of a key for each conversion.
struct AttributionPropertyTests {
  private enum Kind: CaseIterable { case int, decimal, float }

  private static func type(_ kind: Kind) -> DataType {
    switch kind {
    case .int: .int
    case .decimal: .decimal(precision: 30, scale: 2)
    case .float: .float
    }
  }

  private static func schema(_ kind: Kind) -> Schema {
    Schema([
      Field("key", .string, nullable: true), Field("$touch", .int),
      Field("$value", type(kind), nullable: true), Field("k", .string, nullable: true),
      Field("c", .string, nullable: true), Field("t", .string, nullable: true),
      Field("n", .int, nullable: true),
    ])
  }

  private static func mixed(_ row: ModelRow) -> UInt64 {
    UInt64(row.place) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(row.partition) &* 0x1234_5671
  }

  /// Of a touch the look-backs that see it; nil: the row is a conversion, nothing: it is neither.
  private static func mask(_ row: ModelRow, _ lookBacks: Int) -> Int64? {
    let bits = mixed(row) >> 40
    if bits % 3 == 0 { return nil }
    // Touches of null keys are left out before.
    return row.key == nil ? 0 : Int64(bits / 3) & ((1 << Int64(lookBacks)) - 1)
  }

  /// Large ones too.
  private static func value(_ row: ModelRow, _ kind: Kind) -> Cell {
    guard let value = row.d else { return .null }
    switch kind {
    case .int: return .int(Int64(value))
    case .decimal:
      let isLarge = mixed(row) >> 60 == 0
      return .decimal(
        unscaled: isLarge ? value * 1_000_000_000_000_000_000_000_001 : value, scale: 2)
    case .float: return .float(Double(value) / 4)
    }
  }

  private static func batch(
    _ rows: [ModelRow], _ kind: Kind, _ lookBacks: Int, coded: Bool
  ) -> Batch {
    let rows = rows.filter { mask($0, lookBacks) != 0 }
    let from = WindowModel.batch(rows, coded: coded)
    let isTouch = rows.map { mask($0, lookBacks) != nil }
    func text(_ wanted: Bool) -> Column {
      let cells = zip(rows, isTouch).map { row, touch -> Cell in
        touch == wanted ? row.s.map { .text($0) } ?? .null : .null
      }
      return coded ? .dictionary(.string, cells) : Column(.string, cells)
    }
    return Batch(
      schema: schema(kind),
      columns: [
        from.columns[0], Column(.int, rows.map { .int(mask($0, lookBacks) ?? 0) }),
        Column(type(kind), zip(rows, isTouch).map { $1 ? .null : value($0, kind) }),
        from.columns[0], text(false), text(true),
        Column(.int, zip(rows, isTouch).map { $1 ? .int($0.place) : .null }),
      ], rowCount: rows.count, hidden: from.hidden)
  }

  private static func attribution(_ random: inout SeededRandom) -> PhysicalAttribution {
    let spans = (0..<1 + Int(random.next() % 3)).map { _ in 1 + Int64(random.next() % 40) }
    let models: [AttributionModel] = [
      .first, .last, .linear, .decay(halfLife: 1 + Int64(random.next() % 9)),
      .position(first: 400_000, last: 400_000), .position(first: 0, last: 1_000_000),
      .position(first: 333_333, last: 0), .position(first: 500_000, last: 500_000),
    ]
    return PhysicalAttribution(
      keys: ["key"], mask: "$touch", lookBacks: spans, windows: "within \(spans)",
      model: models[Int(random.next() % UInt64(models.count))],
      columns: [
        PhysicalAttribution.Column("k", isOfTouch: false),
        PhysicalAttribution.Column("t", isOfTouch: true),
        PhysicalAttribution.Column("c", isOfTouch: false),
        PhysicalAttribution.Column("n", isOfTouch: true),
      ])
  }

  private static func result(_ kind: Kind) -> Schema {
    let row = schema(kind)
    return Schema([row[3], row[5], row[4], row[6], Field("credit", type(kind), nullable: true)])
  }

  @Test(arguments: JoinPropertyTests.seeds)
  func `credits are those of the model`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 67 &+ 11)
    let attribution = Self.attribution(&random)
    let kind = Kind.allCases[Int(random.next() % 3)]
    let coded = Bool.random(using: &random)
    let schema = Self.schema(kind)
    let chain = try OrderedChain(
      .attribute(attribution), of: schema, keys: 1, workers: 1 + Int(random.next() % 3),
      scarcity: 1 + random.next() % 4, seed: seed
    ) { step in
      let plan = PhysicalOperator(
        id: step.id, kind: step.kind, inputs: [], schema: Self.result(kind), segment: 0)
      return try AttributionOperator(plan, attribution, input: schema, rowLimit: 3)
    }
    let count = attribution.lookBacks.count
    var run = KeyedRun(chain, seed: seed) { Self.batch($0, kind, count, coded: coded) }
    try run.run()

    let expected = run.onTime.flatMap { Self.model($0, attribution, kind) }.sorted()
    let have = run.chain.results.flatMap(Self.lines).sorted()
    let what = "\(attribution.windows) by \(attribution.model)"
    #expect(have.count == expected.count, "\(what)")
    if let first = zip(have, expected).first(where: { $0 != $1 }) {
      Issue.record("\(first.0) where \(first.1) is expected of \(what)")
    }
    #expect(run.chain.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
    #expect(run.chain.behind == 0, "\(what)")
  }

  /// The rows as text, with their event times and where they stand among those of a conversion.
  private static func lines(_ batch: Batch) -> [String] {
    zip(batch.cells, batch.countedRows).map { cells, row in
      let places = batch.hidden.places?.mapInts(.int) { $0 & (1 << 20 - 1) }
      let tags = [batch.hidden.eventTimes, places].map { $0?.cell(row) ?? .null }
      return "\(cells) \(tags)"
    }
  }

  /// What comes of one key's rows.
  private static func model(
    _ rows: [ModelRow], _ attribution: PhysicalAttribution, _ kind: Kind
  ) -> [String] {
    let count = attribution.lookBacks.count
    let touches = rows.filter { (mask($0, count) ?? 0) != 0 }
    return rows.filter { mask($0, count) == nil }.flatMap { row -> [String] in
      var seen: [ModelRow] = []
      for (place, span) in attribution.lookBacks.enumerated() where seen.isEmpty {
        seen = touches.filter { touch in
          let bits = mask(touch, count) ?? 0
          return bits >> Int64(place) & 1 == 1 && touch.time <= row.time
            && touch.time >= row.time - span
        }
      }
      let key = row.key.map { Cell.text($0) } ?? .null
      let text = row.s.map { Cell.text($0) } ?? .null
      let value = value(row, kind)
      guard !seen.isEmpty else {
        let cells: [Cell] = [key, .null, text, .null, value]
        return ["\(cells) \([Cell.int(row.time), .int(0)])"]
      }
      let weights = weights(seen, attribution.model)
      let credited = weights.indices.filter { weights[$0] > 0 }
      let shares = AttributionModelShares(credited.map { weights[$0] }).shares(of: value)
      return zip(credited, shares).enumerated().map { place, credit in
        let touch = seen[credit.0]
        let cells: [Cell] = [
          key, touch.s.map { .text($0) } ?? .null, text, .int(touch.place), credit.1,
        ]
        return "\(cells) \([Cell.int(row.time), .int(Int64(place))])"
      }
    }
  }

  private static func weights(_ seen: [ModelRow], _ model: AttributionModel) -> [Int128] {
    let last = seen.count - 1
    if last == 0 { return [1] }
    return seen.enumerated().map { place, touch in
      switch model {
      case .first: return place == 0 ? 1 : 0
      case .last: return place == last ? 1 : 0
      case .linear: return 1
      case .decay(let halfLife):
        let age = Double(seen[last].time - touch.time) / Double(halfLife)
        return max(1, Int128((pow(2, -age) * Double(1 << 40)).rounded()))
      case .position(let first, let end):
        let middle = Int128(max(1, last - 1))
        if place == 0 { return Int128(first) * middle }
        if place == last { return Int128(end) * middle }
        return 1_000_000 - Int128(first) - Int128(end)
      }
    }
  }
}

/// Shares of a value by weights, one unit after the other given to who is furthest below.
struct AttributionModelShares {
  let weights: [Int128]

  init(_ weights: [Int128]) { self.weights = weights }

  func shares(of value: Cell) -> [Cell] {
    switch value {
    case .int(let number): return units(Int128(number)).map { .int(Int64($0)) }
    case .decimal(let number, let scale):
      return units(number).map { .decimal(unscaled: $0, scale: scale) }
    case .float(let number):
      let whole = Double(weights.reduce(0, +))
      return weights.map { .float(number * (Double($0) / whole)) }
    default: return weights.map { _ in .null }
    }
  }

  private func units(_ value: Int128) -> [Int128] {
    let whole = weights.reduce(0, +)
    let amount = value < 0 ? -value : value
    // Sums of parts that fit.
    let (great, small) = amount.quotientAndRemainder(dividingBy: whole)
    let parts = weights.map { weight in
      let (share, rest) = (small * weight).quotientAndRemainder(dividingBy: whole)
      return (share: great * weight + share, rest: rest)
    }
    let left = Int(amount - parts.map(\.share).reduce(0, +))
    let chosen = Set(
      parts.indices.sorted { (parts[$1].rest, $0) < (parts[$0].rest, $1) }.prefix(left))
    return parts.indices.map { place in
      let share = parts[place].share + (chosen.contains(place) ? 1 : 0)
      return value < 0 ? -share : share
    }
  }
}
