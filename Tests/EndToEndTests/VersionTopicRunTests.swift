import Foundation
import TestKit
import Testing

/// Versions of a model that rows choose by a table in a compacted topic of a real broker, which is
/// written while real processes run and are killed.
@Suite(.serialized)
struct VersionTopicRunTests {
  private let name = "v\(UUID().uuidString.prefix(8).lowercased())"

  /// `isVersioned`: the table changes at event times.
  private func definition(isVersioned: Bool) -> String {
    let (field, option) = isVersioned ? (", since: timestamp", ", event_time: since") : ("", "")
    let (table, lookUp) = isVersioned ? ("versioned", "as of event_time") : ("latest", "")
    return """
      pipeline \(name)
      type Event { id: int, name: string, at: timestamp }
      type Live { tenant: string, version: string?\(field) }
      checkpoint { every: 200ms, keep: 3 }
      source events: Event from file {
        path: "in.jsonl", format: json, event_time: at, follow: true, on_error: fail
      }
      table live: Live \(table) key tenant from kafka {
        brokers: env("KAFKA_BROKERS"), topic: "live-\(name)", on_error: fail\(option)
      }
      model churn using onnx {
        versions: { v1: { path: "churn.onnx", share: 100% }, v2: { path: "churn.onnx" } }
        sticky: id, chosen_by: live.version
        input: { recency: float, frequency: float, monetary: float }
        output: { probability: float }
      }
      stream scored = events | enrich live on name as live \(lookUp)
        | infer churn(id % 180, frequency: id % 20, monetary: cast(id % 400 as float)) as c
        | map { id, name, c.probability, c.version }
      sink scored to file { path: "scored", format: json }
      """
  }

  private func place(_ definition: String) throws -> Workplace {
    let place = try Workplace()
    try FileManager.default.copyItem(
      at: Commands.root.appending(path: "Pipelines/models/churn.onnx"),
      to: place.path("churn.onnx"))
    try place.write("p.raudal", definition)
    return place
  }

  private func start(_ place: Workplace, _ options: [String], _ broker: Broker) throws -> Child {
    try place.start(options, brokers: broker.address)
  }

