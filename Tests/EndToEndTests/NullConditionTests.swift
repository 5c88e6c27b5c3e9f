import Foundation
import Testing

/// A condition over nulls is neither true nor false, and says nothing about them to what follows.
struct NullConditionTests {
  @Test func `what follows a condition over nulls sees them`() throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      pipeline nulls
      type Row { n: int?, at: timestamp }
      source rows: Row from memory { event_time: at }
      stream a = rows
        | map {
            e = if n == 0 then -1 else n ?? 7
            f = n > 3 or (n ?? 0) == 0
            g = not (n > 3 and (n ?? 5) > 10)
            h = case { n is null => 0, n > 5 => n, else => n + 1 }
            i = if n is null or n < 0 then 0 else n
            j = if n is not null and n < 9 then n else 9
            k = if not (n == 1) then 1 else n ?? 2
          }
      sink a to print
      test "nulls" {
        given rows [
          { n: null, at: "2026-01-01T00:00:00Z" }
          { n: 0, at: "2026-01-01T00:00:00Z" }
        ]
        expect a [
          { e: 7, f: true, g: true, h: 0, i: 0, j: 9, k: 2 }
          { e: -1, f: true, g: true, h: 1, i: 0, j: 0, k: 1 }
        ]
      }
      """)
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }
}
