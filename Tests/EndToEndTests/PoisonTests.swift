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
}
