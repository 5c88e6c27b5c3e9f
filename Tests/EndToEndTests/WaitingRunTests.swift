import Foundation
import Testing

/// What `raudal why` and the metrics tell of a real process whose stages hold rows and keys.
struct WaitingRunTests {
  private static let definition = """
    pipeline waiting
    type Event { id: int, name: string, kind: string, at: timestamp }
    type Person { name: string, id: int }
    checkpoint { every: 200ms, keep: 3 }
    source events: Event from file {
      path: "in.jsonl", format: json, event_time: at, lateness: 1s, follow: true, on_error: fail
    }
    source people: Person from file {
      path: "people.jsonl", updates: upsert, key: name, follow: true, on_error: fail
    }
    stream counts = events | window tumbling 10s by name { n = count() }
    stream best = counts | top 2 by n desc per window_start
    stream started = events
      | funnel by name within 1h { view: kind == "view", buy: kind == "buy" }
    stream capped = events | frequency_cap 2 per 1h by name
    stream last = events | dedupe by name keep last within 1h
    table seen: Person latest key name from stream ids
    stream ids = events | map { name, id }
    stream found = events | enrich seen on name as s
    stream visits = events | window session gap 5s by name { n = count() }
    stream dues = people | aggregate { n = count() }
    sink best to file { path: "best" }
    sink started to file { path: "started" }
    sink capped to file { path: "capped" }
    sink last to file { path: "last" }
    sink found to file { path: "found" }
    sink visits to file { path: "visits" }
    sink dues to file { path: "dues", updates: debezium }
    """

  /// Ten names, one event in two a second of the last; at the end one that is far behind.
  private static func events() -> String {
    let rows = (0..<2_000).map { number in
      let second = number / 20
      let name = number % 2 == 0 ? "n9" : "n\(number / 2 % 10)"
      let time = String(format: "2026-01-01T00:%02d:%02dZ", second / 60, second % 60)
      let kind = number % 3 == 0 ? "view" : "other"
      return #"{"id":\#(number),"name":"\#(name)","kind":"\#(kind)","at":"\#(time)"}"# + "\n"
    }
    let late = #"{"id":-1,"name":"n1","kind":"view","at":"2026-01-01T00:00:08Z"}"# + "\n"
    return rows.joined() + late
  }

  static func page(_ engine: Child, _ place: Workplace) throws -> String {
    let address = try #require(
      engine.errors.firstMatch(of: /metrics at http:\/\/127.0.0.1:([0-9]+)\/metrics/))
    let script =
      "exec 3<>/dev/tcp/127.0.0.1/\(address.1); "
      + #"printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3; cat <&3"#
    return try Commands.run(URL(filePath: "/bin/bash"), ["-c", script], directory: place.folder)
      .output
  }

  @Test func `stages that keep rows or keys are there, and metrics tell what was late`() throws {
    let place = try Workplace()
    try place.write("p.raudal", Self.definition)
    try place.write("in.jsonl", Self.events())
    let people = (0..<5).map { "{\"name\":\"n\($0)\",\"id\":\($0)}\n" }
    try place.write("people.jsonl", people.joined())
    let engine = try place.start(["--parallelism", "2", "--metrics", "0"])
    let parts = [
      ("started.", "something kept of "), ("capped.", "something kept of 10 keys"),
      ("last.", "10 rows waiting"), ("found.", "something kept of 10 keys"),
      ("people.rows:", "something kept of 5 keys"),
      ("visits.", "10 open sessions; the first closes when events:"),
    ]
    var lines: [Substring] = []
    let hasTold = engine.until(60) {
      let text = try? Commands.run(
        Commands.raudal,
        ["why", place.path("p.raudal").path, "--state", place.path("state").path])
      lines = text?.output.split(separator: "\n") ?? []
      return parts.allSatisfy { name, words in
        lines.contains { $0.hasPrefix("  \(name)") && $0.contains(words) }
      }
    }
    #expect(hasTold, "\(lines.joined(separator: "\n"))\n\(engine.errors)")
    let metrics = try Self.page(engine, place)
    let late = metrics.split(separator: "\n").filter {
      $0.hasPrefix("raudal_rows_late_greatest_seconds{")
    }
    #expect(
      late.contains {
        $0.contains("counts.window") && ($0.hasSuffix(" 90") || $0.hasSuffix(" 90.0"))
      }, "\(late)")
    let busy = metrics.split(separator: "\n").filter {
      $0.hasPrefix("raudal_operator_busy_seconds_total{")
    }
    // Time is counted in ticks of milliseconds, of which a single operator may see none.
    #expect(busy.contains { $0.contains("operator=\"events\"") }, "\(busy)")
    #expect(busy.contains { !$0.hasSuffix(" 0") }, "\(busy)")
    engine.signal(SIGTERM)
    #expect(engine.wait(30).status == 0, "\(engine.errors)")
  }
}
