import Foundation
import Testing

/// `anomaly` of a real process, killed in the middle and taken up by other workers: it gives what an
/// undisturbed run gives, and finds what was hidden in the rows.
struct AnomalyRunTests {
  private static let definition = """
    pipeline watched
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 100ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 1m, follow: true
      on_error: fail
    }
    stream valued = events
      | with { value = if id % 1000 == 777 then 500 else 100 + id * 7919 % 13 }
    stream judged = valued
      | anomaly of value by name using ewma(half_life: 1m) above 6 after 20 rows expire after 10m as a
      | map { id, a }
    stream alarms = judged | where a.is_anomaly | map { id }
    stream seasons = valued
      | anomaly of value by name using seasonal(period: 1m, step: 10s, alpha: 0.1, floor: 4) above 6
        after 20 rows ignore anomalies expire after 10m as a
      | map { id, a }
    sink judged to file { path: "judged", format: json }
    sink alarms to file { path: "alarms", format: json }
    sink seasons to file { path: "seasons", format: json }
    """

  @Test func `a killed run is taken up by other workers`() throws {
    let rows = Workplace.disordered(0..<6_000)
    let plain = try Workplace()
    try plain.write("p.raudal", Self.definition)
    try plain.write("events.jsonl", rows.joined())
    let whole = try plain.run(["--stop-at-end", "--parallelism", "1"])
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try ["judged", "seasons"].map { try plain.lines($0).sorted() }
    #expect(expected.allSatisfy { $0.count == 6_000 })
    let alarms = [777, 1_777, 2_777, 3_777, 4_777, 5_777].map { #"{"id":\#($0)}"# }
    #expect(try plain.lines("alarms").sorted() == alarms.sorted())

    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    try place.runKilled(rows, first: 3_333, workers: 2, then: 3)
    #expect(try ["judged", "seasons"].map { try place.lines($0).sorted() } == expected)
    #expect(try place.lines("alarms").sorted() == alarms.sorted())
  }
}
