import Foundation
import Testing

/// What a run prints where several workers do.
struct PrintRunTests {
  @Test func `the heading stands before the lines of all workers`() throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      pipeline heads
      type Event { id: int, name: string, at: timestamp }
      source events: Event from file {
        path: "*.jsonl", format: json, event_time: at, parallel: true, on_error: fail
      }
      stream counts = events | window tumbling 1s by id { n = count() }
      sink counts to print { format: csv }
      """)
    for part in 0..<6 {
      try place.write("\(part).jsonl", Workplace.events(part * 100..<part * 100 + 100))
    }
    for _ in 0..<4 {
      let run = try place.run(["--stop-at-end", "--fresh", "--parallelism", "3"])
      #expect(run.status == 0, "\(run.errors)")
      let lines = run.output.split(separator: "\n")
      #expect(lines.first == "id,window_start,window_end,n")
      #expect(lines.count == 601)
    }
  }
}
