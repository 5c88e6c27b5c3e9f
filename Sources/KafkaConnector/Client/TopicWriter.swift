package import Connectors
package import Formats
internal import Platform

/// Writes records for a command, which may wait: brokers have all of them when `finish` returns.
package final class TopicWriter {
  private let producer: RecordProducer
  private let account = DeliveryAccount()

  package init(
    configuration: ClientConfiguration, place: String,
    notify: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(ConnectorError) {
    producer = try RecordProducer(
      configuration: configuration, place: place, lanes: ThreadLanes(), notify: notify)
    producer.register(account)
  }

  /// Hands all of them over.
  package func write(_ records: EncodedRecords, to topic: String) throws(ConnectorError) {
    for record in records.records {
      try write(
        OutgoingRecord(
          topic: topic, key: records.bytes(record.key), value: records.bytes(record.value),
          timestamp: nil))
    }
  }

  /// Waits where there is no room for it.
  package func write(_ record: OutgoingRecord) throws(ConnectorError) {
    while true {
      if let failure = account.failure { throw failure }
      switch producer.produce(record, account) {
      case .queued: return
      case .full: producer.drain(10)
      case .rejected(let error): throw error
      }
    }
  }

  /// Waits until brokers have all that was written.
  package func finish() throws(ConnectorError) {
    while account.unacknowledged > 0 {
      producer.drain(50)
      if let failure = account.failure { throw failure }
    }
    if let failure = account.failure { throw failure }
  }
}
