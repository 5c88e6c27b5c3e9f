import Foundation
import TestKit
import Testing

/// Records in a topic that are no events: they go to the dead letters' topic with their origin, in
/// the transaction of the checkpoint that has read them, and the others are counted.
struct PoisonTests {
  /// Writes records given in hexadecimal to partition 0, one a line.
  private static let produce = """
    import sys
    sys.path.insert(0, ".tools/python")
    from confluent_kafka import Producer
    p = Producer({"bootstrap.servers": sys.argv[1], "message.max.bytes": 20000000})
    failed = []
    for line in open(sys.argv[3]):
        p.produce(sys.argv[2], bytes.fromhex(line.strip()), partition=0,
                  on_delivery=lambda e, m: failed.append(e) if e else None)
    left = p.flush(60)
    sys.exit("not written: %s %s" % (left, failed) if left or failed else 0)
    """

  /// Prints the committed values of a topic in hexadecimal.
  private static let read = """
    import sys
    sys.path.insert(0, ".tools/python")
    from confluent_kafka import Consumer, TopicPartition
    c = Consumer({"bootstrap.servers": sys.argv[1], "group.id": "poison",
                  "isolation.level": "read_committed", "enable.partition.eof": True,
                  "receive.message.max.bytes": 1000000000})
    open_ones = c.list_topics(sys.argv[2], timeout=20).topics[sys.argv[2]].partitions
    c.assign([TopicPartition(sys.argv[2], n, 0) for n in open_ones])
    left = len(open_ones)
    while left:
        for m in c.consume(100, timeout=20):
            if m.error():
                left -= 1
            else:
                print(m.value().hex(), dict(m.headers() or []))
    """

  /// Writes lines of text at the beginning of 2009.
  private static let produceOld = """
    import sys
    sys.path.insert(0, ".tools/python")
    from confluent_kafka import Producer
    p = Producer({"bootstrap.servers": sys.argv[1]})
    for value in sys.argv[3:]:
        p.produce(sys.argv[2], value, partition=0, timestamp=1230768000000)
    sys.exit(p.flush(60))
    """

  /// Prints value, age in seconds and the header with the original's time.
  private static let readTimes = """
    import json, sys, time
    sys.path.insert(0, ".tools/python")
    from confluent_kafka import Consumer, TopicPartition
    c = Consumer({"bootstrap.servers": sys.argv[1], "group.id": "times",
                  "isolation.level": "read_committed", "enable.partition.eof": True})
    c.assign([TopicPartition(sys.argv[2], 0, 0)])
    isAtEnd = False
    while not isAtEnd:
        for m in c.consume(100, timeout=20):
            if m.error():
                isAtEnd = True
            else:
                stamp = dict(m.headers() or []).get("raudal.timestamp", b"").decode()
                isNew = abs(time.time() - m.timestamp()[1] / 1000) < 600
                print(json.dumps([m.value().decode(), isNew, stamp]))
    """

  private func python(_ script: String, _ arguments: [String]) throws -> Commands.Result {
    try Commands.run(URL(filePath: "/usr/bin/env"), ["python3", "-c", script] + arguments)
  }

  @Test func `poison among the events goes to the dead letters, committed with them`() throws {
    let scene = try Scene()
    defer { scene.close() }
    #expect(try scene.generate(rate: 1_000, seconds: 1, runs: ["poison"]).wait().status == 0)
    let poison = [
      Data(#"{"user_id":"trunc"#.utf8), Data([0xFF, 0xFE]), Data(#"{"user_id":1}"#.utf8),
      Data(#"{"user_id":""#.utf8) + Data(repeating: 0x7A, count: 900_000),
    ]
    let hex = poison.map { $0.map { String(format: "%02x", $0) }.joined() }
    let file = scene.folder.appending(path: "records.hex")
    try Data((hex.joined(separator: "\n") + "\n").utf8).write(to: file)
    let written = try python(Self.produce, [scene.broker.address, scene.events, file.path])
    #expect(written.status == 0, "\(written.errors)")
    let engine = try scene.engine("poison", ["--stop-at-end"]).wait(60)
    #expect(engine.status == 0, "\(engine.errors)")
    let dead = try python(Self.read, [scene.broker.address, "\(scene.events).dead"])
    let letters = dead.output.components(separatedBy: "\n").filter { !$0.isEmpty }
    #expect(letters.count == poison.count, "\(dead.errors)\(dead.output.prefix(2_000))")
    // Each with its own bytes and the topic it came from.
    for bytes in hex { #expect(letters.contains { $0.contains(bytes) }) }
    for letter in letters { #expect(letter.contains(scene.events), "\(letter.suffix(600))") }
  }

  /// A topic keeps its records for a week: what is of 2009 would be gone at the next look.
  @Test(arguments: ["exactly_once", "at_least_once"])
  func `a dead letter is of the time when it was written`(delivery: String) throws {
    let broker = try Broker.shared()
    let name = "old\(UUID().uuidString.prefix(8).lowercased())"
    let place = try Workplace()
    for topic in ["in", "out", "dead"] {
      let made = try Commands.run(
        Commands.raudal,
        [
          "generate", "ad-events", "--count", "0", "--to", "kafka", "--topic", "\(topic)-\(name)",
          "--partitions", "1",
        ], environment: ["KAFKA_BROKERS": broker.address])
      #expect(made.status == 0, "\(made.errors)")
    }
    let rows = [#"{"n":4}"#, #"{"n":0}"#, "broken"]
    let written = try python(Self.produceOld, [broker.address, "in-\(name)"] + rows)
    #expect(written.status == 0, "\(written.errors)")
    try place.write(
      "p.raudal",
      """
      pipeline \(name)
      type Row { n: int }
      source rows: Row from kafka {
        brokers: env("KAFKA_BROKERS"), topic: "in-\(name)", event_time: meta.timestamp
        on_error: dead_letter to kafka { topic: "dead-\(name)" }
      }
      stream parts = rows | map { part = 8 % n }
      sink parts to kafka {
        brokers: env("KAFKA_BROKERS"), topic: "out-\(name)", delivery: \(delivery)
      }
      """)
    let run = try Child(
      Commands.raudal,
      ["run", place.path("p.raudal").path, "--state", place.path("state").path, "--stop-at-end"],
      environment: ["KAFKA_BROKERS": broker.address]
    ).wait(60)
    #expect(run.status == 0, "\(run.errors)")
    let dead = try python(Self.readTimes, [broker.address, "dead-\(name)"])
    #expect(dead.output.contains(#"["{\"n\":0}", true, "2009-01-01T00:00:00"#), "\(dead)")
    #expect(dead.output.contains(#"["broken", true, "2009-01-01T00:00:00"#), "\(dead)")
    // A row keeps its event time.
    let kept = try python(Self.readTimes, [broker.address, "out-\(name)"])
    #expect(kept.output.contains(#"["{\"part\":0}", false, ""]"#), "\(kept)")
  }
}
