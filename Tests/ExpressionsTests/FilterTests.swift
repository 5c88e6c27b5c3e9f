import Columns
import Expressions
import Plans
import Schemas
import TestKit
import Testing

@Suite("Filters")
struct FilterTests {
  static let schema = Schema([
    Field("kind", .string, nullable: true), Field("n", .int, nullable: true),
  ])

  func keep(_ condition: Expression, _ batch: Batch) throws -> ([Int], [RowFailure]) {
    let failures = try BoundFilter(condition, schema: batch.schema).apply(batch)
    return (batch.countedRows, failures)
  }

  let isView = call("equal", .bool, column("kind", .string), literal("view"))

  @Test("Text equality keeps exactly the equal rows, plain or dictionary, of any length")
  func textEquality() throws {
    for needle in [
      "", "v", "view", "viewview", "viewview9", "view-view-view-1", "a text of more than sixteen",
    ] {
      let others: [Cell] = [
        "", "v", "view", "viewview", "viewview9", "vie", "viex", "xiew", "view-view-view-1",
        "view-view-view-2", "a text of more than sixteen", "a text of more than sixteeN", nil,
        "viewviewx",
      ]
      for withNull in [true, false] {
        let cells = others.filter { withNull || $0 != nil }
        let expected = cells.indices.filter { cells[$0] == .text(needle) }
        let condition = call("equal", .bool, column("kind", .string), literal(needle))
        for kind in [Column(.string, cells), Column.dictionary(.string, cells + cells + cells)] {
          let schema = Schema([Field("kind", .string, nullable: true)])
          let batch = Batch(schema: schema, columns: [kind], rowCount: kind.rowCount)
          let (rows, failures) = try keep(condition, batch)
          #expect(rows.filter { $0 < cells.count } == expected && failures.isEmpty)
          #expect(rows.count == expected.count * kind.rowCount / cells.count)
        }
      }
    }
  }

  @Test("Chains refine the selection, and a null condition drops its row")
  func chains() throws {
    let rows: [[Cell]] = [["view", 1], ["view", nil], ["click", 5], ["view", 9], [nil, 9]]
    let positive = call("greater", .bool, column("n", .int), literal(2))
    let both = Expression(.and([isView, positive]), FieldType(.bool, nullable: true))
    #expect(try keep(both, Batch(Self.schema, rows)).0 == [3])
    #expect(try keep(both, Batch(Self.schema, rows, selecting: [0, 1, 4])).0 == [])
    let either = Expression(.or([isView, positive]), FieldType(.bool, nullable: true))
    #expect(try keep(either, Batch(Self.schema, rows)).0 == [0, 1, 2, 3, 4])
  }

  @Test("A later condition fails no row that an earlier one dropped")
  func lazy() throws {
    let notZero = call("not_equal", .bool, column("n", .int), literal(0))
    let division = call(
      "greater", .bool, call("div", .int, literal(10), column("n", .int)), literal(1))
    let rows: [[Cell]] = [["a", 0], ["a", 2], ["a", 10]]
    let guarded = Expression(.and([notZero, division]), FieldType(.bool, nullable: true))
    let (kept, failures) = try keep(guarded, Batch(Self.schema, rows))
    #expect(kept == [1] && failures.isEmpty)
    let bare = try keep(division, Batch(Self.schema, rows))
    #expect(bare.0 == [1] && bare.1 == [RowFailure(row: 0, reason: .divisionByZero)])
    let turned = Expression(.and([division, notZero]), FieldType(.bool, nullable: true))
    #expect(try keep(turned, Batch(Self.schema, rows)).1.map(\.row) == [0])
  }

  @Test("A row that failed is dropped even where the rest of the condition is true")
  func failedOr() throws {
    let division = call(
      "greater", .bool, call("div", .int, literal(10), column("n", .int)), literal(1))
    let yes = call("equal", .bool, column("kind", .string), literal("a"))
    let either = Expression(.or([division, yes]), FieldType(.bool, nullable: true))
    let (kept, failures) = try keep(either, Batch(Self.schema, [["a", 0], ["a", 99]]))
    #expect(kept == [1] && failures.map(\.row) == [0])
  }

  @Test("A condition that is no bool, and a column that is not there, are refused by name")
  func refusals() {
    #expect(throws: BindingError.notBoolean(.int)) {
      try BoundFilter(column("n", .int), schema: Self.schema)
    }
    #expect(throws: BindingError.unknownColumn("m", known: ["kind", "n"])) {
      try BoundExpression(column("m", .int), schema: Self.schema)
    }
  }
}
