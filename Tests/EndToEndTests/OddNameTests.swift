import Foundation
import TestKit
import Testing

/// Names of pipelines, streams and sinks may hold anything between backticks; paths, lists of parts
/// and what brokers see must not mind.
struct OddNameTests {
  static let names = ["a b", "a/b", "..", "%20 %", "tab\there", "ñandú 😀", "-x"]

  private func definition(_ name: String, to sink: String) -> String {
    """
    pipeline `\(name)`
    type Event { id: int, name: string, at: timestamp }
    source `in \(name)`: Event from file {
      path: "in.jsonl", event_time: at, on_error: dead_letter to file { path: "dead" }
    }
    stream `\(name)` = `in \(name)` | window tumbling 10s by name { rows = count() }
    sink `\(name)` to \(sink)
    checkpoint { every: 1s }
    """
  }

  private func run(_ place: Workplace, _ environment: [String: String] = [:]) throws
    -> Commands.Result
  {
    try Commands.run(
      Commands.raudal, ["run", "p.raudal", "--stop-at-end"], environment: environment,
      directory: place.folder)
  }

  @Test(arguments: names)
  func `a pipeline of any name runs, goes on and stays in its folder`(_ name: String) throws {
    let place = try Workplace()
    try place.write("p.raudal", definition(name, to: #"file { path: "rows" }"#))
    try place.write("in.jsonl", Workplace.events(0..<1_000) + "broken\n")
    let first = try run(place)
    #expect(first.status == 0, "\(first.errors)")
    #expect(try place.lines("rows").count == 100)
    #expect(try place.files("dead").count == 1)
    let states = try FileManager.default.contentsOfDirectory(atPath: place.path(".raudal").path)
    #expect(states.count == 1)
    let all = try FileManager.default.contentsOfDirectory(atPath: place.folder.path)
    #expect(Set(all) == [".raudal", "p.raudal", "in.jsonl", "rows", "dead"])
    // It finds its state again.
    let second = try run(place)
    #expect(second.errors.contains("nothing to do"), "\(second.errors)")
    #expect(try place.files("rows").allSatisfy { !$0.lastPathComponent.hasPrefix(".") })
  }

  @Test(arguments: names)
  func `transactions and groups bear any name`(_ name: String) throws {
    let broker = try Broker.shared()
    let topic = "odd-\(UUID().uuidString.prefix(8).lowercased())"
    let made = try Commands.run(
      Commands.raudal,
      [
        "generate", "ad-events", "--count", "0", "--to", "kafka", "--topic", topic, "--rate", "0",
      ], environment: ["KAFKA_BROKERS": broker.address])
    #expect(made.status == 0, "\(made.errors)")
    let place = try Workplace()
    let sink = #"kafka { brokers: env("KAFKA_BROKERS"), topic: "\#(topic)", key: name }"#
    try place.write("p.raudal", definition(name, to: sink))
    try place.write("in.jsonl", Workplace.events(0..<1_000))
    let environment = ["KAFKA_BROKERS": broker.address]
    let first = try run(place, environment)
    #expect(first.status == 0, "\(first.errors)")
    let second = try run(place, environment)
    #expect(second.errors.contains("nothing to do"), "\(second.errors)")
  }

  @Test func `a definition file of any name names its pipeline`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Workplace.events(0..<100))
    let text = definition("x", to: #"file { path: "rows" }"#)
      .replacing("pipeline `x`\n", with: "")
    try place.write("my views, new.raudal", text)
    let result = try Commands.run(
      Commands.raudal, ["run", "my views, new.raudal", "--stop-at-end"], directory: place.folder)
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: place.path(".raudal").path)
        == ["my%20views%2C%20new"])
  }
}
