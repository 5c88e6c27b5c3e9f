import Columns
import KeyedState
import Plans
import Schemas
import TestKit
import Testing

@testable import Operators

/// `fold` against a model that goes through each key's rows one by one: states of every type, rows
/// that fail, keys that expire.
struct FoldPropertyTests {
  private static let numbers = DataType.list(FieldType(.int, nullable: true))

  private static func nullable(_ type: DataType) -> FieldType { FieldType(type, nullable: true) }

  private static func column(_ name: String, _ type: FieldType) -> Expression {
    Expression(.column(name), type)
  }

  private static func spec(expiry: Int64?) -> FoldSpec {
    let row = { (name: String) in
      Expression.column(WindowModel.schema.field(named: name) ?? Field(name, .unknown))
    }
    let n = column("count", FieldType(.int))
    let text = column("texts", FieldType(.string))
    let big = column("big", nullable(WindowModel.decimal))
    let piece = Expression(
      .coalesce([row("s"), .literal(.string(""), .string)]), FieldType(.string))
    let states: [(Field, Expression)] = [
      (Field("count", .int), .literal(.int(0), .int)),
      (Field("texts", .string), .literal(.string("-"), .string)),
      (Field("last", .string, nullable: true), .literal(.null, .string)),
      (Field("big", WindowModel.decimal, nullable: true), .literal(.null, WindowModel.decimal)),
      (Field("flag", .bool), .literal(.bool(true), .bool)),
      (Field("float", .float, nullable: true), .literal(.float(1.5), .float)),
      (Field("list", numbers), Expression(.list([]), FieldType(numbers))),
      (Field("same", .int), .literal(.int(7), .int)),
    ]
    let columns: [NamedExpression] = [
      NamedExpression("key", row("key")),
      NamedExpression("before", n),
      NamedExpression(
        "count",
        Expression(.call("add", [n, .literal(.int(1), .int)]), FieldType(.int))),
      NamedExpression("texts", Expression(.call("concat", [text, piece]), FieldType(.string))),
      NamedExpression("last", row("s")),
      NamedExpression("big", Expression(.coalesce([row("d"), big]), big.fieldType)),
      NamedExpression(
        "flag", Expression(.not(column("flag", FieldType(.bool))), FieldType(.bool))),
      NamedExpression("float", row("f")),
      NamedExpression("list", Expression(.list([row("i")]), FieldType(numbers))),
      NamedExpression("old", column("list", FieldType(numbers))),
      NamedExpression("kept", column("same", FieldType(.int))),
      NamedExpression(
        "share",
        Expression(.call("div", [.literal(.int(100), .int), row("i")]), nullable(.int))),
      NamedExpression("i", row("i")),
    ]
    return FoldSpec(
      keys: [row("key")], expiry: expiry,
      states: states.map { FoldSpec.State(field: $0.0, first: $0.1) }, columns: columns)
  }

