import Columns
import Operators
import Plans
import Schemas
import TestKit
import Yardsticks

/// Session windows of many open keys, rows out of order by up to a second, beside a priority queue
/// and a `std::unordered_map`: processor time a row, and bytes of memory a key.
enum Sessions {
  private static let schema = Schema([Field("id", .string), Field("n", .int)])
  private static let rowsOfKey = 10
  private static let gap: Int64 = 3_600_000_000

  static func measure(_ who: String, keys: Int) throws {
    let rows = keys * rowsOfKey
    let before = residentBytes()
    var random = SeededRandom(seed: 3)
    let (spent, after) =
      who == "loop" ? loop(rows, keys, &random) : try engine(rows, keys, &random)
    let each = Double(spent) / Double(rows)
    print(
      "sessions, \(who): \(rows) rows, \(keys) keys: \(Int(each)) ns a row, "
        + "\(Double(Int(1_000 / each * 10)) / 10) M rows/s, \((after - before) / keys) bytes a key")
  }

  private static func engine(
    _ rows: Int, _ keys: Int, _ random: inout SeededRandom
  ) throws -> (nanoseconds: Int64, resident: Int) {
    let window = PhysicalWindow(
      kind: .session(gap: gap, limit: nil), offset: 0, keys: [schema[0]],
      aggregates: [
        .init(
          name: "n", function: "count", arguments: [], filter: nil, fieldType: FieldType(.int)),
        .init(
          name: "s", function: "sum", arguments: [.column(schema[1])], filter: nil,
          fieldType: FieldType(.int)),
      ])
    var stage = try OrderedStage(.sessionWindow(window), input: schema, output: schema)
    try stage.run(rows: rows) { batch($0, keys, &random) }
    return withExtendedLifetime(stage) { (stage.spent, residentBytes()) }
  }

  private static func loop(
    _ rows: Int, _ keys: Int, _ random: inout SeededRandom
  ) -> (nanoseconds: Int64, resident: Int) {
    let sessions = loop_sessions_make()
    defer { loop_sessions_free(sessions) }
    var spent: Int64 = 0
    for first in stride(from: 0, to: rows, by: Batch.rowLimit) {
      let batch = batch(first..<min(first + Batch.rowLimit, rows), keys, &random)
      let start = processorTime()
      _ = loop_sessions(
        sessions, batch.columns[0].offsets, batch.columns[0].bytes,
        batch.hidden.eventTimes.map { UnsafePointer($0.ints) },
        UnsafePointer(batch.columns[1].ints), gap,
        Int64(first) * OrderedStage.step - OrderedStage.lateness, batch.rowCount)
      spent += processorTime() - start
    }
    return (spent, residentBytes())
  }

  /// Rows of any keys, out of order.
  private static func batch(
    _ range: Range<Int>, _ keys: Int, _ random: inout SeededRandom
  ) -> Batch {
    let ids = ColumnBuilder(.string, capacity: range.count)
    let times = ColumnBuilder(.timestamp, capacity: range.count)
    let numbers = ColumnBuilder(.int, capacity: range.count)
    for row in range {
      ids.append(key: Int(random.next() % UInt64(keys)))
      times.append(int: OrderedStage.time(row, &random))
      numbers.append(int: Int64(row))
    }
    let batch = Batch(
      schema: schema, columns: [ids.finish(), numbers.finish()], rowCount: range.count)
    batch.hidden.eventTimes = times.finish()
    return batch
  }
}
