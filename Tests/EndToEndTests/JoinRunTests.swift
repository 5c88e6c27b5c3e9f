import Foundation
import Testing

/// Joins of a real process: of a stream with itself, over an exchange more on one way than on the
/// other, killed in the middle and started again with other workers.
struct JoinRunTests {
  private static let definition = """
    pipeline pairs
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 100ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 10s, follow: true
      on_error: fail
    }
    stream even = events | where id % 2 == 0 | dedupe by id within 1s
    stream pairs = events | left join even as o on name within 3s before | map { id, other = o.id }
    stream counts = pairs | window tumbling 10s { rows = count(), found = count(other) }
    sink pairs to file { path: "pairs", format: json }
    sink counts to file { path: "counts", format: json }
    """

  /// Names come again every ten rows, a second apart.
  private static func expected(_ count: Int) -> [String] {
    (0..<count).flatMap { id -> [String] in
      let others = [id - 30, id - 20, id - 10, id].filter { $0 >= 0 && $0 % 2 == 0 }
      if others.isEmpty { return [#"{"id":\#(id),"other":null}"#] }
      return others.map { #"{"id":\#(id),"other":\#($0)}"# }
    }.sorted()
  }

  @Test func `pairs are found once, whatever is killed in between`() throws {
    let count = 6_000
    let lines = Workplace.events(0..<count).split(separator: "\n").map { "\($0)\n" }
    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    try place.write("events.jsonl", lines[..<2_500].joined())
    let first = try place.start(["--parallelism", "2"])
    let hasRead = first.until(30) { first.errors.contains("checkpoint 3") }
    #expect(hasRead, "\(first.errors)")
    first.signal(SIGKILL)
    first.wait(30)

    try place.write("events.jsonl", lines[..<4_000].joined())
    let second = try place.start(["--parallelism", "3"])
    let goesOn = second.until(30) { second.errors.contains("checkpoint 6") }
    #expect(goesOn, "\(second.errors)")
    second.signal(SIGTERM)
    #expect(second.wait(30).status == 0, "\(second.errors)")

    try place.write("events.jsonl", lines.joined())
    let rest = try place.run(["--stop-at-end", "--parallelism", "1"])
    #expect(rest.status == 0, "\(rest.errors)")
    let expected = Self.expected(count)
    #expect(try place.lines("pairs").sorted() == expected)
    let counts = try place.lines("counts").joined()
    // A window holds a hundred rows, half of them odd and without a match.
    #expect(counts.contains(#""rows":250,"found":200"#), "\(counts.prefix(400))")
    #expect(!rest.errors.contains("late"), "\(rest.errors)")
  }
}
