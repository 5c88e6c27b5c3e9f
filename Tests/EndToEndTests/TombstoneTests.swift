import Foundation
import TestKit
import Testing

/// Records without a value: rows that become deletions, and those that cannot be read.
struct TombstoneTests {
  /// Prints key, value and headers of a topic's committed records, a JSON line each.
  private static let read = """
    import json, sys
    sys.path.insert(0, ".tools/python")
    from confluent_kafka import Consumer, TopicPartition
    c = Consumer({"bootstrap.servers": sys.argv[1], "group.id": "tombstones",
                  "isolation.level": "read_committed", "enable.partition.eof": True})
    parts = c.list_topics(sys.argv[2], timeout=20).topics[sys.argv[2]].partitions
    c.assign([TopicPartition(sys.argv[2], n, 0) for n in parts])
    left = len(parts)
    def text(b): return None if b is None else b.decode()
    while left:
        for m in c.consume(100, timeout=20):
            if m.error():
                left -= 1
            else:
                headers = {k: text(v) for k, v in (m.headers() or [])}
                print(json.dumps([text(m.key()), text(m.value()), headers.get("raudal.stage")]))
    """

  private func records(_ topic: String, of broker: Broker) throws -> [String] {
    let result = try Commands.run(
      URL(filePath: "/usr/bin/env"), ["python3", "-c", Self.read, broker.address, topic])
    #expect(result.status == 0, "\(result.errors)")
    return result.output.split(separator: "\n").map(String.init).sorted()
  }

  private func run(_ place: Workplace, _ broker: Broker, _ definition: String) throws {
    try place.write("p.raudal", definition)
    let result = try Child(
      Commands.raudal,
      ["run", place.path("p.raudal").path, "--state", place.path("state").path, "--stop-at-end"],
      environment: ["KAFKA_BROKERS": broker.address]
    ).wait(60)
    #expect(result.status == 0, "\(result.errors)")
  }

  private func makeTopics(_ name: String, _ broker: Broker) throws {
    for topic in ["profiles", "dead"] {
      let made = try Commands.run(
        Commands.raudal,
        [
          "generate", "ad-events", "--count", "0", "--to", "kafka", "--topic", "\(topic)-\(name)",
          "--partitions", "1",
        ], environment: ["KAFKA_BROKERS": broker.address])
      #expect(made.status == 0, "\(made.errors)")
    }
  }

