import Columns
import Schemas

/// Columns of all types that are measured, in batches that together fit the second cache.
struct Workload {
  static let rows = Batch.rowLimit
  static let batchCount = 4

  static let schema = Schema([
    Field("a", .int), Field("b", .int), Field("x", .float), Field("y", .float),
    Field("s", .string), Field("t", .string), Field("m", .int, nullable: true),
    Field("n", .int, nullable: true), Field("c", money), Field("d", money),
  ])

  static let money = DataType.decimal(precision: 12, scale: 2)

  let batches: [Batch] = (0..<Workload.batchCount).map(Workload.batch)

  /// Numbers without overflow, divisors without zero; a text is one of eight kinds of events.
  private static func batch(_ number: Int) -> Batch {
    let words = ["view", "click", "cart", "purchase", "refund", "view_item", "share", "search"]
    let builders = schema.fields.map { ColumnBuilder($0.type, capacity: rows) }
    var state = UInt64(number + 1)
    func random(_ bound: UInt64) -> Int64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64((state >> 33) % bound)
    }
    for _ in 0..<rows {
      builders[0].append(int: random(1_000_000))
      builders[1].append(int: random(1_000_000) + 1)
      builders[2].append(float: Double(random(1_000_000)) / 7)
      builders[3].append(float: Double(random(1_000_000)) / 7 + 1)
      builders[4].append(string: words[Int(random(8))])
      builders[5].append(string: words[Int(random(8))])
      for builder in builders[6...7] {
        if random(10) == 0 { builder.appendNull() } else { builder.append(int: random(1000)) }
      }
      builders[8].append(decimal: Int128(random(1_000_000)))
      builders[9].append(decimal: Int128(random(1_000_000)) - 500_000)
    }
    return Batch(schema: schema, columns: builders.map { $0.finish() }, rowCount: rows)
  }
}
