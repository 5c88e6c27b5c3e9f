import Columns
import Operators
import Plans
import Schemas
import TestKit

/// `aggregate by id { n = count(), total = sum(n) }` over rows of any keys: processor time a row,
/// updates that come of them, and bytes of memory a key; and the same of rows that replace older
/// ones, with `max` and `median` of them too.
enum Running {
  private static let schema = Schema([Field("id", .string), Field("n", .int)])

  static func measure(keys: Int) throws {
    try measure(keys: keys, takesUpdates: false)
    try measure(keys: keys, takesUpdates: true)
  }

  private static func measure(keys: Int, takesUpdates: Bool) throws {
    let rows = max(keys * 10, 1_000_000)
    let number = PhysicalWindow.Argument.column(schema[1])
    var aggregates = [aggregate("count", []), aggregate("sum", [number])]
    if takesUpdates { aggregates += [aggregate("max", [number]), aggregate("median", [number])] }
    let running = PhysicalRunning(
      keys: [schema[0]], aggregates: aggregates, takesUpdates: takesUpdates)
    let before = residentBytes()
    let op = try makeOperator(.running(running), [schema], running.resultSchema)
    let behind = Chain()
    var random = SeededRandom(seed: 3)
    var spent: Int64 = 0
    var given: [Batch] = []
    for first in stride(from: 0, to: rows, by: Batch.rowLimit) {
      var batch = batch(first..<min(first + Batch.rowLimit, rows), keys, &random)
      if takesUpdates {
        given.append(batch)
        // Behind so many rows as there are keys each takes an older one's place.
        if given.count > max(1, keys / Batch.rowLimit) {
          batch = replacing(given.removeFirst(), by: batch)
        }
      }
      let start = processorTime()
      var progress = try op.process(batch, input: 0, output: behind)
      while progress == .more { progress = try op.resume(behind) }
      spent += processorTime() - start
    }
    let after = withExtendedLifetime(op) { residentBytes() }
    let each = Double(spent) / Double(rows)
    print(
      "aggregate\(takesUpdates ? " of updates" : ""): \(rows) rows, \(keys) keys: \(Int(each)) ns a row, "
        + "\(Double(Int(1_000 / each * 100)) / 100) M rows/s, "
        + "\(Double(behind.rows * 100 / rows) / 100) changes a row, "
        + "\((after - before) / keys) bytes a key")
  }

  /// The rows of one batch taken back, and those of another.
  private static func replacing(_ old: Batch, by new: Batch) -> Batch {
    let batch = Batch.concatenated([old, new])
    let kinds = Column(fixed: .int, rowCount: batch.rowCount)
    for row in 0..<batch.rowCount {
      kinds.ints[row] = (row < old.rowCount ? RowKind.delete : .insert).rawValue
    }
    batch.hidden.rowKinds = kinds
    return batch
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
