import Columns
import Expressions
import Plans
import Schemas
import TestKit
import Testing

@Suite("Parts that stand in an expression several times")
struct SharedPartTests {
  static let schema = Schema([Field("n", .int, nullable: true), Field("t", .string)])

  /// Fails the row of a text that is no number.
  let number = cast(column("t", .string, nullable: false), .int)

  @Test("They give every row its value, and fail a row once")
  func values() throws {
    let sum = call("add", .int, number, call("multiply", .int, number, number))
    let (cells, failures) = try evaluate(sum, Self.schema, [[1, "2"], [2, "x"], [nil, "-3"]])
    #expect(cells == [6, nil, 6])
    #expect(failures.map(\.row) == [1])
  }

  @Test("A branch computes them only for its own rows, whoever asked for others before")
  func branches() throws {
    let isPositive = call("greater", .bool, column("n", .int), literal(0))
    let chosen = Expression(
      .branch(
        [.init(condition: isPositive, value: call("add", .int, number, literal(1)))],
        otherwise: Expression(
          .branch(
            [
              .init(
                condition: Expression(.isNull(column("n", .int)), FieldType(.bool)),
                value: literal(0))
            ], otherwise: call("negate", .int, number)), FieldType(.int, nullable: true))),
      FieldType(.int, nullable: true))
    let rows: [[Cell]] = [[1, "5"], [-1, "5"], [nil, "x"], [1, "x"], [-1, "7"]]
    let (cells, failures) = try evaluate(chosen, Self.schema, rows)
    #expect(cells == [6, -5, 0, nil, -7])
    #expect(failures.map(\.row) == [3])
    let (some, none) = try evaluate(chosen, Self.schema, rows, selecting: [0, 1, 4])
    #expect(some == [6, -5, -7])
    #expect(none.isEmpty)
  }

  @Test("One that is used a thousand times is computed once")
  func once() throws {
    // Doubled ten times: without sharing 1,024 times the work, and as many evaluators.
    var doubled = number
    for _ in 0..<10 { doubled = call("add", .int, doubled, doubled) }
    let bound = try BoundExpression(doubled, schema: Self.schema)
    let rows: [[Cell]] = (0..<1_000).map { [1, .text("\($0)")] }
    let result = bound.evaluate(Batch(Self.schema, rows))
    #expect(result.failures.isEmpty)
    #expect(result.column.cell(999) == .int(999 * 1_024))
    let broken = bound.evaluate(Batch(Self.schema, [[1, "x"]]))
    #expect(broken.failures.count == 1)
  }

  /// Several expressions over rows, selected or not: each by itself, and all together.
  private func both(
    _ expressions: [Expression], _ rows: [[Cell]], selecting: [Int]? = nil
  ) throws -> (alone: [[Cell]], together: [[Cell]], failed: [[Int]], failedTogether: [[Int]]) {
    let batch = Batch(Self.schema, rows, selecting: selecting)
    let single = try expressions.map {
      try BoundExpression($0, schema: Self.schema).evaluate(batch)
    }
    let several = try BoundExpressions(expressions, schema: Self.schema) { $1 }.evaluate(batch)
    let values = { (results: [BoundExpression.Result]) -> [[Cell]] in
      results.map { result in
        let column: Column = result.column
        return batch.countedRows.map { row -> Cell in column.cell(row) }
      }
    }
    let failed = { (results: [BoundExpression.Result]) -> [[Int]] in
      results.map { $0.failures.map(\.row) }
    }
    return (values(single), values(several), failed(single), failed(several))
  }

  @Test("Of several expressions they give the values of each, and fail a row in the first alone")
  func severalExpressions() throws {
    let expressions = [
      call("add", .int, number, literal(1)), call("multiply", .int, number, number),
    ]
    let rows: [[Cell]] = [[1, "2"], [2, "x"], [nil, "-3"], [4, "y"], [5, "7"]]
    for selecting in [nil, [0, 1, 4], [2], []] as [[Int]?] {
      let found = try both(expressions, rows, selecting: selecting)
      #expect(found.together == found.alone)
      #expect(found.failed[0] == found.failed[1])
      #expect(found.failedTogether == [found.failed[0], []])
    }
  }

  @Test("In a branch of another expression, of the same rows or others, they are what they are")
  func severalBranches() throws {
    let isPositive = call("greater", .bool, column("n", .int), literal(0))
    let chosen = Expression(
      .branch(
        [.init(condition: isPositive, value: call("add", .int, number, literal(1)))],
        otherwise: literal(0)), FieldType(.int, nullable: true))
    let rows: [[Cell]] = [[1, "5"], [-1, "5"], [-1, "x"], [1, "y"], [nil, "z"], [3, "7"]]
    let whole = call("negate", .int, number)
    for selecting in [nil, [0, 3, 5], [1, 2, 4]] as [[Int]?] {
      for expressions in [[whole, chosen], [chosen, whole], [chosen, chosen]] {
        let found = try both(expressions, rows, selecting: selecting)
        #expect(found.together == found.alone)
        #expect(found.failedTogether[0] == found.failed[0])
        // Computed again for other rows, a part fails again those that failed in the first.
        let (first, second) = (Set(found.failed[0]), Set(found.failedTogether[1]))
        #expect(second.isSubset(of: found.failed[1]))
        #expect(second.union(first) == first.union(found.failed[1]))
      }
    }
  }
}
