import Foundation
import Testing

/// `raudal preview`: rows of a stage on real input, and nothing written.
struct PreviewTests {
  private func preview(_ place: Workplace, _ arguments: String...) throws -> Commands.Result {
    try Commands.run(
      Commands.raudal, ["preview", place.path("p.raudal").path] + arguments,
      directory: place.folder)
  }

  @Test func `rows of streams, outputs and stages are shown as a table`() throws {
    let place = try Workplace()
    let late = #"{"id":7,"name":"late","at":"2026-01-01T00:00:00Z"}"# + "\n"
    try place.write("in.jsonl", Workplace.events(0..<300) + late + "broken\n")
    let rows = try preview(place, "rows", "--rows", "2")
    #expect(
      rows.output == """
        id  name  at
        0   n0    2026-01-01T00:00:00Z
        1   n1    2026-01-01T00:00:00.1Z

        """)
    #expect(rows.errors.contains(" 2 rows of `rows`\n"), "\(rows.errors)")
    let counts = try preview(place, "counts", "--rows", "99")
    #expect(counts.output.split(separator: "\n").count == 31, "\(counts.output)")
    #expect(counts.errors.contains(" the input has ended\n"), "\(counts.errors)")
    #expect(try preview(place, "counts.late").output.contains("\n7   late  2026"))
    #expect(try preview(place, "events.errors").output.contains("broken"))
    #expect(try preview(place, "rows.where", "--rows", "1").output.hasPrefix("id  name  at\n"))
    let left = try FileManager.default.contentsOfDirectory(atPath: place.folder.path)
    #expect(left.sorted() == ["in.jsonl", "p.raudal"])
  }

  @Test func `what fails in reading is shown, and told where it is left out`() throws {
    let place = try Workplace()
    let wrong = #"{"id":7,"name":5,"at":"2026-01-01T00:00:00Z"}"# + "\n"
    try place.write("in.jsonl", Workplace.events(0..<3) + wrong)
    // Nobody reads a row here, and its columns are read all the same.
    #expect(try preview(place, "events.errors").output.contains("name"))
    let rows = try preview(place, "rows", "--stop-at-end")
    #expect(rows.errors.contains("events: of 4 rows 1 skipped\n"), "\(rows.errors)")
  }

  @Test func `another file stands in for the source`() throws {
    let place = try Workplace(follow: true)
    try place.write("other.jsonl", Workplace.events(5..<6))
    let shown = try preview(place, "rows", "--from", "file:other.jsonl")
    #expect(shown.status == 0, "\(shown.errors)")
    #expect(shown.output.hasSuffix("\n5   n5    2026-01-01T00:00:00.5Z\n"), "\(shown.output)")
  }

  @Test(arguments: ["skip", "fail"])
  func `what a topic's source could not read is shown from a file`(route: String) throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      pipeline p
      type Event { id: int, at: timestamp }
      source events: Event from kafka {
        brokers: "localhost:1", topic: "events", event_time: at, on_error: \(route)
      }
      stream rows = events | where id > 0
      sink rows to print
      """)
    try place.write("in.jsonl", "broken\n")
    let from = try preview(place, "events.errors", "--from", "file:in.jsonl")
    #expect(from.status == 0 && from.output.contains("broken"), "\(from.output)\(from.errors)")
    let bound = try preview(place, "events.errors", "--bind", "events=file:in.jsonl")
    #expect(bound.output == from.output, "\(bound.output)\(bound.errors)")
  }

  @Test func `what stands behind a call is not shown, for nobody is called`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<3))
    try place.write(
      "p.raudal",
      """
      type E { id: int, name: string, at: timestamp }
      source events: E from file { path: "in.jsonl", event_time: at, on_error: fail }
      task send using http { url: "http://127.0.0.1:9/", idempotency_key: id }
      stream rows = events | where id > 0
      stream done = rows | execute send as r
      """)
    #expect(try preview(place, "rows", "--stop-at-end").output.hasPrefix("id  name"))
    for name in ["done", "done.failed", "done.execute"] {
      let refused = try preview(place, name)
      #expect(refused.errors.contains("`\(name)` stands behind an `execute`"), "\(refused.errors)")
    }
  }

  @Test func `a wrong stage or option is told with what there is`() throws {
    let place = try Workplace()
    let unknown = try preview(place, "count")
    #expect(unknown.status == 2)
    #expect(unknown.errors.contains("did you mean `counts`?"), "\(unknown.errors)")
    #expect(try preview(place, "counts", "--rows", "0").status == 2)
    #expect(try preview(place, "counts", "--from", "nowhere").status == 2)
  }
}
