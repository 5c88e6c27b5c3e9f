import CRdKafka
import Glibc

/// The yardstick of latency: librdkafka's consumer and producer in one loop that passes on the
/// records with a word in them. Runs until it is killed.
enum RawRelay {
  static func run(brokers: String, from: String, to: String, partitions: Int32) throws {
    let consumer = try client(
      RD_KAFKA_CONSUMER,
      [
        "bootstrap.servers": brokers, "group.id": "relay", "enable.auto.commit": "false",
        "auto.offset.reset": "error", "receive.message.max.bytes": "1000000000",
      ])
    let producer = try client(
      RD_KAFKA_PRODUCER, ["bootstrap.servers": brokers, "linger.ms": "1", "acks": "all"])
    let topic = rd_kafka_topic_new(producer, to, nil)
    let list = rd_kafka_topic_partition_list_new(partitions)
    for number in 0..<partitions {
      rd_kafka_topic_partition_list_add(list, from, number)?.pointee.offset = 0
    }
    rd_kafka_assign(consumer, list)
    rd_kafka_topic_partition_list_destroy(list)
    let word = Array("\"event_type\":\"view\"".utf8)
    while true {
      guard let message = rd_kafka_consumer_poll(consumer, 10) else {
        rd_kafka_poll(producer, 0)
        continue
      }
      if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR, let payload = message.pointee.payload,
        holds(UnsafeRawBufferPointer(start: payload, count: message.pointee.len), word)
      {
        rd_kafka_produce(
          topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, payload, message.pointee.len, nil, 0,
          nil)
      }
      rd_kafka_message_destroy(message)
      rd_kafka_poll(producer, 0)
    }
  }

  private static func holds(_ bytes: UnsafeRawBufferPointer, _ word: [UInt8]) -> Bool {
    guard let base = bytes.baseAddress, bytes.count >= word.count else { return false }
    for start in 0...bytes.count - word.count where bytes[start] == word[0] {
      if memcmp(base + start, word, word.count) == 0 { return true }
    }
    return false
  }

  static func client(
    _ kind: rd_kafka_type_t, _ settings: [String: String]
  ) throws -> OpaquePointer? {
    let conf = rd_kafka_conf_new()
    var reason = [CChar](repeating: 0, count: 512)
    for (key, value) in settings {
      rd_kafka_conf_set(conf, key, value, &reason, reason.count)
    }
    guard let client = rd_kafka_new(kind, conf, &reason, reason.count) else {
      throw RawConsumer.Failure(text: "no client")
    }
    if kind == RD_KAFKA_CONSUMER { rd_kafka_poll_set_consumer(client) }
    return client
  }
}
