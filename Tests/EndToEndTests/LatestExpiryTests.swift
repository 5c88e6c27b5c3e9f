import Foundation
import Testing

/// Tables of latest rows as the documentation has them, of the real program: how long a row counts,
/// and what a table is called that is not there.
struct LatestExpiryTests {
  @Test func `a row counts up to the span behind its own time, that instant included`() throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      pipeline aging
      type Visit { user: string, page: string, at: timestamp }
      type Question { id: int, user: string, at: timestamp }
      source visits: Visit from file { path: "v.jsonl", event_time: at, on_error: skip }
      source asked: Question from file { path: "q.jsonl", event_time: at, on_error: skip }
      table last: Visit latest key user expire after 10s from stream visits
      stream found = asked | enrich last on user as l | map { id, l.page }
      sink found to print
      test "rows expire by their own time" {
        given visits [
          { user: "a", page: "old", at: "2026-01-01T00:00:10Z" }
          { user: "b", page: "b",   at: "2026-01-01T00:00:10Z" }
          { user: "a", page: "new", at: "2026-01-01T00:00:15Z" }
        ]
        given asked [
          { id: 1, user: "b", at: "2026-01-01T00:00:20Z" }
          { id: 2, user: "b", at: "2026-01-01T00:00:20.001Z" }
          { id: 3, user: "a", at: "2026-01-01T00:00:25Z" }
          { id: 4, user: "a", at: "2026-01-01T00:00:26Z" }
        ]
        expect found [
          { id: 1, page: "b" }, { id: 2, page: null }, { id: 3, page: "new" }, { id: 4, page: null }
        ]
      }
      """)
    let result = try Commands.run(Commands.raudal, ["test", place.path("p.raudal").path])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func `a file that is not there is told as the table's`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", "{\"id\":1}\n")
    try place.write(
      "p.raudal",
      """
      pipeline absent
      type Row { id: int }
      type Name { id: int, name: string }
      source rows: Row from file { path: "in.jsonl", on_error: skip }
      table names: Name key id from file { path: "names.jsonl" }
      stream named = rows | enrich names on id as n | map { id, n.name }
      sink named to print
      """)
    let run = try place.run()
    #expect(run.status == 1)
    #expect(run.errors.contains("table `names`"), "\(run.errors)")
    #expect(!run.errors.contains("source `names`"), "\(run.errors)")
  }
}
