import Foundation
import Testing

/// Stages that hold rows until their time, in a real process that is stopped and goes on.
struct HeldRowsRunTests {
  private let definition = """
    pipeline held
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 200ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 30s, follow: true
      on_error: fail
    }
    stream best = events
      | window tumbling 1s by name { rows = count(), latest = max(id) }
      | top 2 by latest desc per window_start as place
    stream last = events | dedupe by name keep last within 1500ms
    stream recent = events
      | over by name 1s preceding { near = count(), least = min(id) }
      | over by name rows 3 preceding { oldest = first(id) }
    sink best to file { path: "best", format: json }
    sink last to file { path: "last", format: json }
    sink recent to file { path: "recent", format: json }
    """

  @Test func `a run that is stopped and goes on gives what one run gives`() throws {
    let rows = Workplace.events(0..<3_000)
    let plain = try Workplace()
    try plain.write("events.jsonl", rows)
    try plain.write("p.raudal", definition)
    let whole = try plain.run(["--stop-at-end"])
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(try plain.lines("recent").count == 3_000)

    let place = try Workplace()
    let lines = rows.split(separator: "\n").map { "\($0)\n" }
    try place.write("events.jsonl", lines[..<2_000].joined())
    try place.write("p.raudal", definition)
    let engine = try place.start([])
    let hasRead = engine.makes(checkpoint: 2)
    #expect(hasRead, "\(engine.errors)")
    engine.signal(SIGTERM)
    #expect(engine.wait(30).status == 0, "\(engine.errors)")

    try place.write("events.jsonl", rows)
    let rest = try place.run(["--stop-at-end"])
    #expect(rest.status == 0, "\(rest.errors)")
    for sink in ["best", "last", "recent"] {
      let expected = try plain.lines(sink).sorted()
      #expect(expected.count > 100)
      #expect(try place.lines(sink).sorted() == expected, "\(sink)")
    }
  }
}
