import Columns
import Operators
import Plans
import Schemas
import TestKit

/// `attribute`, `frequency_cap` and `anomaly` behind an order, rows out of order by up to a second:
/// processor time a row, and bytes of memory a key. Of ten rows nine are touches; with one key a
/// conversion of `linear` and `decay` looks at thousands of them.
enum Marketing {
  private static let schema = Schema([
    Field("id", .string, nullable: true), Field("$touch", .int),
    Field("$value", .decimal(precision: 12, scale: 2), nullable: true),
    Field("order", .int, nullable: true), Field("campaign", .int, nullable: true),
  ])
  /// Look-back, and span of the cap: of ten million rows a tenth.
  private static let span: Int64 = 100_000_000

  static func measure(_ who: String, keys: Int) throws {
    let rows = keys < 10 ? 200_000 : max(keys * 10, 1_000_000)
    let before = residentBytes()
    let (kind, output) = step(who)
    var stage = try OrderedStage(kind, input: schema, output: output)
    var random = SeededRandom(seed: 3)
    try stage.run(rows: rows) { batch($0, keys, &random) }
    let after = withExtendedLifetime(stage) { residentBytes() }
    let each = Double(stage.spent) / Double(rows)
    print(
      "\(who): \(rows) rows, \(stage.rowsOut) out, \(keys) keys: \(Int(each)) ns a row, "
        + "\(Int(Double(stage.spent) / Double(max(1, stage.rowsOut)))) ns a row out, "
        + "\((after - before) / max(1, keys)) bytes a key")
  }

  private static func step(_ who: String) -> (PhysicalKind, Schema) {
    let cap = [FrequencyCap(count: 3, span: span)]
    if who == "cap" { return (.frequencyCap(keys: ["id"], cap), schema) }
    if who == "anomaly" { return anomaly() }
    let model: AttributionModel =
      switch who {
      case "linear": .linear
      case "decay": .decay(halfLife: span / 4)
      default: .last
      }
    let attribution = PhysicalAttribution(
      keys: ["id"], mask: "$touch", lookBacks: [span], windows: "", model: model,
      columns: [
        PhysicalAttribution.Column("order", isOfTouch: false),
        PhysicalAttribution.Column("campaign", isOfTouch: true),
      ])
    let credit = Field("credit", schema[2].fieldType)
    return (.attribute(attribution), Schema([schema[3], schema[4], credit]))
  }

  private static func anomaly() -> (PhysicalKind, Schema) {
    let steps = AnomalySteps(
      AnomalySpec(
        value: .column(schema[4]), keys: [.column(schema[0])], forgetting: .halfLife(span),
        season: nil, floor: 0, threshold: 4, warmUp: 20, ignoresAnomalies: false, expiry: span,
        name: "a"))
    let fold = FoldSpec(
      keys: steps.keys, expiry: span, states: steps.states,
      columns: [NamedExpression("order", .column(schema[3]))] + steps.columns)
    return (.fold(keys: ["id"], fold), Schema(fold.columns.map(\.field)))
  }

  /// Rows of any keys, out of order. Of one key a conversion is rare.
  private static func batch(
    _ range: Range<Int>, _ keys: Int, _ random: inout SeededRandom
  ) -> Batch {
    let builders = schema.fields.map { ColumnBuilder($0.type, capacity: range.count) }
    let times = ColumnBuilder(.timestamp, capacity: range.count)
    let share: UInt64 = keys < 10 ? 2_000 : 10
    for row in range {
      let isTouch = random.next() % share != 0
      builders[0].append(key: Int(random.next() % UInt64(keys)))
      times.append(int: OrderedStage.time(row, &random))
      builders[1].append(int: isTouch ? 1 : 0)
      if isTouch {
        builders[2].appendNull()
        builders[3].appendNull()
        builders[4].append(int: Int64(row))
      } else {
        builders[2].append(decimal: Int128(row))
        builders[3].append(int: Int64(row))
        builders[4].appendNull()
      }
    }
    let batch = Batch(
      schema: schema, columns: builders.map { $0.finish() }, rowCount: range.count)
    batch.hidden.eventTimes = times.finish()
    return batch
  }
}
