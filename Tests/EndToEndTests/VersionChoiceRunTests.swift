import Foundation
import Testing

/// Versions of a model that are changed and put back while a pipeline runs, and what a checkpoint
/// holds of them.
@Suite(.serialized)
struct VersionChoiceRunTests {
  private static let rows = 3_200

  private static func definition(_ second: String = "v2") -> String {
    """
    pipeline scored
    type Event { id: int, name: string, at: timestamp }
    type Live { model: string, version: string? }
    checkpoint { every: 100ms, keep: 3 }
    source events: Event from file {
      path: "in.jsonl", format: json, event_time: at, on_error: fail
    }
    table live: Live key model from file { path: "live.jsonl", format: json, refresh: 1s }
    model churn using onnx {
      versions: { v1: { path: "churn.onnx", share: 100% }, \(second): { path: "copy.onnx" } }
      sticky: id, chosen_by: live.version
      input: { recency: float, frequency: float, monetary: float }
      output: { probability: float }
    }
    stream scored = events | throttle 400/s | enrich live on "churn" as live
      | infer churn(id % 180, frequency: id % 20, monetary: cast(id % 400 as float)) as c
      | map { id, c.probability, c.version }
    sink scored to file { path: "scored", format: json }
    """
  }

  private static func place(_ rows: Int = rows) throws -> Workplace {
    let place = try Workplace()
    let model = Commands.root.appending(path: "Pipelines/models/churn.onnx")
    for name in ["churn.onnx", "copy.onnx"] {
      try FileManager.default.copyItem(at: model, to: place.path(name))
    }
    try place.write("p.raudal", definition())
    try place.write("in.jsonl", Workplace.events(0..<rows))
    try say(nil, place)
    return place
  }

  /// What the table says from now on, in one step.
  private static func say(_ version: String?, _ place: Workplace) throws {
    let row = #"{"model":"churn","version":\#(version.map { "\"\($0)\"" } ?? "null")}"#
    try Data("\(row)\n".utf8).write(to: place.path("live.jsonl"), options: .atomic)
  }

  private struct Scored: Decodable {
    var id: Int
    var version: String
  }

  private static func scored(_ place: Workplace) throws -> [Scored] {
    try place.lines("scored").map { try JSONDecoder().decode(Scored.self, from: Data($0.utf8)) }
  }

  @Test func `a version is changed and put back while a pipeline runs, and is killed`() throws {
    let place = try Self.place()
    let run = try place.start(["--parallelism", "1"])
    #expect(run.says("checkpoint "), "\(run.errors)")
    try Self.say("v2", place)
    for _ in 0..<600 {
      if try Self.scored(place).contains(where: { $0.version == "v2" }) { break }
      usleep(50_000)
    }
    run.signal(SIGKILL)
    run.wait(30)
    try Self.say(nil, place)
    let last = try place.run(["--stop-at-end", "--parallelism", "1"])
    #expect(last.status == 0, "\(last.errors)")
    let rows = try Self.scored(place).sorted { $0.id < $1.id }
    #expect(rows.map(\.id) == Array(0..<Self.rows))
    // Each row was judged once: by the first, by the second from some row on, and by the first.
    var versions: [String] = []
    for row in rows where row.version != versions.last { versions.append(row.version) }
    #expect(versions == ["v1", "v2", "v1"])
  }

  @Test func `another file under a version's name is refused, under another name it goes on`()
    throws
  {
    let place = try Self.place(600)
    let first = try place.start()
    #expect(first.says("checkpoint "), "\(first.errors)")
    first.signal(SIGTERM)
    first.wait(60)
    // A field of the file's form that changes nothing: the model's documentation.
    let file = try Data(contentsOf: place.path("copy.onnx"))
    try place.write("copy.onnx", file + Data([0x32, 1, 0x78]))
    let other = try place.run(["--stop-at-end"])
    #expect(other.status != 0)
    #expect(
      other.errors.contains("the model's version churn.v2 is the file "), "\(other.errors)")
    #expect(other.errors.contains("a version's name of its own"), "\(other.errors)")
    try place.write("p.raudal", Self.definition("v3"))
    let renamed = try place.run(["--stop-at-end"])
    #expect(renamed.status == 0, "\(renamed.errors)")
    #expect(try Self.scored(place).count == 600)
    // The name that is not used any more stays taken.
    try place.write("p.raudal", Self.definition())
    #expect(try place.run(["--stop-at-end"]).status != 0)
    let fresh = try place.start(["--stop-at-end", "--fresh"])
    #expect(fresh.says("checkpoint "), "\(fresh.errors)")
    fresh.signal(SIGKILL)
    fresh.wait(30)
  }
}
