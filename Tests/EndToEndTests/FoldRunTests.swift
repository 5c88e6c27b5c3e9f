import Foundation
import Testing

/// `fold` and `funnel` of a real process: killed and taken up again with another number of workers
/// they give what an undisturbed run gives.
struct FoldRunTests {
  private static let definition = """
    pipeline keyed
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 200ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 1m, follow: true
      on_error: fail
    }
    stream totals = events
      | fold by name expire after 10m { n: int = 0, seen: list<int> = [] } {
          n = n + 1
          seen = [id]
          before = seen
        } on_error skip
    stream parts = events
      | with { part = id - id % 500 }
      | fold by name, part expire after 5s { n: int = 0, newest: int? = null } {
          n = n + 1
          newest = id
        }
    stream attempts = events
      | funnel by name within 20s {
          a: id % 30 < 10, b: id % 30 >= 10 and id % 7 < 5, c: id % 30 >= 20
        }
    sink totals to file { path: "totals", format: json }
    sink attempts to file { path: "attempts", format: json }
    sink parts.expired to file { path: "expired", format: json }
    """

  @Test func `a killed run is taken up by other workers`() throws {
    let rows = Workplace.disordered(0..<6_000)
    let plain = try Workplace()
    try plain.write("p.raudal", Self.definition)
    try plain.write("events.jsonl", rows.joined())
    let whole = try plain.run(["--stop-at-end", "--parallelism", "1"])
    #expect(whole.status == 0, "\(whole.errors)")
    let (totals, attempts) = (try plain.lines("totals"), try plain.lines("attempts"))
    let expired = try plain.lines("expired")
    #expect(expired.count == 120)
    #expect(expired.allSatisfy { $0.contains(#""n":50,"#) }, "\(expired.first ?? "")")
    #expect(totals.count == 6_000)
    #expect(attempts.count > 100)
    // A name occurs 600 times, once a second.
    #expect(totals.contains { $0.contains(#""n":600,"#) })

    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    try place.runKilled(rows, first: 3_333, workers: 2, then: 3)
    #expect(try place.lines("totals").sorted() == totals.sorted())
    #expect(try place.lines("attempts").sorted() == attempts.sorted())
    #expect(try place.lines("expired").sorted() == expired.sorted())
  }
}
