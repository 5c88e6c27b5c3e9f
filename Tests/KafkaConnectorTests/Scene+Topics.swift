import CRdKafka
import Connectors
import KafkaConnector
import Schemas
import TestKit
import Testing

/// What an administrator does to topics.
extension Scene {
  func delete(_ topic: String) throws {
    try administer { client, queue in
      var request = rd_kafka_DeleteTopic_new(topic)
      rd_kafka_DeleteTopics(client, &request, 1, nil, queue)
      rd_kafka_DeleteTopic_destroy(request)
    }
  }

  /// Deletes the first records of partition 0.
  func deleteRecords(_ topic: String, before offset: Int64) throws {
    try administer { client, queue in
      let list = PartitionList()
      list.add(topic, 0, offset: offset)
      var request = rd_kafka_DeleteRecords_new(list.handle)
      rd_kafka_DeleteRecords(client, &request, 1, nil, queue)
      rd_kafka_DeleteRecords_destroy(request)
    }
    let beginning = try source(["topic": .text(topic)]).partitions(fixEnds: false)
    #expect(beginning.map(\.beginning.offset) == [offset])
  }

  private func administer(_ request: (OpaquePointer, OpaquePointer?) throws -> Void) throws {
    let client = try KafkaClient(
      RD_KAFKA_PRODUCER, ClientSettings(configuration, place: "test"), place: "test",
      notify: { _ in })
    let queue = rd_kafka_queue_new(client.handle)
    defer { rd_kafka_queue_destroy(queue) }
    try request(client.handle, queue)
    let event = rd_kafka_queue_poll(queue, 30_000)
    #expect(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_event_destroy(event)
  }
}
