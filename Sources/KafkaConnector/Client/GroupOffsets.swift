internal import CRdKafka
internal import Connectors
internal import Glibc
internal import Platform

/// Offsets that a group has committed, waited for while the brokers are away or a transaction that
/// holds them is undecided.
enum GroupOffsets {
  /// Microseconds between two questions.
  private static let pause: UInt32 = 100_000

  /// Blocks for at most `patience` microseconds. Partitions without an offset come back with a
  /// negative one.
  static func committed(
    _ client: KafkaClient, _ partitions: [(topic: String, number: Int32)], patience: Int64,
    clock: any Clock, place: String
  ) throws(ConnectorError) -> [PartitionList.Element] {
    let deadline = clock.monotonic() &+ UInt64(clamping: patience) &* 1_000
    while true {
      let list = PartitionList(capacity: partitions.count)
      for partition in partitions { list.add(partition.topic, partition.number) }
      let code = rd_kafka_committed(client.handle, list.handle, 5_000)
      let elements = list.elements
      let wrong =
        code != RD_KAFKA_RESP_ERR_NO_ERROR
        ? code : elements.first { $0.code != RD_KAFKA_RESP_ERR_NO_ERROR }?.code
      guard let wrong else {
        client.status.heard()
        return elements
      }
      let fault = BrokerFault(wrong)
      guard fault.isRetriable, clock.monotonic() < deadline else {
        throw fault.error("\(place): reading committed offsets")
      }
      usleep(pause)
    }
  }
}
