import Columns
import Expressions
import Plans
import Schemas
import TestKit
import Testing

@Suite("Kernels against the naive interpreter")
struct DifferentialTests {
  private let schema = RandomExpression.schema

  private func cells(_ random: inout RandomExpression) -> [Cell] {
    let ints: [Cell] = [nil, 0, 1, -1, 5, .int(.max), .int(.min), 12]
    let bools: [Cell] = [nil, true, false]
    let texts: [Cell] = [nil, "", "a", "12", "view", "viewview1", "View", "-7", "ñandú 😀 "]
    let floats: [Cell] = [nil, 0.0, 1.5, -2.25, 1e300, 0.1, .float(-.infinity)]
    let decimals: [Cell] = [nil, "0", "1.25", "-0.01", "9999999999.99", "-12.50", "3"]
    let points: [Cell] = [
      nil, 0, -1, 1_767_225_599_999_999, 951_825_600_000_000, -86_400_000_001,
      4_102_444_800_000_000,
    ]
    let days: [Cell] = [nil, 0, -1, 11_016, 20_454, -25_568, 47_481]
    let spans: [Cell] = [nil, 0, 1, -3_600_000_000, 86_400_000_000, 90_061_000_001, -1]
    let rates: [Cell] = [nil, "0", "1.2500", "-0.0001", "99999.9999", "-12.5", "3"]
    let lists: [Cell] = [nil, "[]", "[1]", "[null]", "[5,null,-1]", "[0,7,12,9223372036854775807]"]
    return schema.fields.map { field in
      switch field.type {
      case .timestamp: points[random.pick(points.count)]
      case .date: days[random.pick(days.count)]
      case .duration: spans[random.pick(spans.count)]
      case RandomExpression.rate: rates[random.pick(rates.count)].decimal(RandomExpression.rate)
      case .list: lists[random.pick(lists.count)]
      case .int: ints[random.pick(ints.count)]
      case .bool: bools[random.pick(bools.count)]
      case .float: floats[random.pick(floats.count)]
      case .decimal: decimals[random.pick(decimals.count)].decimal(RandomExpression.money)
      default: texts[random.pick(texts.count)]
      }
    }
  }

  /// The rows; those of lists, which are texts here, read by a cast.
  private func batch(_ rows: [[Cell]], selecting: [Int]? = nil) throws -> Batch {
    let texts = Schema(
      schema.fields.map { Field($0.name, $0.type.isNested ? .string : $0.type, nullable: true) })
    let read = Batch(texts, rows)
    let columns = try schema.fields.enumerated().map { index, field in
      guard field.type.isNested else { return read.columns[index] }
      let expression = cast(column(field.name, .string), field.type)
      return try BoundExpression(expression, schema: texts).evaluate(read).column
    }
    let batch = Batch(schema: schema, columns: columns, rowCount: rows.count)
    if let selecting { batch.selection = Selection(rows: selecting) }
    return batch
  }

  /// Equal, or both NaN.
  private static func areSame(_ a: Cell?, _ b: Cell?) -> Bool {
    if case .float(let x) = a, case .float(let y) = b { return x == y || x.isNaN && y.isNaN }
    return a == b
  }

  /// What the rows give by the naive interpreter: nil for a failure.
  private func expected(_ expression: Expression, _ rows: [[Cell]]) throws -> [Cell?] {
    try rows.map { row in
      let named = zip(schema.fields, row).map { ($0.name, $1) }
      do {
        return try NaiveInterpreter(row: Dictionary(uniqueKeysWithValues: named))
          .evaluate(expression)
      } catch is NaiveInterpreter.Failure {
        return Cell?.none
      }
    }
  }

  private func check(
    _ expression: Expression, _ batch: Batch, _ expected: [Cell?]
  ) throws {
    let result = try BoundExpression(expression, schema: schema).evaluate(batch)
    let failed = Set(result.failures.map(\.row))
    for row in batch.countedRows {
      let actual: Cell? = failed.contains(row) ? Cell?.none : result.column.cell(row)
      if !Self.areSame(actual, expected[row]) {
        let cells = batch.columns.map { "\($0.cell(row))" }.joined(separator: ", ")
        let (found, wanted) = (String(describing: actual), String(describing: expected[row]))
        Issue.record("row \(row): \(found), not \(wanted), of \(expression), with \(cells)")
        return
      }
    }
    #expect(failed.isSubset(of: Set(batch.countedRows)))
  }

  @Test(
    "Random expressions give what the naive interpreter gives, over any selection",
    arguments: 0..<40
  )
  func expressions(seed: Int) throws {
    var random = RandomExpression(random: SeededRandom(state: UInt64(seed)))
    for round in 0..<250 {
      let type = RandomExpression.types[round % RandomExpression.types.count]
      let expression = random.make(type, depth: 1 + random.pick(4))
      let rows = (0..<random.pick(40)).map { _ in cells(&random) }
      let selected = random.pick(2) == 0 ? nil : rows.indices.filter { _ in random.pick(3) > 0 }
      let expected = try expected(expression, rows)
      try check(expression, batch(rows, selecting: selected), expected)
      let dictionaries = try batch(rows, selecting: selected)
      for (index, field) in schema.fields.enumerated() where field.type == .string {
        dictionaries.columns[index] = .dictionary(.string, rows.map { $0[index] })
      }
      try check(expression, dictionaries, expected)
    }
  }

