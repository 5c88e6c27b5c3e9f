internal import CRdKafka
package import Connectors
package import Platform

/// Questions about topics and offsets, asked until the brokers answer or patience ends. All block.
package struct ClusterInspection {
  /// A partition as brokers know it.
  package struct Partition: Hashable, Sendable {
    package var topic: String
    package var number: Int32

    package init(topic: String, number: Int32) {
      self.topic = topic
      self.number = number
    }
  }

  /// Special times for `offsets`: behind the last committed record, and the first kept one.
  package static let latest: Int64 = -1
  package static let earliest: Int64 = -2
  /// Milliseconds for one answer.
  private static let timeout: Int32 = 5_000

  private let client: KafkaClient
  private let place: String
  private let clock: any Clock
  /// Microseconds.
  private let patience: Int64
  private let stop: StopToken

  package init(
    _ client: KafkaClient, place: String, clock: any Clock, stop: StopToken = StopToken(),
    patience: Int64 = BrokerWait.patience
  ) {
    self.client = client
    self.place = place
    self.clock = clock
    self.patience = patience
    self.stop = stop
  }

  /// The number of partitions of each topic, of all topics if `topics` is nil. A topic that does
  /// not exist is missing from the answer.
  package func partitionCounts(_ topics: [String]?) throws(ConnectorError) -> [String: Int32] {
    guard let topics else { return try metadata(of: nil) }
    var counts: [String: Int32] = [:]
    for topic in topics {
      guard let handle = rd_kafka_topic_new(client.handle, topic, nil) else {
        throw ConnectorError(.configuration, "\(place): `\(topic)` is no valid topic name")
      }
      defer { rd_kafka_topic_destroy(handle) }
      counts.merge(try metadata(of: handle)) { _, new in new }
    }
    return counts
  }

  private func metadata(of topic: OpaquePointer?) throws(ConnectorError) -> [String: Int32] {
    try repeating("reading the topics") { () -> Answer<[String: Int32]> in
      var metadata: UnsafePointer<rd_kafka_metadata>?
      let code = rd_kafka_metadata(
        client.handle, topic == nil ? 1 : 0, topic, &metadata, Self.timeout)
      guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { return .failed(code) }
      defer { rd_kafka_metadata_destroy(metadata) }
      var counts: [String: Int32] = [:]
      for index in 0..<Int(metadata.pointee.topic_cnt) {
        let topic = metadata.pointee.topics[index]
        switch topic.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
          counts[String(cString: topic.topic)] = topic.partition_cnt
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: continue
        default: return .failed(topic.err)
        }
      }
      return .answered(counts)
    }
  }

  /// For each partition the offset of its first record at or after a time in milliseconds, or
  /// `latest` or `earliest`. Behind the last record, where there is none so late.
  package func offsets(
    _ partitions: [Partition], at time: Int64
  ) throws(ConnectorError) -> [Partition: Int64] {
    guard !partitions.isEmpty else { return [:] }
    let found = try repeating("looking up offsets") { () -> Answer<[Partition: Int64]> in
      let list = PartitionList(capacity: partitions.count)
      for partition in partitions { list.add(partition.topic, partition.number, offset: time) }
      let code = rd_kafka_offsets_for_times(client.handle, list.handle, Self.timeout)
      guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return .failed(code) }
      var offsets: [Partition: Int64] = [:]
      for element in list.elements {
        guard element.code == RD_KAFKA_RESP_ERR_NO_ERROR else { return .failed(element.code) }
        offsets[Partition(topic: element.topic, number: element.partition)] = element.offset
      }
      return .answered(offsets)
    }
    let missing = found.filter { $0.value < 0 }.map(\.key)
    guard !missing.isEmpty, time != Self.latest else { return found }
    return try found.merging(offsets(missing, at: Self.latest)) { _, new in new }
  }

  private enum Answer<Value> {
    case answered(Value)
    case failed(rd_kafka_resp_err_t)
  }

  private func repeating<Value>(
    _ action: String, _ ask: () throws(ConnectorError) -> Answer<Value>
  ) throws(ConnectorError) -> Value {
    let wait = BrokerWait(client, place: place, clock: clock, stop: stop, patience: patience)
    while true {
      try wait.checkOpen(action)
      switch try ask() {
      case .answered(let value):
        client.status.heard()
        return value
      case .failed(let code): try wait.pause(after: BrokerFault(code), action)
      }
    }
  }
}
