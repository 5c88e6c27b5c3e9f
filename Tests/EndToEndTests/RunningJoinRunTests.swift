import Foundation
import Testing

/// Joins of all rows in a real process, killed in the middle and taken up by other workers: what is
/// left in the end is what the rows say.
struct RunningJoinRunTests {
  private static let definition = """
    pipeline joined
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 100ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 1m, follow: true
      on_error: fail
    }
    stream touches = events | where id % 3 == 1 | map { touch_id = id - id % 3, kind = name }
    stream first = events | where id % 3 == 0 and id % 5 < 4 | map { id, name }
    stream joined = first | left join touches as t on id == touch_id | map { id, name, kind }
    stream sums = events | aggregate by part = id % 50 { n = count(), most = max(id) }
    stream others = events | where id % 4 == 0 | aggregate by part = id % 40 { least = min(id) }
    stream both = sums | full join others as o on part
    stream lonely = sums | anti join others as o on part
    sink joined to file { path: "joined", format: json, updates: final }
    sink both to file { path: "both", format: json, updates: final }
    sink lonely to file { path: "lonely", format: json, updates: final }
    """
  private static let sinks = ["joined", "both", "lonely"]

  @Test func `a killed run is taken up by other workers`() throws {
    let rows = Workplace.disordered(0..<6_000)
    let plain = try Workplace()
    try plain.write("p.raudal", Self.definition)
    try plain.write("events.jsonl", rows.joined())
    let whole = try plain.run(["--stop-at-end", "--parallelism", "1"])
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try Self.sinks.map { try plain.lines($0).sorted() }
    #expect(expected.map(\.count) == [1_600, 50, 40])

    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    try place.runKilled(rows, first: 3_333, workers: 2, then: 3)
    #expect(try Self.sinks.map { try place.lines($0).sorted() } == expected)
  }
}
