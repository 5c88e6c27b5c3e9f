import Columns
import Operators
import Plans
import Schemas
import TestKit
import Yardsticks

/// Stages that look at the rows of a key and hold some: `top`, `dedupe … keep last` and `over`, of
/// rows in order: processor time a row.
enum Held {
  private static let schema = Schema([Field("id", .string), Field("n", .int)])
  private static let rows = 4_000_000
  /// Microseconds between two rows.
  private static let step: Int64 = 100
  private static let second: Int64 = 1_000_000

  static func measure(_ stage: String, keys: Int) throws {
    var random = SeededRandom(seed: 3)
    let op = try makeOperator(kind(stage), [schema], schema)
    let output = Chain()
    var spent: Int64 = 0
    for first in stride(from: 0, to: rows, by: Batch.rowLimit) {
      let batch = batch(
        first..<min(first + Batch.rowLimit, rows), keys, &random, isWindowed: stage == "top")
      let mark = Timestamp(microseconds: Int64(first) * step - second)
      let start = processorTime()
      _ = try op.watermark(mark, output: output)
      _ = try op.process(batch, input: 0, output: output)
      spent += processorTime() - start
    }
    let each = Double(spent) / Double(rows)
    print(
      "\(stage): \(rows) rows, \(keys) keys: \(Int(each)) ns a row, "
        + "\(Double(Int(1_000 / each * 10)) / 10) M rows/s")
  }

  private static func kind(_ stage: String) -> PhysicalKind {
    let over = { (frame: OverSpec.Frame) in
      PhysicalKind.over(
        PhysicalOver(
          keys: ["id"], frame: frame,
          aggregates: [
            .init(
              name: "n", function: "count", arguments: [], filter: nil, fieldType: FieldType(.int)),
            .init(
              name: "s", function: "sum", arguments: [.column(schema[1])], filter: nil,
              fieldType: FieldType(.int)),
          ]))
    }
    return switch stage {
    case "last": .keepLast(keys: ["id"], span: 10 * second)
    case "over": over(.rows(10))
    case "over-time": over(.time(10 * second))
    default:
      .top(
        PhysicalTop(
          count: 10, withTies: false, orders: [.init(column: "n", isDescending: true)],
          per: ["id"], ties: ["id", "n"], rank: "place"), isGlobal: true)
    }
  }

  /// `isWindowed`: the rows of ten seconds have one event time.
  private static func batch(
    _ range: Range<Int>, _ keys: Int, _ random: inout SeededRandom, isWindowed: Bool
  ) -> Batch {
    let ids = ColumnBuilder(.string, capacity: range.count)
    let times = ColumnBuilder(.timestamp, capacity: range.count)
    let numbers = ColumnBuilder(.int, capacity: range.count)
    for row in range {
      ids.append(key: Int(random.next() % UInt64(keys)))
      let time = Int64(row) * step
      times.append(int: isWindowed ? time / (10 * second) * 10 * second + 10 * second - 1 : time)
      numbers.append(int: Int64(random.next() % 1_000_000))
    }
    let batch = Batch(
      schema: schema, columns: [ids.finish(), numbers.finish()], rowCount: range.count)
    batch.hidden.eventTimes = times.finish()
    return batch
  }
}