  @Test(arguments: ["exactly_once", "at_least_once"])
  func `rows become deletions, and a dead letter's null stays null`(delivery: String) throws {
    let broker = try Broker.shared()
    let name = "t\(UUID().uuidString.prefix(8).lowercased())"
    let place = try Workplace()
    try place.write(
      "in.jsonl",
      """
      {"id": "a", "name": "Ada", "gone": false}
      {"id": "b", "name": null, "gone": true}
      {"id": null, "name": "nobody", "gone": true}
      {"id": "c", "name": "Cleo", "gone": null}

      """)
    try makeTopics(name, broker)
    try run(
      place, broker,
      """
      pipeline \(name)
      type Profile { id: string?, name: string?, gone: bool? }
      source rows: Profile from file { path: "in.jsonl", on_error: fail }
      sink rows to kafka {
        brokers: env("KAFKA_BROKERS"), topic: "profiles-\(name)", delivery: \(delivery)
        key: id, tombstone: gone and name != "x" or name is null
        on_error: dead_letter to file { path: "bad" }
      }
      """)
    let written = try records("profiles-\(name)", of: broker)
    #expect(
      written == [
        #"["a", "{\"id\":\"a\",\"name\":\"Ada\",\"gone\":false}", null]"#,
        #"["b", null, null]"#,
        #"["c", "{\"id\":\"c\",\"name\":\"Cleo\",\"gone\":null}", null]"#,
      ])
    let bad = try place.lines("bad")
    #expect(bad.count == 1 && bad[0].contains("its key is null"), "\(bad)")
    try readBack(name, place, broker)
  }

  @Test func `a topic of updates holds the newest row of each key`() throws {
    let broker = try Broker.shared()
    let name = "u\(UUID().uuidString.prefix(8).lowercased())"
    let place = try Workplace()
    try place.write(
      "in.jsonl",
      """
      {"id": "a", "n": 1}
      {"id": "b", "n": 5}
      {"id": null, "n": 1}
      {"id": "a", "n": 2}
      {"id": "b", "n": 5}
      {"id": "c", "n": 1}

      """)
    try makeTopics(name, broker)
    try run(
      place, broker,
      """
      pipeline \(name)
      type Hit { id: string?, n: int }
      source hits: Hit from file { path: "in.jsonl", on_error: fail }
      stream sums = hits | aggregate by id { n = sum(n) }
      stream small = sums | where n < 10
      sink small to kafka {
        brokers: env("KAFKA_BROKERS"), topic: "profiles-\(name)", key: id, updates: upsert
        on_error: dead_letter to file { path: "bad" }
      }
      """)
    let lines = try records("profiles-\(name)", of: broker)
    #expect(lines.contains(#"["a", "{\"id\":\"a\",\"n\":3}", null]"#), "\(lines)")
    #expect(lines.contains(#"["c", "{\"id\":\"c\",\"n\":1}", null]"#), "\(lines)")
    // One batch makes ten of it at once; of two batches the second takes back the five.
    #expect(lines.filter { $0.hasPrefix(#"["b""#) }.count != 1, "\(lines)")
    let bad = try place.lines("bad")
    #expect(bad.count == 1 && bad[0].contains("its key is null"), "\(bad)")
  }

  /// A question of each user at some seconds.
  private static let asked = [0, 9, 10, 19, 20, 29, 30].flatMap { second in
    ["a", "b"].map { user in
      let at = "2026-01-01T00:00:\(second < 10 ? "0" : "")\(second)Z"
      return #"{"user": "\#(user)", "second": \#(second), "at": "\#(at)"}"# + "\n"
    }
  }.joined()

  private static let profiles = """
    {"id": "a", "name": "Ada", "gone": false, "at": "2026-01-01T00:00:00Z"}
    {"id": "b", "name": "Bo", "gone": false, "at": "2026-01-01T00:00:00Z"}
    {"id": "a", "name": "", "gone": true, "at": "2026-01-01T00:00:10Z"}
    {"id": "a", "name": "Anna", "gone": false, "at": "2026-01-01T00:00:20Z"}
    {"id": "b", "name": "", "gone": true, "at": "2026-01-01T00:00:30Z"}

    """

  @Test func `a table of versions forgets the keys of records without a value`() throws {
    let broker = try Broker.shared()
    let name = "v\(UUID().uuidString.prefix(8).lowercased())"
    let place = try Workplace()
    try place.write("in.jsonl", Self.profiles)
    try makeTopics(name, broker)
    try run(
      place, broker,
      """
      pipeline \(name)
      type Profile { id: string, name: string, gone: bool, at: timestamp }
      source rows: Profile from file { path: "in.jsonl", event_time: at, on_error: fail }
      sink rows to kafka {
        brokers: env("KAFKA_BROKERS"), topic: "profiles-\(name)", key: id, tombstone: gone
      }
      """)
    try FileManager.default.removeItem(at: place.path("state"))
    try place.write("asked.jsonl", Self.asked)
    try run(
      place, broker,
      """
      pipeline \(name)_asked
      type Profile { id: string, name: string, at: timestamp }
      type Question { user: string, second: int, at: timestamp }
      source asked: Question from file { path: "asked.jsonl", event_time: at, on_error: fail }
      table profiles: Profile versioned key id from kafka {
        brokers: env("KAFKA_BROKERS"), topic: "profiles-\(name)", event_time: at, on_error: fail
      }
      stream found = asked
        | enrich profiles on user as p as of event_time
        | map { user, second, p.name }
      sink found to file { path: "found" }
      """)
    // The values alone.
    let found = try place.lines("found").map { line in
      line.split(separator: ",").map { $0.filter { !"{}\"".contains($0) } }
        .compactMap { $0.split(separator: ":").last.map(String.init) }.joined(separator: ",")
    }
    #expect(
      found.sorted() == [
        "a,0,Ada", "a,10,null", "a,19,null", "a,20,Anna", "a,29,Anna", "a,30,Anna", "a,9,Ada",
        "b,0,Bo", "b,10,Bo", "b,19,Bo", "b,20,Bo", "b,29,Bo", "b,30,null", "b,9,Bo",
      ])
  }

  /// Reads the topic again: what has no value goes to the dead letters as it came.
  private func readBack(_ name: String, _ place: Workplace, _ broker: Broker) throws {
    try FileManager.default.removeItem(at: place.path("state"))
    try run(
      place, broker,
      """
      pipeline \(name)_back
      type Profile { id: string, name: string? }
      source rows: Profile from kafka {
        brokers: env("KAFKA_BROKERS"), topic: "profiles-\(name)"
        on_error: dead_letter to kafka { topic: "dead-\(name)" }
      }
      sink rows to file { path: "read" }
      """)
    #expect(try records("dead-\(name)", of: broker) == [#"["b", null, "rows"]"#])
    #expect(try place.lines("read").count == 2)
  }
}
