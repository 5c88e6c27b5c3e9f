import Foundation
import TestKit

/// A topic of a real broker, and what a `read_committed` reader of others finds in it.
struct CommittedTopic {
  let name: String
  private let broker: Broker

  private static let head = """
    import sys
    sys.path.insert(0, ".tools/python")
    from confluent_kafka import Consumer, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic
    broker, topic = sys.argv[1], sys.argv[2]

    """

  private static let make = """
    admin = AdminClient({"bootstrap.servers": broker})
    for made in admin.create_topics([NewTopic(topic, 4, 1)]).values(): made.result(30)
    """

  private static let read = """
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "reader",
                         "isolation.level": "read_committed", "enable.partition.eof": True,
                         "auto.offset.reset": "error"})
    parts = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    consumer.assign([TopicPartition(topic, n, 0) for n in parts])
    left = set(parts)
    while left:
        for message in consumer.consume(10000, timeout=20):
            if not message.error():
                print(message.value().decode())
            elif message.error().name() == "_PARTITION_EOF":
                left.discard(message.partition())
            else:
                sys.exit(str(message.error()))
    """

  init(_ name: String, of broker: Broker) throws {
    (self.name, self.broker) = (name, broker)
    _ = try run(Self.make)
  }

  /// The values of its records.
  func values() throws -> [Substring] { try run(Self.read).split(separator: "\n") }

  private func run(_ script: String) throws -> String {
    let result = try Commands.run(
      URL(filePath: "/usr/bin/env"), ["python3", "-c", Self.head + script, broker.address, name])
    guard result.status == 0 else { throw Commands.Failure("\(name): \(result.errors)") }
    return result.output
  }
}
