import Columns
import Operators
import Plans
import Schemas
import Yardsticks

/// `dedupe` over millions of keys, beside a `std::unordered_map`: processor time a row, and bytes of
/// memory a key. Each in a process of its own, for memory that was freed is not given back.
enum Dedupe {
  static let schema = Schema([Field("id", .string), Field("n", .int)])
  /// Every third row is one that came before.
  private static let repeats = 3
  private static let span: Int64 = 3_600_000_000

  static func measure(_ who: String, keys: Int) throws {
    let rows = keys / (repeats - 1) * repeats
    let before = residentBytes()
    let (kept, spent, after) = who == "loop" ? loop(rows) : try engine(rows)
    let bytes = Double(after - before) / Double(kept)
    let each = Double(spent) / Double(rows)
    let rate = Int(1_000 / each * 10)
    print(
      "dedupe, \(who): \(rows) rows, \(kept) keys: \(Int(each)) ns a row, "
        + "\(Double(rate) / 10) M rows/s, \(Int(bytes)) bytes a key")
  }

  private static func engine(_ rows: Int) throws -> (kept: Int, nanoseconds: Int64, resident: Int) {
    let op = try makeOperator(.dedupe(keys: ["id"], span: span), [schema], schema)
    let output = Chain()
    var spent: Int64 = 0
    for first in stride(from: 0, to: rows, by: Batch.rowLimit) {
      let batch = batch(first..<min(first + Batch.rowLimit, rows))
      let start = processorTime()
      _ = try op.process(batch, input: 0, output: output)
      spent += processorTime() - start
    }
    return withExtendedLifetime(op) { (output.rows, spent, residentBytes()) }
  }

  private static func loop(_ rows: Int) -> (kept: Int, nanoseconds: Int64, resident: Int) {
    let seen = loop_dedupe_make()
    defer { loop_dedupe_free(seen) }
    var kept: [UInt32] = Array(repeating: 0, count: Batch.rowLimit)
    var count = 0
    var spent: Int64 = 0
    for first in stride(from: 0, to: rows, by: Batch.rowLimit) {
      let batch = batch(first..<min(first + Batch.rowLimit, rows))
      let start = processorTime()
      count += loop_dedupe(
        seen, batch.columns[0].offsets, batch.columns[0].bytes,
        batch.hidden.eventTimes.map { UnsafePointer($0.ints) }, span, &kept, batch.rowCount)
      spent += processorTime() - start
    }
    return (count, spent, residentBytes())
  }

  /// Keys of 16 digits, an hour of event time over all rows.
  private static func batch(_ range: Range<Int>) -> Batch {
    let ids = ColumnBuilder(.string, capacity: range.count)
    let times = ColumnBuilder(.timestamp, capacity: range.count)
    let numbers = ColumnBuilder(.int, capacity: range.count)
    for row in range {
      // One of the last rows comes again, the others are new.
      let number = row % repeats == 2 ? row - row / repeats - 2 - row % 1_000 : row - row / repeats
      ids.append(key: max(number, 0))
      times.append(int: Int64(row) * 200)
      numbers.append(int: Int64(row))
    }
    let batch = Batch(
      schema: schema, columns: [ids.finish(), numbers.finish()], rowCount: range.count)
    batch.hidden.eventTimes = times.finish()
    return batch
  }
}
