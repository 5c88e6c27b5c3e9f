import Columns
import Operators
import Plans
import Schemas
import TestKit

/// `window tumbling 1h by id { n = count(), total = sum(n) }` in both phases, plain, with
/// `allow late 1h` and with `emit every 10s`: processor time a row, results a row, and bytes of
/// memory a key. Rows come a millisecond after each other, one in a hundred half an hour late.
/// And `tumbling 60s` beside `hopping 60s every 1s`, of rows that come ten microseconds after each
/// other; `tumbling-extremes` and `hopping-extremes` are the same with `min` and `max`, which can't
/// take back what was.
///
/// `hopping-early` and `hopping-late` are `hopping 1h every 10s`, of rows that come ten milliseconds
/// after each other, with `emit every 1m` and `allow late 10m`, beside the same without and beside
/// `tumbling 1h`.
enum Windows {
  private static let schema = Schema([Field("id", .string), Field("n", .int)])
  private static let second: Int64 = 1_000_000
  private static let hour = 3_600 * second

  private struct Load {
    var kind: WindowSpec.Kind = .tumbling(size: hour)
    var emitEvery: Int64?
    var allowLate: Int64?
    var functions = ["count", "sum"]
    var rows = 10_000_000
    /// Microseconds between two rows.
    var gap: Int64 = 1_000
    /// Whether one row in a hundred comes half an hour late.
    var hasLate = true
  }

  static func measure(_ form: String, keys: Int) throws {
    var load = Load()
    switch form {
    case "late": load.allowLate = hour
    case "early": load.emitEvery = 10 * second
    case "tumbling", "tumbling-extremes":
      load = Load(kind: .tumbling(size: 60 * second), gap: 10, hasLate: false)
    case "hopping", "hopping-extremes":
      load = Load(kind: .hopping(size: 60 * second, slide: second), gap: 10, hasLate: false)
    case "hopping-early", "hopping-late":
      return try compare(form, keys: keys)
    default: break
    }
    if form.hasSuffix("extremes") { load.functions = ["min", "max"] }
    _ = try measure(form, load, keys: keys)
  }

  private static func compare(_ form: String, keys: Int) throws {
    var load = Load(rows: 720_000, gap: 10_000, hasLate: false)
    let tumbling = try measure("tumbling", load, keys: keys)
    load.kind = .hopping(size: hour, slide: 10 * second)
    let plain = try measure("hopping", load, keys: keys)
    if form == "hopping-early" { load.emitEvery = 60 * second } else { load.allowLate = hour / 6 }
    let told = try measure(form, load, keys: keys)
    let ratio = { (other: Double) in Double(Int(told / other * 10)) / 10 }
    print("\(form): \(ratio(plain)) times hopping, \(ratio(tumbling)) times tumbling")
  }

  /// Nanoseconds a row.
  private static func measure(_ form: String, _ load: Load, keys: Int) throws -> Double {
    let window = window(load)
    let before = residentBytes()
    let global = try makeOperator(
      .globalWindow(window), [window.partialSchema], window.resultSchema)
    let local = try makeOperator(.localWindow(window), [schema], window.partialSchema)
    let (between, behind) = (Chain(), Chain())
    between.next = global
    between.following = behind
    var random = SeededRandom(seed: 3)
    var (spent, longest): (Int64, Int64) = (0, 0)
    var most = before
    for first in stride(from: 0, to: load.rows, by: Batch.rowLimit) {
      let range = first..<min(first + Batch.rowLimit, load.rows)
      let batch = batch(range, keys, load, &random)
      let time = Timestamp(microseconds: Int64(range.upperBound) * load.gap)
      let start = processorTime()
      try run(local, between) { try local.process(batch, input: 0, output: between) }
      try run(local, between) { try local.watermark(time, output: between) }
      try run(global, behind) { try global.watermark(time, output: behind) }
      let step = processorTime() - start
      (spent, longest) = (spent + step, max(longest, step))
      if first % (Batch.rowLimit * 256) == 0 { most = max(most, residentBytes()) }
    }
    let each = Double(spent) / Double(load.rows)
    print(
      "window, \(form): \(load.rows) rows, \(keys) keys: \(Int(each)) ns a row, "
        + "\(Double(Int(1_000 / each * 100)) / 100) M rows/s, "
        + "\(Double(behind.rows * 1_000 / load.rows) / 1_000) results a row, "
        + "\((most - before) / keys) bytes a key, longest batch \(longest / 1_000_000) ms")
    return each
  }

  private static func window(_ load: Load) -> PhysicalWindow {
    let number = PhysicalWindow.Argument.column(schema[1])
    var window = PhysicalWindow(
      kind: load.kind, offset: 0, keys: [schema[0]],
      aggregates: load.functions.map { aggregate($0, $0 == "count" ? [] : [number]) })
    (window.emitEvery, window.allowLate) = (load.emitEvery, load.allowLate)
    return window
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
    _ range: Range<Int>, _ keys: Int, _ load: Load, _ random: inout SeededRandom
  ) -> Batch {
    let ids = ColumnBuilder(.string, capacity: range.count)
    let numbers = ColumnBuilder(.int, capacity: range.count)
    let times = ColumnBuilder(.timestamp, capacity: range.count)
    for row in range {
      ids.append(key: Int(random.next() % UInt64(keys)))
      numbers.append(int: Int64(row % 100))
      let late = load.hasLate && row % 100 == 7 ? hour / 2 : 0
      times.append(int: Int64(row) * load.gap - late)
    }
    let batch = Batch(
      schema: schema, columns: [ids.finish(), numbers.finish()], rowCount: range.count)
    batch.hidden.eventTimes = times.finish()
    return batch
  }
}
