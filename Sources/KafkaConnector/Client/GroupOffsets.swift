internal import CRdKafka
internal import Connectors
internal import Platform

/// Offsets that a group has committed, waited for while the brokers are away or a transaction that
/// holds them is undecided.
enum GroupOffsets {
  /// Blocks for as long as a start waits. Partitions without an offset come back with a negative
  /// one.
  static func committed(
    _ client: KafkaClient, _ partitions: [(topic: String, number: Int32)], clock: any Clock,
    stop: StopToken, place: String
  ) throws(ConnectorError) -> [PartitionList.Element] {
    let wait = BrokerWait(client, place: place, clock: clock, stop: stop)
    let action = "reading committed offsets"
    while true {
      try wait.checkOpen(action)
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
      try wait.pause(after: BrokerFault(wrong), action)
    }
  }

  /// Asks once, for at most two seconds; nil where there is no clear answer.
  static func peek(
    _ client: KafkaClient, _ partition: (topic: String, number: Int32)
  ) -> PartitionList.Element? {
    let list = PartitionList(capacity: 1)
    list.add(partition.topic, partition.number)
    let code = rd_kafka_committed(client.handle, list.handle, 2_000)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let element = list.elements.first,
      element.code == RD_KAFKA_RESP_ERR_NO_ERROR
    else { return nil }
    client.status.heard()
    return element
  }
}
