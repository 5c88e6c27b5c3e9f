import Foundation
import Testing

/// Slow stages and reached limits in real processes.
struct ThrottleRunTests {
  private func place(_ stage: String, follow: Bool = false) throws -> Workplace {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      pipeline slow
      type Event { id: int, name: string, at: timestamp }
      source events: Event from file {
        path: "in.jsonl", format: json, event_time: at, follow: \(follow), on_error: fail
      }
      stream rows = events | \(stage)
      sink rows to file { path: "rows", format: json }
      checkpoint { every: 1s, keep: 3 }
      """)
    return place
  }

  @Test func `a throttled run that is killed and stopped goes on, each row once`() throws {
    let place = try place("throttle 250/s")
    try place.write("in.jsonl", Workplace.events(0..<2_000))
    let start = Date()
    let killed = try place.start(["--stop-at-end", "--parallelism", "2"])
    #expect(killed.says(" checkpoint 2"), "\(killed.errors)")
    killed.signal(SIGKILL)
    killed.wait(30)
    let stopped = try place.start(["--stop-at-end", "--parallelism", "3"])
    #expect(stopped.says("checkpoint "), "\(stopped.errors)")
    stopped.signal(SIGTERM)
    let asked = Date()
    #expect(stopped.wait(30).status == 0, "\(stopped.errors)")
    // Hundreds of rows wait, which would take seconds.
    #expect(Date().timeIntervalSince(asked) < 5)
    #expect(try place.lines("rows").count < 2_000)
    let last = try place.run(["--stop-at-end", "--parallelism", "1"])
    #expect(last.status == 0, "\(last.errors)")
    // The bursts of three starts are less than this.
    #expect(Date().timeIntervalSince(start) >= 2_000 / 250 - 0.5)
    let rows = try place.lines("rows")
    #expect(rows.count == 2_000 && Set(rows).count == 2_000)
  }

  @Test func `a run ends when its limit is reached, though its source does not`() throws {
    let place = try place("limit 7", follow: true)
    try place.write("in.jsonl", Workplace.events(0..<50_000))
    let first = try place.start([]).wait(30)
    #expect(first.status == 0, "\(first.errors)")
    #expect(try place.lines("rows").count == 7)
    let again = try place.start([]).wait(30)
    #expect(again.status == 0 && again.errors.contains("nothing to do"), "\(again.errors)")
    #expect(try place.lines("rows").count == 7)
  }
}
