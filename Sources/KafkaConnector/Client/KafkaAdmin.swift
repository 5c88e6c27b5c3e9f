internal import CRdKafka
package import Connectors
package import Platform

/// Topics from outside a pipeline: for the commands, the demo and tests. All calls block.
package final class KafkaAdmin: Sendable {
  private let client: KafkaClient
  private let place: String
  private let inspection: @Sendable () -> ClusterInspection

  package init(
    configuration: ClientConfiguration, clock: any Clock,
    notify: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(ConnectorError) {
    let place = "brokers \(configuration.brokers)"
    self.place = place
    let settings = try ClientSettings(configuration, place: place)
    let client = try KafkaClient(RD_KAFKA_PRODUCER, settings, place: place, notify: notify)
    self.client = client
    inspection = { ClusterInspection(client, place: place, clock: clock) }
  }

  /// Creates a topic; false if there is one of that name already. `replicas` -1: as many as the
  /// cluster's default says (Kafka 2.4 or newer). `settings` are the topic's (`retention.ms`).
  @discardableResult
  package func createTopic(
    _ name: String, partitions: Int32, replicas: Int32 = -1,
    settings: [String: String] = [:]
  ) throws(ConnectorError) -> Bool {
    var reason = [CChar](repeating: 0, count: 512)
    var topic = rd_kafka_NewTopic_new(name, partitions, replicas, &reason, reason.count)
    guard topic != nil else {
      throw ConnectorError(.configuration, "\(place): topic `\(name)`: \(text(reason))")
    }
    defer { rd_kafka_NewTopic_destroy(topic) }
    for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
      rd_kafka_NewTopic_set_config(topic, key, value)
    }
    // A question that says why there is no answer. Asked for by name the topic would be created, by
    // the cluster's own rules.
    if try inspection().partitionCounts(nil)[name] != nil { return false }
    let queue = rd_kafka_queue_new(client.handle)
    defer { rd_kafka_queue_destroy(queue) }
    rd_kafka_CreateTopics(client.handle, &topic, 1, nil, queue)
    guard let event = rd_kafka_queue_poll(queue, 60_000) else {
      throw ConnectorError(.retriable, "\(place): no answer to the creation of topic `\(name)`")
    }
    defer { rd_kafka_event_destroy(event) }
    guard let fault = Self.outcome(event) else { return true }
    if fault.code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { return false }
    throw fault.error("\(place): creating topic `\(name)`")
  }

  /// What went wrong with the creation; nil if nothing.
  private static func outcome(_ event: OpaquePointer) -> BrokerFault? {
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      return BrokerFault(code, rd_kafka_event_error_string(event).map { String(cString: $0) })
    }
    guard let result = rd_kafka_event_CreateTopics_result(event) else { return nil }
    var count = 0
    guard let topics = rd_kafka_CreateTopics_result_topics(result, &count) else { return nil }
    for index in 0..<count {
      let code = rd_kafka_topic_result_error(topics[index])
      guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
      let text = rd_kafka_topic_result_error_string(topics[index]).map { String(cString: $0) }
      return BrokerFault(code, text)
    }
    return nil
  }

  /// Partitions of a topic; nil if it does not exist.
  package func partitionCount(_ topic: String) throws(ConnectorError) -> Int32? {
    try inspection().partitionCounts([topic])[topic]
  }

  /// The offset behind the last record of each of a topic's partitions.
  package func endOffsets(_ topic: String) throws(ConnectorError) -> [Int64] {
    guard let count = try partitionCount(topic) else {
      throw ConnectorError(.configuration, "\(place): topic `\(topic)` does not exist")
    }
    let partitions = (0..<count).map { ClusterInspection.Partition(topic: topic, number: $0) }
    let ends = try inspection().offsets(partitions, at: ClusterInspection.latest)
    return partitions.map { ends[$0] ?? 0 }
  }
}
