import Foundation
import Testing

/// Sketches of a real process, killed in the middle and taken up by other workers: they give what
/// an undisturbed run gives.
struct SketchRunTests {
  private static let definition = """
    pipeline estimated
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 100ms, keep: 3 }
    source events: Event from file {
      path: "events.jsonl", format: json, event_time: at, lateness: 1m, follow: true
      on_error: fail
    }
    stream hours = events
      | window tumbling 1h by name {
          ids = approx_count_distinct(id), pairs = approx_count_distinct(id % 7, name)
          median = approx_percentile(id, 50%), most = approx_top(id % 11, 3)
        }
    stream all = events
      | window hopping 4m every 1m {
          ids = approx_count_distinct(id), p9 = approx_percentile(id, 9%)
        }
    stream sessions = events
      | window session gap 2m by name { ids = approx_count_distinct(id), most = approx_top(id, 2) }
    stream frames = events
      | over by name rows 50 preceding { tens = approx_count_distinct(id / 100) }
      | map { id, tens }
    sink hours to file { path: "hours", format: json }
    sink all to file { path: "all", format: json }
    sink sessions to file { path: "sessions", format: json }
    sink frames to file { path: "frames", format: json }
    """

  @Test func `a killed run is taken up by other workers`() throws {
    let rows = Workplace.disordered(0..<20_000)
    let plain = try Workplace()
    try plain.write("p.raudal", Self.definition)
    try plain.write("events.jsonl", rows.joined())
    let whole = try plain.run(["--stop-at-end", "--parallelism", "1"])
    #expect(whole.status == 0, "\(whole.errors)")
    let streams = ["hours", "all", "sessions", "frames"]
    let expected = try streams.map { try plain.lines($0).sorted() }
    #expect(expected[0].count == 10)
    #expect(expected[0].allSatisfy { $0.contains(#""pairs":7"#) }, "\(expected[0])")
    #expect(expected[3].count == 20_000)

    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    try place.runKilled(rows, first: 13_333, workers: 2, then: 3)
    #expect(try streams.map { try place.lines($0).sorted() } == expected)
  }

  @Test(.enabled(if: Commands.isLong))
  func `sketches are as near as those of others`() throws {
    let run = try Commands.run(
      Commands.root.appending(path: "scripts/sketches"), [],
      environment: ["RAUDAL": Commands.raudal.path])
    #expect(run.status == 0, "\(run.output)\(run.errors)")
  }
}
