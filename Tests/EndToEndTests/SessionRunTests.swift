import Foundation
import Testing

/// Session windows of a real process: their state is their own, whatever else the definition gets.
struct SessionRunTests {
  private func definition(_ further: String = "") -> String {
    """
    pipeline visits
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 200ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 1h, follow: true
      on_error: fail
    }
    stream sessions = events
      | window session gap 1500ms max 10s by name { rows = count(), first = min(id), last = max(id) }
    sink sessions to file { path: "sessions", format: json }
    \(further)
    """
  }

  @Test func `rows that wait are taken up by a definition that reads the stream elsewhere too`()
    throws
  {
    let rows = Workplace.events(0..<3_000)
    let plain = try Workplace()
    try plain.write("events.jsonl", rows)
    try plain.write("p.raudal", definition())
    let whole = try plain.run(["--stop-at-end"])
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try plain.lines("sessions").sorted()
    #expect(expected.count > 100)

    let place = try Workplace()
    let lines = rows.split(separator: "\n").map { "\($0)\n" }
    try place.write("events.jsonl", lines[..<2_000].joined())
    try place.write("p.raudal", definition())
    let engine = try place.start([])
    let hasRead = engine.makes(checkpoint: 2)
    #expect(hasRead, "\(engine.errors)")
    engine.signal(SIGTERM)
    #expect(engine.wait(30).status == 0, "\(engine.errors)")

    try place.write("events.jsonl", rows)
    try place.write(
      "p.raudal",
      definition(
        """
        stream some = events | where name == "n1" | map { id }
        sink some to file { path: "some", format: json }
        sink sessions.late to file { path: "late", format: json }
        """))
    let rest = try place.run(["--stop-at-end"])
    #expect(rest.status == 0, "\(rest.errors)")
    #expect(try place.lines("sessions").sorted() == expected)
    #expect(try place.lines("late").isEmpty)
  }
}