  @Test(arguments: SessionPropertyTests.seeds)
  func `folds give what the model gives`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed &* 31 &+ 9)
    let expiry = random.next() % 3 == 0 ? nil : Int64(random.next() % 12)
    let spec = Self.spec(expiry: expiry)
    let coded = Bool.random(using: &random)
    let schema = WindowModel.schema
    let chain = try OrderedChain(
      .fold(keys: ["key"], spec), of: schema, keys: 1, workers: 1 + Int(random.next() % 3),
      scarcity: 1 + random.next() % 4, seed: seed
    ) { plan in
      var plan = plan
      plan.schema = Schema(spec.columns.map(\.field))
      plan.errorRoute = .output
      return try FoldOperator(plan, keys: ["key"], spec, input: schema)
    }
    var run = KeyedRun(chain, seed: seed) { WindowModel.batch($0, coded: coded) }
    try run.run()

    var (expected, gone, failed) = ([String](), [String](), 0)
    for rows in run.onTime {
      let model = Self.model(rows, expiry: expiry)
      expected += model.lines
      gone += model.gone
      failed += model.failed
    }
    #expect(run.chain.expired.flatMap(\.toldLines).sorted() == gone.sorted())
    #expect(run.chain.behind == 0)
    let have = run.chain.results.flatMap(\.taggedLines).sorted()
    expected.sort()
    #expect(have.count == expected.count && !have.isEmpty)
    if let first = zip(have, expected).first(where: { $0 != $1 }) {
      Issue.record("\(first.0) where \(first.1) is expected")
    }
    #expect(run.chain.errors.reduce(0) { $0 + $1.rowCount } == failed)
    let late = run.rows.count { $0.time < $0.watermark }
    #expect(run.chain.late.reduce(0) { $0 + $1.rowCount } == late)
    #expect(run.chain.stages.allSatisfy { $0.sumHolds && $0.output.violations == 0 })
  }

  private struct States {
    var count: Int64 = 0
    var texts = "-"
    var last: String?
    var big: Int128?
    var flag = true
    var float: Double? = 1.5
    var list = "[]"

    /// What is told of the key when it is over.
    func line(_ key: String?, at time: Int64) -> String {
      let cells: [Cell] = [
        key.map { .text($0) } ?? .null, .int(count), .text(texts), last.map { .text($0) } ?? .null,
        big.map { .decimal(unscaled: $0, scale: 2) } ?? .null, .bool(flag),
        float.map { .float($0) } ?? .null, .text(list), .int(7), .int(time),
      ]
      return "\(cells) \(time)"
    }
  }

  /// What comes of one key's rows, which are in order.
  private static func model(
    _ rows: [ModelRow], expiry: Int64?
  ) -> (lines: [String], gone: [String], failed: Int) {
    var states = States()
    var last: Int64?
    var (lines, gone, failed) = ([String](), [String](), 0)
    for row in rows {
      if let expiry, let time = last, row.time - time > expiry {
        gone.append(states.line(row.key, at: time + expiry))
        states = States()
        last = nil
      }
      // 100 by nothing.
      if row.i == 0 {
        failed += 1
        continue
      }
      last = row.time
      let old = states
      states.count += 1
      states.texts += row.s ?? ""
      states.last = row.s
      states.float = row.f
      states.big = row.d ?? states.big
      states.flag.toggle()
      states.list = "[\(row.i.map { "\($0)" } ?? "null")]"
      let cells: [Cell] = [
        row.key.map { .text($0) } ?? .null, .int(old.count), .int(states.count),
        .text(states.texts), row.s.map { .text($0) } ?? .null,
        states.big.map { .decimal(unscaled: $0, scale: 2) } ?? .null, .bool(states.flag),
        row.f.map { .float($0) } ?? .null, .text(states.list), .text(old.list), .int(7),
        row.i.map { .int(100 / $0) } ?? .null, row.i.map { .int($0) } ?? .null,
      ]
      let tags: [Cell] = [.int(row.time), .int(Int64(row.partition)), .int(row.place)]
      lines.append("\(cells) \(tags)")
    }
    if let expiry, let last, let row = rows.last {
      gone.append(states.line(row.key, at: last + expiry))
    }
    return (lines, gone, failed)
  }

  @Test func `a key that nobody can find any more is forgotten`() throws {
    let schema = WindowModel.schema
    let spec = Self.spec(expiry: 10)
    var plan = PhysicalOperator(
      id: OperatorID("test"), kind: .fold(keys: ["key"], spec), inputs: [],
      schema: Schema(spec.columns.map(\.field)), segment: 0)
    plan.errorRoute = .skip
    let op = try FoldOperator(plan, keys: ["key"], spec, input: schema)
    let stage = try Stage(op, output: CollectingOutput())
    // Many more than are kept before the others move.
    for turn in 0..<20 {
      let rows = (0..<1_000).map { number in
        var row = ModelRow(partition: 0, place: 0, time: Int64(turn) * 100, watermark: .min)
        row.key = "k\(turn) \(number)"
        row.i = 1
        return row
      }
      try stage.process(WindowModel.batch(rows, coded: false))
      try stage.watermark(Timestamp(microseconds: Int64(turn) * 100 + 10))
      #expect(op.keptCount == 1_000)
      try stage.watermark(Timestamp(microseconds: Int64(turn) * 100 + 11))
      #expect(op.keptCount == 0)
    }
    let blocks = BlockStore()
    try op.snapshot(Epoch(1), full: true)?.write(to: blocks)
    #expect(blocks.blocks.isEmpty)
  }

  @Test func `many rows of one key fold in their order`() throws {
    let schema = WindowModel.schema
    let spec = Self.spec(expiry: nil)
    var plan = PhysicalOperator(
      id: OperatorID("test"), kind: .fold(keys: ["key"], spec), inputs: [],
      schema: Schema(spec.columns.map(\.field)), segment: 0)
    plan.errorRoute = .skip
    let stage = try Stage(
      FoldOperator(plan, keys: ["key"], spec, input: schema), output: CollectingOutput())
    let rows = (0..<Batch.rowLimit).map { number in
      var row = ModelRow(partition: 0, place: 0, time: Int64(number), watermark: .min)
      row.key = number % 3 == 0 ? "a" : "b"
      row.i = 1
      row.s = number % 3 == 0 ? nil : String(repeating: "x", count: 10)
      return row
    }
    try stage.process(WindowModel.batch(rows, coded: false))
    // The text of a key grows to 27 kB, and so the next rows come in smaller pieces.
    try stage.process(WindowModel.batch(rows, coded: false))
    let results = stage.output.take()
    #expect(results.count > 2)
    let counts = results.flatMap(\.cells).map { $0[2] }
    var seen: [Cell] = []
    var (a, b) = (Int64(0), Int64(0))
    for number in (0..<2 * Batch.rowLimit).map({ $0 % Batch.rowLimit }) {
      if number % 3 == 0 { a += 1 } else { b += 1 }
      seen.append(.int(number % 3 == 0 ? a : b))
    }
    #expect(counts == seen)
  }
}

extension Batch {
  /// The rows as text, with their event times alone.
  fileprivate var toldLines: [String] {
    zip(cells, countedRows).map { cells, row in
      guard case .int(let time)? = hidden.eventTimes?.cell(row) else { return "\(cells)" }
      return "\(cells) \(time)"
    }
  }
}
