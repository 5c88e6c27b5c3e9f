import Foundation
import Testing

/// Values that stages compute for rows that wait, in a definition that is changed while they do.
struct HeldNameTests {
  private static let definition = """
    pipeline held
    type Event { id: int, name: string, at: timestamp }
    type Rate { name: string, rate: int, since: timestamp }
    checkpoint { every: 200ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 30s, follow: true
      on_error: fail
    }
    source rates: Rate from file {
      path: "rates.jsonl", format: json, event_time: since, lateness: 30s, follow: true
      on_error: fail
    }
    table rate: Rate versioned key name from stream rates

    stream folded = events
      | fold by lower(name) expire after 1d { n: int = 0 } { n = n + 1, last = n }
    stream latest = events | dedupe by lower(name) ++ "l" keep last within 1500ms
    stream single = events | dedupe by lower(name) ++ "d" within 1s
    stream near = events | over by lower(name) ++ "o" rows 3 preceding { most = max(id * 2) }
    stream pairs = events | join events as other on lower(name) == upper(other.name) within 1s
    stream capped = events | frequency_cap 3 per 1d by lower(name) ++ "c"
    stream credits = events
      | attribute rates as r on lower(name) ++ "a" == r.name
          within 1d where rate > 5 by linear of id as credit
    stream steps = events
      | funnel by name within 1d { one: id % 10 == 1, two: id % 10 == 2 }
    stream found = events
      | match by name within 1d {
          sequence: one, two
          one = id % 20 == 1
          two = id % 20 == 11
          emit { name, total = sum(id + 1) }
        }
    stream visits = events | window session gap 1s by name { total = sum(id + 3) }
    stream rated = events | enrich rate on lower(name) ++ "r" as of event_time as v

    sink folded to file { path: "folded", format: json }
    sink latest to file { path: "latest", format: json }
    sink single to file { path: "single", format: json }
    sink near to file { path: "near", format: json }
    sink pairs to file { path: "pairs", format: json }
    sink capped to file { path: "capped", format: json }
    sink credits to file { path: "credits", format: json }
    sink steps to file { path: "steps", format: json }
    sink found to file { path: "found", format: json }
    sink visits to file { path: "visits", format: json }
    sink rated to file { path: "rated", format: json }
    """

  /// A stream, and what is written in it in another way.
  private static let changes = [
    ("folded", "fold by lower(name)", "fold by upper(name)"),
    ("latest", #"lower(name) ++ "l""#, #"upper(name) ++ "l""#),
    ("single", #"lower(name) ++ "d""#, #"upper(name) ++ "d""#),
    ("near", #"lower(name) ++ "o""#, #"upper(name) ++ "o""#),
    ("near", "max(id * 2)", "max(id * 3)"),
    ("capped", #"lower(name) ++ "c""#, #"upper(name) ++ "c""#),
    ("credits", #"lower(name) ++ "a""#, #"upper(name) ++ "a""#),
    ("credits", "rate > 5", "rate > 6"),
    ("steps", "id % 10 == 2", "id % 10 == 3"),
    ("found", "id % 20 == 11", "id % 20 == 12"),
    ("found", "sum(id + 1)", "sum(id + 2)"),
    ("visits", "sum(id + 3)", "sum(id + 4)"),
    ("rated", #"lower(name) ++ "r""#, #"upper(name) ++ "r""#),
  ]

  @Test func `what waits is not taken for something else that is computed in its place`() throws {
    let place = try Workplace()
    try place.write("events.jsonl", Workplace.events(0..<200))
    try place.write(
      "rates.jsonl", #"{"name":"n1","rate":7,"since":"2026-01-01T00:00:00Z"}"# + "\n")
    try place.write("p.raudal", Self.definition)
    let engine = try place.start([])
    let hasRead = engine.makes(checkpoint: 2)
    #expect(hasRead, "\(engine.errors)")
    engine.signal(SIGTERM)
    #expect(engine.wait(30).status == 0, "\(engine.errors)")

    for (stream, before, after) in Self.changes {
      let changed = Self.definition.replacing(before, with: after)
      #expect(changed != Self.definition)
      try place.write("p.raudal", changed)
      let refused = try place.start(["--stop-at-end"]).wait(30)
      #expect(refused.status == 1, "\(after): \(refused.errors)")
      #expect(refused.errors.contains("\(stream)."), "\(after): \(refused.errors)")
    }
    try place.write("p.raudal", Self.definition)
    let same = try place.start(["--stop-at-end"]).wait(60)
    #expect(same.status == 0, "\(same.errors)")
    #expect(try place.lines("near").count == 200)
  }
}
