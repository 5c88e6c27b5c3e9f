import CRdKafka
import Glibc

/// The yardstick: librdkafka as its own examples use it, in batches, copying each payload into an
/// arena and counting. Nothing is decoded, no position is kept.
struct RawConsumer {
  struct Failure: Error { var text: String }

  /// Reads all partitions from the beginning to their ends; returns records and bytes.
  static func run(
    brokers: String, topic: String, partitions: Int32
  ) throws -> (records: Int, bytes: Int) {
    let conf = rd_kafka_conf_new()
    let settings = [
      "bootstrap.servers": brokers, "group.id": "raw", "enable.auto.commit": "false",
      "auto.offset.reset": "error", "enable.partition.eof": "true",
    ]
    var reason = [CChar](repeating: 0, count: 512)
    for (key, value) in settings {
      rd_kafka_conf_set(conf, key, value, &reason, reason.count)
    }
    guard let client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, &reason, reason.count) else {
      throw Failure(text: "no client")
    }
    defer { rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }
    let list = rd_kafka_topic_partition_list_new(partitions)
    for number in 0..<partitions {
      rd_kafka_topic_partition_list_add(list, topic, number)?.pointee.offset = 0
    }
    rd_kafka_assign(client, list)
    rd_kafka_topic_partition_list_destroy(list)
    guard let queue = rd_kafka_queue_get_consumer(client) else { throw Failure(text: "no queue") }
    defer { rd_kafka_queue_destroy(queue) }
    return consume(queue, partitions: partitions)
  }

  private static func consume(
    _ queue: OpaquePointer, partitions: Int32
  ) -> (records: Int, bytes: Int) {
    let limit = 4096
    let arena = UnsafeMutableRawPointer.allocate(byteCount: 64 << 20, alignment: 64)
    let messages = UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>.allocate(
      capacity: limit)
    defer {
      arena.deallocate()
      messages.deallocate()
    }
    var (records, bytes, ended) = (0, 0, Int32(0))
    while ended < partitions {
      // With a timeout the call would wait for a full batch.
      let count = rd_kafka_consume_batch_queue(queue, 0, messages, limit)
      if count <= 0 {
        usleep(200)
        continue
      }
      var used = 0
      for index in 0..<count {
        guard let message = messages[index] else { continue }
        if message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
          ended += 1
        } else if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
          let size = message.pointee.len
          if let payload = message.pointee.payload, used + size <= 64 << 20 {
            (arena + used).copyMemory(from: payload, byteCount: size)
          }
          used += size
          records += 1
        }
        rd_kafka_message_destroy(message)
      }
      bytes += used
    }
    return (records, bytes)
  }
}
