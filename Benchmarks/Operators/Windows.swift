import Columns
import Operators
import Plans
import Schemas
import TestKit

/// `window tumbling 1h by id { n = count(), total = sum(n) }` in both phases, plain, with
/// `allow late 1h` and with `emit every 10s`: processor time a row, results a row, and bytes of
/// memory a key. Rows come a millisecond after each other, one in a hundred half an hour late.
/// And `tumbling 60s` beside `hopping 60s every 1s`, of rows that come ten microseconds after each
/// other, the latter with `emit every 10s` and `allow late 60s` too.
enum Windows {
  private static let schema = Schema([Field("id", .string), Field("n", .int)])
  private static let hour: Int64 = 3_600_000_000
  private static let rows = 10_000_000

  static func measure(_ form: String, keys: Int) throws {
    let number = PhysicalWindow.Argument.column(schema[1])
    var window = PhysicalWindow(
      kind: .tumbling(size: hour), offset: 0, keys: [schema[0]],
      aggregates: [aggregate("count", []), aggregate("sum", [number])])
    var gap: Int64 = 1_000
    switch form {
    case "late": window.allowLate = hour
    case "early": window.emitEvery = 10_000_000
    case "tumbling": (window.kind, gap) = (.tumbling(size: 60_000_000), 10)
    case "hopping": (window.kind, gap) = (.hopping(size: 60_000_000, slide: 1_000_000), 10)
    case "hopping-early", "hopping-late":
      (window.kind, gap) = (.hopping(size: 60_000_000, slide: 1_000_000), 10)
      if form == "hopping-early" {
        window.emitEvery = 10_000_000
      } else {
        window.allowLate = 60_000_000
      }
    default: break
    }
    let before = residentBytes()
    let global = try makeOperator(
      .globalWindow(window), [window.partialSchema], window.resultSchema)
    let local = try makeOperator(.localWindow(window), [schema], window.partialSchema)
    let (between, behind) = (Chain(), Chain())
    between.next = global
    between.following = behind
    var random = SeededRandom(seed: 3)
    var (spent, most): (Int64, Int) = (0, before)
    for first in stride(from: 0, to: rows, by: Batch.rowLimit) {
      let range = first..<min(first + Batch.rowLimit, rows)
      let batch = batch(range, keys, gap, &random)
      let time = Timestamp(microseconds: Int64(range.upperBound) * gap)
      let start = processorTime()
      try run(local, between) { try local.process(batch, input: 0, output: between) }
      try run(local, between) { try local.watermark(time, output: between) }
      try run(global, behind) { try global.watermark(time, output: behind) }
      spent += processorTime() - start
      if first % (Batch.rowLimit * 256) == 0 { most = max(most, residentBytes()) }
    }
    let each = Double(spent) / Double(rows)
    print(
      "window, \(form): \(rows) rows, \(keys) keys: \(Int(each)) ns a row, "
        + "\(Double(Int(1_000 / each * 100)) / 100) M rows/s, "
        + "\(Double(behind.rows * 1_000 / rows) / 1_000) results a row, "
        + "\((most - before) / keys) bytes a key")
  }

  private static func run(
    _ op: any Operator, _ output: Chain, _ call: () throws -> Progress
  ) throws {
    var progress = try call()
    while progress == .more { progress = try op.resume(output) }
    guard let work = op as? any HoldingOperator else { return }
    while work.hasMore { _ = try op.resume(output) }
  }

  private static func aggregate(
    _ function: String, _ arguments: [PhysicalWindow.Argument]
  ) -> PhysicalWindow.Aggregate {
    PhysicalWindow.Aggregate(
      name: function, function: function, arguments: arguments, filter: nil,
      fieldType: FieldType(.int))
  }

  private static func batch(
    _ range: Range<Int>, _ keys: Int, _ gap: Int64, _ random: inout SeededRandom
  ) -> Batch {
    let ids = ColumnBuilder(.string, capacity: range.count)
    let numbers = ColumnBuilder(.int, capacity: range.count)
    let times = ColumnBuilder(.timestamp, capacity: range.count)
    for row in range {
      ids.append(key: Int(random.next() % UInt64(keys)))
      numbers.append(int: Int64(row % 100))
      times.append(int: Int64(row) * gap - (gap == 1_000 && row % 100 == 7 ? hour / 2 : 0))
    }
    let batch = Batch(
      schema: schema, columns: [ids.finish(), numbers.finish()], rowCount: range.count)
    batch.hidden.eventTimes = times.finish()
    return batch
  }
}
