import CRdKafka
import Glibc

/// The yardstick of tasks through Kafka: so many records of a partition, from the beginning, each
/// produced again as it is, without a transaction.
enum RawCopy {
  static func run(
    brokers: String, from: String, to: String, records: Int
  ) throws -> (records: Int, bytes: Int) {
    let consumer = try RawRelay.client(
      RD_KAFKA_CONSUMER,
      [
        "bootstrap.servers": brokers, "group.id": "copy", "enable.auto.commit": "false",
        "auto.offset.reset": "error",
      ])
    let producer = try RawRelay.client(
      RD_KAFKA_PRODUCER, ["bootstrap.servers": brokers, "linger.ms": "1", "acks": "all"])
    defer {
      rd_kafka_destroy_flags(consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
      rd_kafka_destroy(producer)
    }
    let topic = rd_kafka_topic_new(producer, to, nil)
    defer { rd_kafka_topic_destroy(topic) }
    let list = rd_kafka_topic_partition_list_new(1)
    rd_kafka_topic_partition_list_add(list, from, 0)?.pointee.offset = 0
    rd_kafka_assign(consumer, list)
    rd_kafka_topic_partition_list_destroy(list)
    var (copied, bytes) = (0, 0)
    while copied < records {
      guard let message = rd_kafka_consumer_poll(consumer, 10) else { continue }
      defer { rd_kafka_message_destroy(message) }
      guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
      let (payload, size) = (message.pointee.payload, message.pointee.len)
      // A queue that is full is waited for.
      while rd_kafka_produce(
        topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, payload, size, nil, 0, nil) != 0
      { rd_kafka_poll(producer, 10) }
      copied += 1
      bytes += size
      if copied % 1_024 == 0 { rd_kafka_poll(producer, 0) }
    }
    guard rd_kafka_flush(producer, 60_000) == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw RawConsumer.Failure(text: "not all was written")
    }
    return (copied, bytes)
  }
}