  /// What is said of a tenant; no version: nothing any more.
  private static func live(_ tenant: Int, _ version: String?, second: Int? = nil) -> String {
    let since = second.map { #", "since": "\#(time($0))""# } ?? ""
    let row = version.map { #"{"tenant": "n\#(tenant)", "version": "\#($0)"\#(since)}"# } ?? "null"
    return #"["n\#(tenant)", \#(row)]"#
  }

  /// As `Workplace.events` has it.
  private static func time(_ second: Int) -> String {
    String(format: "2026-01-01T%02d:%02d:%02dZ", second / 3600, second / 60 % 60, second % 60)
  }

  private struct Scored: Decodable {
    var id: Int
    var name: String
    var version: String
  }

  private static func scored(_ place: Workplace) throws -> [Scored] {
    try place.lines("scored").map { try JSONDecoder().decode(Scored.self, from: Data($0.utf8)) }
      .sorted { $0.id < $1.id }
  }

  /// Appends ten rows, one of each tenant, until the last have the versions that are wanted.
  private static func see(
    _ wanted: [String], _ place: Workplace, _ run: Child, from first: inout Int
  ) throws -> Bool {
    for _ in 0..<200 {
      let file = try FileHandle(forWritingTo: place.path("in.jsonl"))
      try file.seekToEnd()
      try file.write(contentsOf: Data(Workplace.events(first..<first + 10).utf8))
      try file.close()
      first += 10
      let isOut = run.until(60) { (try? Self.scored(place).count) == first }
      guard isOut else { return false }
      if try scored(place).suffix(10).map(\.version) == wanted { return true }
      usleep(100_000)
    }
    return false
  }

  @Test func `a compacted topic changes versions while a pipeline runs, and is killed`() throws {
    let broker = try Broker.shared()
    let topic = try ChangesTopic("live-\(name)", partitions: 2, of: broker)
    let place = try place(definition(isVersioned: false))
    try topic.write(
      [Self.live(0, "v2"), Self.live(1, "v2"), Self.live(3, "v9")], from: place.path("said"))
    try place.write("in.jsonl", "")
    var next = 0
    // The topic is read to its end before the first row: none is judged by what was not read.
    let first = try start(place, ["--parallelism", "2"], broker)
    let before = ["v2", "v2"] + Array(repeating: "v1", count: 8)
    #expect(try Self.see(before, place, first, from: &next), "\(first.errors)")
    #expect(next == 10)
    try topic.write(
      [
        Self.live(0, "v1"), Self.live(1, nil), Self.live(2, "v2"), Self.live(4, "v1"),
        Self.live(4, "v2"),
      ], from: place.path("said"))
    let later = ["v1", "v1", "v2", "v1", "v2", "v1", "v1", "v1", "v1", "v1"]
    #expect(try Self.see(later, place, first, from: &next), "\(first.errors)")
    first.signal(SIGKILL)
    first.wait(30)
    try topic.write([Self.live(5, "v2"), Self.live(2, nil)], from: place.path("said"))
    let last = ["v1", "v1", "v1", "v1", "v2", "v2", "v1", "v1", "v1", "v1"]
    let second = try start(place, ["--parallelism", "3"], broker)
    let count = next
    #expect(try Self.see(last, place, second, from: &next), "\(second.errors)")
    // What was said while nothing ran holds from the first row on.
    #expect(next == count + 10)
    second.signal(SIGTERM)
    #expect(second.wait(60).status == 0, "\(second.errors)")
    try check(place, next)
  }

  /// Each row was judged once, and each tenant's version changed as often as that was said.
  private func check(_ place: Workplace, _ count: Int) throws {
    let rows = try Self.scored(place)
    #expect(rows.map(\.id) == Array(0..<count))
    var versions: [String: [String]] = [:]
    for row in rows where row.version != versions[row.name]?.last {
      versions[row.name, default: []].append(row.version)
    }
    let changed = [
      "n0": ["v2", "v1"], "n1": ["v2", "v1"], "n2": ["v1", "v2", "v1"], "n4": ["v1", "v2"],
      "n5": ["v1", "v2"],
    ]
    for number in 0..<10 {
      #expect(versions["n\(number)"] == changed["n\(number)"] ?? ["v1"], "n\(number)")
    }
  }

  @Test func `a versioned table changes versions at an event time, the same through kills`() throws
  {
    let broker = try Broker.shared()
    let topic = try ChangesTopic("live-\(name)", partitions: 2, of: broker)
    let place = try place(definition(isVersioned: true))
    // Every three seconds another tenant's, in turns.
    let said = (0..<100).map { number in
      (tenant: number * 7 % 10, version: ["v2", "v1", "v2"][number % 3], second: number * 3)
    }
    func lines(_ range: Range<Int>) -> [String] {
      said[range].map { Self.live($0.tenant, $0.version, second: $0.second) }
    }
    try topic.write(lines(0..<40), from: place.path("said"))
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    let first = try start(place, ["--parallelism", "2"], broker)
    // Some rows are out, and those wait that the table's time has not reached.
    #expect(first.until(60) { (try? place.lines("scored").isEmpty) == false }, "\(first.errors)")
    try topic.write(lines(40..<70), from: place.path("said"))
    #expect(first.makes(checkpoint: 3), "\(first.errors)")
    first.signal(SIGKILL)
    first.wait(30)
    try topic.write(lines(70..<100), from: place.path("said"))
    try place.write("in.jsonl", Workplace.events(0..<3_000))
    let rest = try start(place, ["--stop-at-end", "--parallelism", "3"], broker).wait(90)
    #expect(rest.status == 0, "\(rest.errors)")
    let wanted = (0..<3_000).map { id in
      said.last { $0.tenant == id % 10 && $0.second * 10 <= id }?.version ?? "v1"
    }
    let found = try Self.scored(place)
    #expect(found.map(\.id) == Array(0..<3_000))
    #expect(found.map(\.version) == wanted)
  }
}
