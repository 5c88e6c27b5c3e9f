import Columns
import Operators
import Plans
import Schemas
import TestKit

/// What `experiment` and `retention` keep of users, behind an order, rows out of order by up to a
/// second: processor time a row, and bytes of memory a user.
enum Cohorts {
  private static let schema = Schema([
    Field("id", .string), Field("variant", .string, nullable: true), Field("paid", .bool),
    Field("window_start", .timestamp),
  ])
  /// Of ten million rows a tenth.
  private static let span: Int64 = 100_000_000

  static func measure(_ stage: String, keys: Int) throws {
    guard case .fold(let fold) = stage == "retention" ? retention : experiment else { return }
    let rows = max(keys * 10, 1_000_000)
    let before = residentBytes()
    var ordered = try OrderedStage(
      .fold(keys: ["id"], fold), input: schema, output: Schema(fold.columns.map(\.field)))
    var random = SeededRandom(seed: 3)
    try ordered.run(rows: rows) { batch($0, keys, &random) }
    let after = withExtendedLifetime(ordered) { residentBytes() }
    print(
      "\(stage): \(rows) rows, \(keys) users: \(ordered.spent / Int64(rows)) ns a row, "
        + "\((after - before) / max(1, keys)) bytes a user")
  }

  private static var experiment: LogicalKind {
    ExperimentSteps(
      ExperimentSpec(
        variant: .column(schema[1]), users: [.column(schema[0])],
        isConversion: .column(schema[2]), span: span, period: span / 10,
        variants: ["a", "b"].map { ExperimentSpec.Variant(name: $0, share: 0.5) },
        confidence: ExperimentSpec.usualConfidence, effect: ExperimentSpec.usualEffect,
        expiry: 2 * span)
    ).steps[0].kind
  }

  /// The step behind the window that brings each user once a period.
  private static var retention: LogicalKind {
    RetentionSteps(
      RetentionSpec(
        period: span / 10, offset: 0, zone: nil, users: [.column(schema[0])], groups: [],
        periods: 8)
    ).steps[1].kind
  }

  private static func batch(
    _ range: Range<Int>, _ keys: Int, _ random: inout SeededRandom
  ) -> Batch {
    let builders = schema.fields.map { ColumnBuilder($0.type, capacity: range.count) }
    let times = ColumnBuilder(.timestamp, capacity: range.count)
    for row in range {
      let key = Int(random.next() % UInt64(keys))
      let time = OrderedStage.time(row, &random)
      builders[0].append(key: key)
      if random.next() % 3 == 0 {
        builders[1].append(string: key % 2 == 0 ? "a" : "b")
      } else {
        builders[1].appendNull()
      }
      builders[2].append(bool: random.next() % 20 == 0)
      builders[3].append(int: time / (span / 10) * (span / 10))
      times.append(int: time)
    }
    let batch = Batch(
      schema: schema, columns: builders.map { $0.finish() }, rowCount: range.count)
    batch.hidden.eventTimes = times.finish()
    return batch
  }
}
