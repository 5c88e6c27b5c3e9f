import Foundation
import Testing

/// Streams of two files that meet behind windows: at the end of the input nothing of either is
/// late, whichever is read to its end first.
struct CommonEndTests {
  private static let definition = """
    pipeline ends
    type Event { k: string, t: timestamp }
    source a: Event from file { path: "a.jsonl", event_time: t, on_error: skip }
    source b: Event from file { path: "b.jsonl", event_time: t, on_error: skip }
    stream left = a | window tumbling 10s by k { n = count() }
    stream right = b | window tumbling 10s by k { m = count() }
    stream pairs = left | join right as r on k within same window | map { k, window_start, n, r.m }
    sink pairs to file { path: "pairs", format: json }
    sink pairs.late to file { path: "late", format: json }
    """

  private static func lines(_ windows: Int) -> String {
    (0..<windows).flatMap { window in
      (0..<20).map { key in
        let time = String(format: "2026-01-01T%02d:%02d:05Z", window / 6, window * 10 % 60)
        return #"{"k":"k\#(key)","t":"\#(time)"}"# + "\n"
      }
    }.joined()
  }

  @Test func `rows of windows of two sources are whole at the end`() throws {
    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    try place.write("a.jsonl", Self.lines(1))
    try place.write("b.jsonl", Self.lines(60))
    for round in 0..<12 {
      let run = try place.run(["--fresh", "--stop-at-end", "--parallelism", "\(1 + round % 4)"])
      #expect(run.status == 0, "\(run.errors)")
      #expect(try place.lines("pairs").count == 20)
      #expect(try place.lines("late") == [])
      for name in ["pairs", "late"] {
        try? FileManager.default.removeItem(at: place.path(name))
      }
    }
  }
}
