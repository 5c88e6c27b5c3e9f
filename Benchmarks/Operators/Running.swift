import Columns
import Operators
import Plans
import Schemas
import TestKit

/// `aggregate by id { n = count(), total = sum(n) }` over rows of any keys: processor time a row,
/// updates that come of them, and bytes of memory a key.
enum Running {
  private static let schema = Schema([Field("id", .string), Field("n", .int)])

  static func measure(keys: Int) throws {
    let rows = max(keys * 10, 1_000_000)
    let running = PhysicalRunning(
      keys: [schema[0]],
      aggregates: [
        aggregate("count", []), aggregate("sum", [.column(schema[1])]),
      ], takesUpdates: false)
    let before = residentBytes()
    let op = try makeOperator(.running(running), [schema], running.resultSchema)
    let behind = Chain()
    var random = SeededRandom(seed: 3)
    var spent: Int64 = 0
    for first in stride(from: 0, to: rows, by: Batch.rowLimit) {
      let batch = batch(first..<min(first + Batch.rowLimit, rows), keys, &random)
      let start = processorTime()
      var progress = try op.process(batch, input: 0, output: behind)
      while progress == .more { progress = try op.resume(behind) }
      spent += processorTime() - start
    }
    let after = withExtendedLifetime(op) { residentBytes() }
    let each = Double(spent) / Double(rows)
    print(
      "aggregate: \(rows) rows, \(keys) keys: \(Int(each)) ns a row, "
        + "\(Double(Int(1_000 / each * 100)) / 100) M rows/s, "
        + "\(Double(behind.rows * 100 / rows) / 100) changes a row, "
        + "\((after - before) / keys) bytes a key")
  }

  private static func aggregate(
    _ function: String, _ arguments: [PhysicalWindow.Argument]
  ) -> PhysicalWindow.Aggregate {
    PhysicalWindow.Aggregate(
      name: function, function: function, arguments: arguments, filter: nil,
      fieldType: FieldType(.int))
  }

  private static func batch(
    _ range: Range<Int>, _ keys: Int, _ random: inout SeededRandom
  ) -> Batch {
    let ids = ColumnBuilder(.string, capacity: range.count)
    let numbers = ColumnBuilder(.int, capacity: range.count)
    for row in range {
      ids.append(key: Int(random.next() % UInt64(keys)))
      numbers.append(int: Int64(row % 100))
    }
    let batch = Batch(
      schema: schema, columns: [ids.finish(), numbers.finish()], rowCount: range.count)
    batch.hidden.eventTimes = .counting(from: Int64(range.lowerBound), rowCount: range.count)
    return batch
  }
}
