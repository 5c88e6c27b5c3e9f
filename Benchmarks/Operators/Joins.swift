import Columns
import Operators
import Plans
import Schemas
import TestKit
import Yardsticks

/// An interval join of two streams of the same many keys, rows out of order by up to a second, each
/// with one match on average: processor time a row, and bytes of memory for each row that waits. Or
/// a join of all rows, each with ten matches in the end, beside a `std::unordered_multimap` of each
/// side.
enum Joins {
  private static let left = Schema([Field("id", .string), Field("n", .int)])
  private static let right = Schema([Field("user", .string), Field("m", .int)])
  private static let rowsOfKey = 10
  private static let lateness: Int64 = 1_000_000
  /// Microseconds between two rows of a side.
  private static let step: Int64 = 100

  static func measure(_ kind: JoinSpec.Kind, keys: Int, isRunning: Bool = false) throws {
    let rows = keys * rowsOfKey
    let interval = Int64(keys) * step
    let join = try make(kind, interval, isRunning: isRunning)
    let output = Chain()
    let before = residentBytes()
    var random = SeededRandom(seed: 3)
    var spent: Int64 = 0
    for first in stride(from: 0, to: rows, by: Batch.rowLimit) {
      let range = first..<min(first + Batch.rowLimit, rows)
      let batches = [batch(left, range, keys, &random), batch(right, range, keys, &random)]
      let mark = Timestamp(microseconds: Int64(first) * step - lateness)
      let start = processorTime()
      for (input, batch) in batches.enumerated() {
        _ = try join.process(batch, input: input, output: output)
      }
      _ = try join.watermark(mark, output: output)
      while let join = join as? any HoldingOperator, join.hasMore { _ = try join.resume(output) }
      spent += processorTime() - start
    }
    let after = withExtendedLifetime(join) { residentBytes() }
    let each = Double(spent) / Double(2 * rows)
    // The right side's rows, and those of both that are not behind the watermark.
    let waiting = isRunning ? 2 * rows : Int((interval + 2 * lateness) / step)
    print(
      "\(isRunning ? "running " : "")\(kind.rawValue) join: \(rows) rows a side, \(keys) keys, "
        + "\(output.rows) results: "
        + "\(Int(each)) ns a row, \(Double(Int(1_000 / each * 10)) / 10) M rows/s, "
        + "\((after - before) / waiting) bytes a row that waits")
  }

  /// The same rows as `measure` of a running inner join.
  static func measureLoop(keys: Int) {
    let rows = keys * rowsOfKey
    let join = loop_join_make()
    defer { loop_join_free(join) }
    let before = residentBytes()
    var random = SeededRandom(seed: 3)
    var (spent, results): (Int64, Int) = (0, 0)
    for first in stride(from: 0, to: rows, by: Batch.rowLimit) {
      let range = first..<min(first + Batch.rowLimit, rows)
      let batches = [batch(left, range, keys, &random), batch(right, range, keys, &random)]
      let start = processorTime()
      for (side, batch) in batches.enumerated() {
        results += loop_join(
          join, Int32(side), batch.columns[0].offsets, batch.columns[0].bytes,
          batch.columns[1].ints, batch.rowCount)
      }
      spent += processorTime() - start
    }
    let each = Double(spent) / Double(2 * rows)
    print(
      "running inner join, loop: \(rows) rows a side, \(keys) keys, \(results) results: "
        + "\(Int(each)) ns a row, \(Double(Int(1_000 / each * 10)) / 10) M rows/s, "
        + "\((residentBytes() - before) / (2 * rows)) bytes a row that waits")
  }

  private static func make(
    _ kind: JoinSpec.Kind, _ interval: Int64, isRunning: Bool
  ) throws -> any Operator {
    let isFilter = kind == .semi || kind == .anti
    let columns =
      [JoinedColumn("id", .left("id")), JoinedColumn("n", .left("n"))]
      + (isFilter ? [] : [JoinedColumn("m", .right("m"))])
    let join = PhysicalJoin(
      kind: kind, leftKeys: ["id"], rightKeys: ["user"], before: interval, after: 0,
      columns: columns)
    let fields = left.fields + (isFilter ? [] : [Field("m", .int, nullable: kind == .left)])
    let mode: StreamMode = kind == .inner ? .append : .updates(key: nil)
    let running = PhysicalRunningJoin(
      join: join,
      running: RunningJoinSpec(leftUpdates: false, rightUpdates: false, expiry: nil, mode: mode),
      pairs: [], origin: "")
    return try makeOperator(
      isRunning ? .runningJoin(running) : .join(join), [left, right], Schema(fields))
  }

  /// Rows of any keys, up to `lateness` behind their places in time.
  private static func batch(
    _ schema: Schema, _ range: Range<Int>, _ keys: Int, _ random: inout SeededRandom
  ) -> Batch {
    let ids = ColumnBuilder(.string, capacity: range.count)
    let times = ColumnBuilder(.timestamp, capacity: range.count)
    let numbers = ColumnBuilder(.int, capacity: range.count)
    for row in range {
      ids.append(key: Int(random.next() % UInt64(keys)))
      times.append(int: Int64(row) * step - Int64(random.next() % UInt64(lateness)))
      numbers.append(int: Int64(row))
    }
    let batch = Batch(
      schema: schema, columns: [ids.finish(), numbers.finish()], rowCount: range.count)
    batch.hidden.eventTimes = times.finish()
    return batch
  }
}