  @Test(
    "Filters keep what is true, and a row fails wherever its condition is asked and fails",
    arguments: 0..<4)
  func filters(seed: Int) throws {
    var random = RandomExpression(random: SeededRandom(state: UInt64(100 + seed)))
    for _ in 0..<250 {
      let condition = random.make(.bool, depth: 1 + random.pick(4))
      let rows = (0..<random.pick(40)).map { _ in cells(&random) }
      let expected = try expected(condition, rows)
      let batch = try batch(rows)
      let failures = try BoundFilter(condition, schema: schema).apply(batch)
      // A chain drops a row at its first null, where the plain meaning goes on: what then fails
      // there is neither kept nor told.
      let wanted = rows.indices.filter { expected[$0] == Cell.bool(true) }
      if batch.countedRows != wanted {
        Issue.record("\(batch.countedRows), not \(wanted), of \(condition) over \(rows)")
        return
      }
      #expect(failures.allSatisfy { expected[$0.row] == Cell?.none })
    }
  }

  @Test("Every operator gives the naive result for all null masks, selections and sizes to 5")
  func exhaustive() throws {
    var random = RandomExpression(random: SeededRandom(state: 77))
    for size in 0...5 {
      let full = (0..<size).map { _ in whole(&random) }
      // By row and its two null bits: what a row gives does not depend on the others.
      let variants = full.map { row in (0..<4).map { nulling(row, $0) } }
      for expression in operators {
        let bound = try BoundExpression(expression, schema: schema)
        let expected = try variants.map { try self.expected(expression, $0) }
        for mask in 0..<(1 << (2 * size)) {
          let bits = (0..<size).map { mask >> (2 * $0) & 3 }
          let batch = try batch(zip(variants, bits).map { $0[$1] })
          for selection in selections(size, thorough: mask % 13 == 0) {
            batch.selection = Selection(rows: selection)
            let result = bound.evaluate(batch)
            let failed = Set(result.failures.map(\.row))
            let actual = selection.map {
              failed.contains($0) ? Cell?.none : result.column.cell($0)
            }
            let wanted = selection.map { expected[$0][bits[$0]] }
            if actual != wanted || !failed.isSubset(of: selection) {
              Issue.record("\(actual), not \(wanted), of \(expression) over \(batch.cells)")
              return
            }
          }
        }
      }
    }
  }

  /// What is tried on all null masks and selections.
  private var operators: [Expression] {
    ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"].flatMap { how in
      [
        call(how, .bool, column("i", .int), column("j", .int)),
        call(how, .bool, column("s", .string), column("t", .string)),
        call(how, .bool, column("p", .bool), column("q", .bool)),
        call(how, .bool, column("s", .string), literal("view")),
        call(how, .bool, literal(1), column("j", .int)),
      ]
    }
      + ["add", "subtract", "multiply", "div", "modulo", "greatest"].map {
        call($0, .int, column("i", .int), column("j", .int))
      }
      + [
        Expression(
          .and([column("p", .bool), column("q", .bool)]), FieldType(.bool, nullable: true)),
        Expression(
          .or([column("p", .bool), column("q", .bool)]), FieldType(.bool, nullable: true)),
        Expression(.not(column("p", .bool)), FieldType(.bool, nullable: true)),
        Expression(.isNull(column("s", .string)), FieldType(.bool)),
        Expression(
          .coalesce([column("s", .string), column("t", .string)]),
          FieldType(.string, nullable: true)),
        Expression(
          .coalesce([column("i", .int), column("j", .int)]), FieldType(.int, nullable: true)),
        Expression(
          .isIn(column("s", .string), [literal("view"), column("t", .string)]),
          FieldType(.bool, nullable: true)),
        call("concat", .string, column("s", .string), column("t", .string)),
        cast(column("i", .int), .string), cast(column("s", .string), .int, try: true),
      ]
  }

  /// The row with its left or its right columns null.
  private func nulling(_ row: [Cell], _ bits: Int) -> [Cell] {
    row.enumerated().map { column, cell in bits >> (column % 2) & 1 == 1 ? .null : cell }
  }

  /// All selections, or for most masks the whole and one that leaves out a row.
  private func selections(_ size: Int, thorough: Bool) -> [[Int]] {
    if thorough {
      return (0..<(1 << size)).map { bits in (0..<size).filter { bits >> $0 & 1 == 1 } }
    }
    return [Array(0..<size), Array((0..<size).dropFirst())]
  }

  /// A row without nulls.
  private func whole(_ random: inout RandomExpression) -> [Cell] {
    while true {
      let row = cells(&random)
      if !row.contains(.null) { return row }
    }
  }
}

extension Cell {
  /// What a text of digits stands for.
  fileprivate func decimal(_ type: DataType) -> Cell { Column(type, [self]).cell(0) }
}
