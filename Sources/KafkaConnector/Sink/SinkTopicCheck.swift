internal import CRdKafka
internal import Connectors
internal import Platform

/// Looks before the first row whether a sink's topic is there and takes what we may send: a record
/// that the broker refuses would abort its transaction at every restart.
struct SinkTopicCheck {
  /// Microseconds that a broker gets to create a topic by itself.
  private static let creation: UInt64 = 5_000_000
  private static let pause: Int64 = 100_000

  var topic: String
  var place: String
  var brokers: String
  /// The client's largest batch, in bytes.
  var limit: Int
  var clock: any Clock
  var stop: StopToken

  func run(_ client: KafkaClient) throws(ConnectorError) {
    let inspection = ClusterInspection(client, place: place, clock: clock, stop: stop)
    let deadline = clock.monotonic() &+ Self.creation &* 1_000
    while try inspection.partitionCounts([topic])[topic] == nil {
      guard clock.monotonic() < deadline else {
        throw ConnectorError(
          .configuration,
          "\(place): topic `\(topic)` does not exist on \(brokers). Create it, or correct `topic:`"
        )
      }
      stop.wait(microseconds: Self.pause)
    }
    // Brokers that do not tell leave it at the client's own limit.
    guard
      let allowed = TopicSettings.value("max.message.bytes", of: topic, client).flatMap({ Int($0) }
      ),
      allowed < limit
    else { return }
    throw ConnectorError(
      .configuration,
      "\(place): topic `\(topic)` takes batches of at most \(allowed) bytes, and we would send up"
        + " to \(limit). Raise the topic's `max.message.bytes`, or write"
        + " `config: { \"message.max.bytes\": \(allowed) }`")
  }
}

/// What a topic is configured with.
enum TopicSettings {
  /// nil if the broker does not say within five seconds. Blocks.
  static func value(_ key: String, of topic: String, _ client: KafkaClient) -> String? {
    guard let resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
    else { return nil }
    defer { rd_kafka_ConfigResource_destroy(resource) }
    guard let queue = rd_kafka_queue_new(client.handle) else { return nil }
    defer { rd_kafka_queue_destroy(queue) }
    var asked: OpaquePointer? = resource
    rd_kafka_DescribeConfigs(client.handle, &asked, 1, nil, queue)
    guard let event = rd_kafka_queue_poll(queue, 5_000) else { return nil }
    defer { rd_kafka_event_destroy(event) }
    guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR,
      let result = rd_kafka_event_DescribeConfigs_result(event)
    else { return nil }
    var count = 0
    guard let resources = rd_kafka_DescribeConfigs_result_resources(result, &count), count > 0
    else { return nil }
    var entryCount = 0
    guard let entries = rd_kafka_ConfigResource_configs(resources[0], &entryCount) else {
      return nil
    }
    for index in 0..<entryCount {
      guard let name = rd_kafka_ConfigEntry_name(entries[index]),
        String(cString: name) == key, let value = rd_kafka_ConfigEntry_value(entries[index])
      else { continue }
      return String(cString: value)
    }
    return nil
  }
}
