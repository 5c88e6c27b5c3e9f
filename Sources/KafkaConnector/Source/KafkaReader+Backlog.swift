internal import CRdKafka
internal import Schemas

extension KafkaReader {
  /// By the end that the last answer of the broker named; nil before the first. What lies behind
  /// the last record up to where the end was seen are markers of transactions: nobody waits for
  /// them.
  func backlog(_ partition: PartitionID) -> Int64? {
    guard let state = partitions.first(where: { $0.id == partition }) else { return nil }
    var low: Int64 = 0
    var high: Int64 = 0
    let code = rd_kafka_get_watermark_offsets(
      source.client.handle, partition.topic, partition.number, &low, &high)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else { return nil }
    return max(0, high - max(state.next, state.endSeen, low))
  }
}
