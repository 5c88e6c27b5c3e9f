import Columns
import Expressions
import Plans
import Schemas
import TestKit
import Testing

/// Patterns, zones and paths that come with the row.
struct SettingTests {
  private let schema = Schema([
    Field("t", .timestamp, nullable: true), Field("s", .string, nullable: true),
    Field("z", .string, nullable: true),
  ])
  private let t = column("t", .timestamp)
  private let s = column("s", .string)
  private let z = column("z", .string)

  private func call(
    _ name: String, _ result: DataType, _ operands: Plans.Expression...
  ) -> Plans.Expression {
    Plans.Expression(.call(name, operands), FieldType(result, nullable: true))
  }

  @Test func `each row has the hour of its own zone, and one without a zone none`() throws {
    let zones: [Cell] = ["Europe/Madrid", "UTC", .null, "+05:30", "Europe/Madrid", "Mars/Base"]
    let hour = call("hour", .int, t, z)
    #expect(hour.isFallible)
    for repeats in [1, 500] {
      // 2026-07-01T10:00:00Z
      let rows = (0..<repeats).flatMap { _ in
        zones.map { zone -> [Cell] in [.int(1_782_900_000_000_000), .null, zone] }
      }
      let (cells, failures) = try evaluate(hour, schema, rows)
      let expected: [Cell] = [12, 10, .null, 15, 12, .null]
      #expect(cells == (0..<repeats).flatMap { _ in expected })
      #expect(failures.map(\.row) == (0..<repeats).map { $0 * 6 + 5 })
      #expect(failures.allSatisfy { "\($0.reason)".contains("`Mars/Base` is no time zone") })
    }
  }

  @Test func `what is tried is null where its setting makes no sense`() throws {
    let tried = call("try_regexp_count", .int, s, z)
    #expect(!tried.isFallible)
    let rows: [[Cell]] = [[.null, "aba", "a"], [.null, "aba", "("], [.null, "aba", .null]]
    let (cells, failures) = try evaluate(tried, schema, rows)
    #expect(cells == [2, .null, .null] && failures.isEmpty)
  }

  @Test func `patterns of more values than are kept are right, and their rows' failures too`()
    throws
  {
    let rows = (0..<5_000).map { row -> [Cell] in
      [.null, .text("order \(row % 2_500)"), .text(row % 7 == 0 ? "(" : "^order \(row)$")]
    }
    let (cells, failures) = try evaluate(call("matches", .bool, s, z), schema, rows)
    #expect(failures.map(\.row) == (0..<5_000).filter { $0 % 7 == 0 })
    for row in 0..<5_000 where row % 7 != 0 {
      #expect(cells[row] == .bool(row < 2_500))
    }
  }

  @Test func `what else must be known stays so`() throws {
    let choice = call("date_trunc", .timestamp, s, t)
    #expect(throws: (any Error).self) { try evaluate(choice, schema, [[1, "day", .null]]) }
  }
}
