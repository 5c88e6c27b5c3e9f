import Foundation
import Testing

/// `match` of a real process: killed and taken up again with another number of workers it gives
/// what an undisturbed run gives.
struct MatchRunTests {
  private static let definition = """
    pipeline keyed
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 200ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 1m, follow: true
      on_error: fail
    }
    stream runs = events
      | match by name within 20s {
          sequence: low+, (high | odd)+?, not end
          skip: to_last low
          low = id % 40 < 20
          high = id % 40 >= 30
          odd = id % 7 == 3
          end = id % 300 < 10
          emit {
            name
            first = match_start
            n = count()
            lows = collect(low.id)
            high.id
            t = odd.event_time
          }
        } on_error skip
    stream pairs = events
      | match by name within 30s {
          sequence: a, not b, c+
          skip: to_next
          a = id % 60 < 20
          b = id % 350 < 10
          c = id % 60 >= 30 and id % 7 > 1
          emit { name, a.id, m = max(c.id), match_end }
        }
    stream climbs = events
      | match by name within 20s {
          sequence: low, up+, top
          skip: to_next
          low = id % 7 == 1
          up = id % 5 < 4 and id % 97 > low.id % 97 and count(up) < 6
          top = id % 97 < avg(up.id % 97) and id != prev(id)
          emit { name, low.id, ups = collect(up.id), top = top.id }
        } on_error fail
    stream counted = pairs | window tumbling 1m by name { n = count(), top = max(m) }
    sink runs to file { path: "runs", format: json }
    sink pairs to file { path: "pairs", format: json }
    sink climbs to file { path: "climbs", format: json }
    sink counted to file { path: "counted", format: json }
    """

  /// Rows out of order by up to fifty seconds.
  private func rows() -> [String] {
    let lines = Workplace.events(0..<6_000).split(separator: "\n").map { "\($0)\n" }
    return stride(from: 0, to: lines.count, by: 500).flatMap {
      lines[$0..<$0 + 500].reversed()
    }
  }

  @Test func `a killed run is taken up by other workers`() throws {
    let rows = rows()
    let plain = try Workplace()
    try plain.write("p.raudal", Self.definition)
    try plain.write("events.jsonl", rows.joined())
    let whole = try plain.run(["--stop-at-end", "--parallelism", "1"])
    #expect(whole.status == 0, "\(whole.errors)")
    let outputs = ["runs", "pairs", "climbs", "counted"]
    let expected = try outputs.map { try plain.lines($0).sorted() }
    #expect(expected.prefix(3).allSatisfy { $0.count > 100 }, "\(expected.map(\.count))")
    // Nothing of the windows behind came too late.
    #expect(!whole.errors.contains("late"), "\(whole.errors)")

    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    try place.write("events.jsonl", rows[..<3_333].joined())
    let engine = try place.start(["--parallelism", "2"])
    let hasRead = engine.makes(checkpoint: 2)
    #expect(hasRead, "\(engine.errors)")
    engine.signal(SIGKILL)
    _ = engine.wait(30)
    try place.write("events.jsonl", rows.joined())
    let rest = try place.run(["--stop-at-end", "--parallelism", "3"])
    #expect(rest.status == 0, "\(rest.errors)")
    for (output, lines) in zip(outputs, expected) {
      #expect(try place.lines(output).sorted() == lines, "\(output)")
    }
  }

  @Test func `columns of a name are those of its last row`() throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      pipeline journey
      type Event { user: string, kind: string, tag: string?, amount: int?, at: timestamp }
      source events: Event from file {
        path: "events.jsonl", format: json, event_time: at, lateness: 1s, on_error: fail
      }
      stream ends = events
        | match by user within 1m {
            sequence: a+, c?, b
            a = kind == "a"
            b = kind == "b"
            c = kind == "c"
            emit { a.*, next = b.tag, none = c.tag, known = last(a.amount) }
          } on_error fail
      sink ends to file { path: "ends", format: json }
      """)
    let rows = [
      ("a", #""first""#, "1"), ("a", "null", "2"), ("a", #""third""#, "null"), ("b", #""x""#, "9"),
    ]
    let lines = rows.enumerated().map { second, row in
      #"{"user":"u","kind":"\#(row.0)","tag":\#(row.1),"amount":\#(row.2),"#
        + #""at":"2026-01-01T00:00:0\#(second)Z"}"# + "\n"
    }
    try place.write("events.jsonl", lines.joined())
    let run = try place.run(["--stop-at-end", "--parallelism", "1"])
    #expect(run.status == 0, "\(run.errors)")
    let expected =
      #"{"user":"u","kind":"a","tag":"third","amount":null,"at":"2026-01-01T00:00:02Z","#
      + #""next":"x","none":null,"known":2}"#
    #expect(try place.lines("ends") == [expected])
  }
}
