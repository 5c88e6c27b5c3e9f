import Columns
import Operators
import Plans
import Schemas
import TestKit

/// `fold`, `funnel` and `match` behind an order, rows out of order by up to a second: processor time a row,
/// and bytes of memory a key. With few keys a fold's rounds are short.
enum Folds {
  private static let schema = Schema([Field("id", .string), Field("n", .int)])

  static func measure(_ who: String, keys: Int) throws {
    let rows = max(keys * 10, 1_000_000)
    let before = residentBytes()
    let (kind, output) = step(who)
    var stage = try OrderedStage(kind, input: schema, output: output)
    var random = SeededRandom(seed: 3)
    try stage.run(rows: rows) { batch($0, keys, &random) }
    let after = withExtendedLifetime(stage) { residentBytes() }
    let each = Double(stage.spent) / Double(rows)
    print(
      "\(who): \(rows) rows, \(keys) keys: \(Int(each)) ns a row, "
        + "\(Double(Int(1_000 / each * 100)) / 100) M rows/s, \((after - before) / keys) bytes a key"
    )
  }

  private static func step(_ who: String) -> (PhysicalKind, Schema) {
    switch who {
    case "fold": (fold, foldSchema)
    case "match": (.match(.steps), PhysicalMatch.steps.schema)
    default: (funnel, PhysicalFunnel.steps.schema)
    }
  }

  private static var foldSchema: Schema { Schema(columns.map(\.field)) }

  private static var columns: [NamedExpression] {
    let total = Expression.column(Field("total", .int))
    let count = Expression.column(Field("count", .int))
    let n = Expression.column(schema[1])
    return [
      NamedExpression("id", .column(schema[0])),
      NamedExpression("total", Expression(.call("add", [total, n]), FieldType(.int))),
      NamedExpression(
        "count", Expression(.call("add", [count, .literal(.int(1), .int)]), FieldType(.int))),
    ]
  }

  /// `fold by id expire after 1h { total: int = 0, count: int = 0 } { total = total + n, count =
  /// count + 1 }`
  private static var fold: PhysicalKind {
    let states = ["total", "count"].map {
      FoldSpec.State(field: Field($0, .int), first: .literal(.int(0), .int))
    }
    return .fold(
      keys: ["id"],
      FoldSpec(
        keys: [.column(schema[0])], expiry: 3_600_000_000, states: states, columns: columns))
  }

  private static var funnel: PhysicalKind { .funnel(.steps) }

  /// Rows of any keys, out of order; of a funnel's steps each row
  /// meets one.
  private static func batch(
    _ range: Range<Int>, _ keys: Int, _ random: inout SeededRandom
  ) -> Batch {
    let ids = ColumnBuilder(.string, capacity: range.count)
    let times = ColumnBuilder(.timestamp, capacity: range.count)
    let numbers = ColumnBuilder(.int, capacity: range.count)
    for row in range {
      ids.append(key: Int(random.next() % UInt64(keys)))
      times.append(int: OrderedStage.time(row, &random))
      numbers.append(int: 1 << Int64(random.next() % 3))
    }
    let batch = Batch(
      schema: schema, columns: [ids.finish(), numbers.finish()], rowCount: range.count)
    batch.hidden.eventTimes = times.finish()
    return batch
  }
}

extension PhysicalFunnel {
  /// Three steps within an hour.
  fileprivate static let steps = PhysicalFunnel(
    keys: [Field("id", .string)], steps: ["view", "cart", "buy"], mask: "n",
    span: 3_600_000_000, isStrict: false)
}

extension PhysicalMatch {
  /// `view+, cart, buy` within an hour, with two measures.
  fileprivate static let steps = PhysicalMatch(
    keys: [Field("id", .string)], steps: ["view", "cart", "buy"], conditions: [], mask: "n",
    pattern: .sequence([
      .repetition(.step(0), least: 1, most: nil, isReluctant: false), .step(1), .step(2),
    ]), span: 3_600_000_000, skip: .pastLast,
    measures: [
      Measure(
        aggregate: PhysicalWindow.Aggregate(
          name: "views", function: "count", arguments: [], filter: nil,
          fieldType: FieldType(.int)), step: 0),
      Measure(
        aggregate: PhysicalWindow.Aggregate(
          name: "last", function: "last", arguments: [.column(Field("n", .int))], filter: nil,
          fieldType: FieldType(.int)), step: 2),
    ])
}
