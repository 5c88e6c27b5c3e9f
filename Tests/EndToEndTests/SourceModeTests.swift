import Foundation
import Testing

/// Definitions whose source comes to bring its rows in another way than up to the last checkpoint.
struct SourceModeTests {
  enum Mode: String, CaseIterable, Sendable {
    case appends = ""
    case upserts = "updates: upsert, key: id"
    case otherKey = "updates: upsert, key: [id, country]"
    case changes = "format: debezium"
  }

  private func definition(_ mode: Mode, source: String = "customers") -> String {
    let form = mode == .appends ? "" : ", updates: debezium"
    return """
      pipeline modes
      type Customer { id: int, country: string }
      checkpoint { every: 200ms, keep: 3 }
      source \(source): Customer from file {
        path: "in.jsonl", follow: true, on_error: skip
        \(mode.rawValue)
      }
      stream some = \(source) | where id > 0
      sink some to file { path: "some"\(form) }
      """
  }

  private func place(_ mode: Mode) throws -> Workplace {
    let place = try Workplace()
    try place.write("p.raudal", definition(mode))
    let rows = (0..<100).map { "{\"id\":\($0),\"country\":\"c\($0 % 3)\"}\n" }
    try place.write("in.jsonl", rows.joined())
    let engine = try place.start(["--parallelism", "2"])
    #expect(engine.says(" checkpoint "), "\(engine.errors)")
    engine.signal(SIGKILL)
    engine.wait()
    return place
  }

  @Test(arguments: [
    (Mode.appends, Mode.upserts), (.upserts, .appends), (.upserts, .otherKey),
    (.changes, .upserts), (.appends, .changes),
  ])
  func `another way of bringing rows is refused`(before: Mode, now: Mode) throws {
    let place = try place(before)
    try place.write("p.raudal", definition(now))
    let refused = try place.run()
    #expect(refused.status == 1, "\(refused.errors)")
    for words in ["source `customers` brought ", "--fresh", "--allow-drop customers"] {
      #expect(refused.errors.contains(words), "\(refused.errors)")
    }
    try place.write("p.raudal", definition(before))
    let undone = try place.run()
    #expect(undone.status == 0, "\(undone.errors)")
  }

  @Test func `a source of another name is read from its start`() throws {
    let place = try place(.appends)
    try place.write("p.raudal", definition(.upserts, source: "people"))
    let run = try place.run(["--stop-at-end", "--allow-drop", "customers"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("100 rows in"), "\(run.errors)")
    let again = try place.run(["--stop-at-end", "--allow-drop", "customers"])
    #expect(again.status == 0, "\(again.errors)")
  }

  @Test func `a file stands in for a topic of changes`() throws {
    let place = try Workplace()
    try place.write(
      "p.raudal",
      """
      pipeline modes
      type Customer { id: int, country: string }
      source customers: Customer from kafka {
        brokers: "localhost:1", topic: "customers", updates: upsert, key: id, on_error: fail
      }
      source raw: Customer from kafka {
        brokers: "localhost:1", topic: "changes", format: debezium, on_error: fail
      }
      stream counts = customers | aggregate by country { n = count() }
      sink counts to file { path: "counts", updates: final }
      sink raw to file { path: "raw", updates: final }
      """)
    try place.write(
      "in.jsonl",
      """
      {"id":1,"country":"a"}
      {"id":2,"country":"a"}
      {"id":1,"country":"b"}
      {"id":2,"$deleted":true}

      """)
    try place.write(
      "changes.jsonl",
      """
      {"after":{"id":1,"country":"a"},"op":"c"}
      {"before":{"id":1,"country":"a"},"after":{"id":1,"country":"b"},"op":"u"}

      """)
    let bindings = [
      "--bind", "customers=file:\(place.path("in.jsonl").path)",
      "--bind", "raw=file:\(place.path("changes.jsonl").path)",
    ]
    let run = try place.run(["--stop-at-end"] + bindings)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try place.lines("counts") == [#"{"country":"b","n":1}"#])
    #expect(try place.lines("raw") == [#"{"id":1,"country":"b"}"#])

    let shown = { (stream: String) in
      try Commands.run(
        Commands.raudal,
        ["preview", place.path("p.raudal").path, stream, "--stop-at-end"] + bindings,
        directory: place.folder)
    }
    let customers = try shown("customers")
    #expect(customers.status == 0, "\(customers.errors)")
    let kinds = customers.output.split(separator: "\n").dropFirst().map {
      $0.split(separator: " ").map(String.init)
    }
    #expect(
      kinds == [
        ["+I", "1", "a"], ["+I", "2", "a"], ["-U", "1", "a"], ["+U", "1", "b"], ["-D", "2", "a"],
      ], "\(customers.output)")
    let raw = try shown("raw")
    #expect(raw.output.contains("-U") && raw.output.contains("+U"), "\(raw.output)\(raw.errors)")
  }
}
