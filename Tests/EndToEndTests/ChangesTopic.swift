import Foundation
import TestKit

/// A compacted topic of a real broker, written and read by a program of others: what a database's
/// connector would write, and what some service would make of our output.
struct ChangesTopic {
  let name: String
  let broker: Broker

  private static let head = """
    import json, sys
    sys.path.insert(0, ".tools/python")
    from confluent_kafka import Consumer, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic
    broker, topic = sys.argv[1], sys.argv[2]

    """

  private static let make = """
    admin = AdminClient({"bootstrap.servers": broker})
    new = NewTopic(topic, num_partitions=int(sys.argv[3]), replication_factor=1,
                   config={"cleanup.policy": "compact"})
    for made in admin.create_topics([new]).values(): made.result(30)
    """

  private static let write = """
    producer = Producer({"bootstrap.servers": broker, "linger.ms": 5,
                         "queue.buffering.max.messages": 1000000})
    for line in open(sys.argv[3]):
        key, value = json.loads(line)
        producer.produce(topic, key=key, value=None if value is None else json.dumps(value))
        producer.poll(0)
    if producer.flush(60): sys.exit("not all was written")
    """

  /// Of each key the newest value, unless it was deleted.
  private static let read = """
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "changes",
                         "isolation.level": "read_committed", "enable.partition.eof": True})
    parts = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    consumer.assign([TopicPartition(topic, n, 0) for n in parts])
    left, newest = len(parts), {}
    while left:
        for message in consumer.consume(1000, timeout=20):
            if message.error():
                left -= 1
            elif message.value() is None:
                newest.pop(message.key(), None)
            else:
                newest[message.key()] = message.value().decode()
    print("\\n".join(sorted(newest.values())))
    """

  init(_ name: String, partitions: Int, of broker: Broker) throws {
    (self.name, self.broker) = (name, broker)
    _ = try run(Self.make, ["\(partitions)"])
  }

  /// Writes `["key", {…}]`, a line each; null deletes the key.
  func write(_ lines: [String], from file: URL) throws {
    try Data(lines.map { "\($0)\n" }.joined().utf8).write(to: file)
    _ = try run(Self.write, [file.path])
  }

  /// The values that are there, sorted.
  func newest() throws -> [String] {
    try run(Self.read, []).split(separator: "\n").map(String.init)
  }

  private func run(_ script: String, _ arguments: [String]) throws -> String {
    let result = try Commands.run(
      URL(filePath: "/usr/bin/env"),
      ["python3", "-c", Self.head + script, broker.address, name] + arguments)
    guard result.status == 0 else { throw Commands.Failure("\(name): \(result.errors)") }
    return result.output
  }
}
