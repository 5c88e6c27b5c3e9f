internal import CRdKafka
package import Connectors
package import Platform
internal import Schemas
internal import Synchronization

/// One of a pipeline's two transactional producers.
///
/// Calls that librdkafka says to repeat are repeated until the transaction's own timeout is over.
/// Everything else ends the attempt: whether a commit happened is for the marker to say.
package final class KafkaTransactionalProducer: TransactionalProducer {
  struct Identity: Sendable {
    /// Names the producer and its brokers in messages.
    var place: String
    var group: String
    var markerTopic: String
    /// Milliseconds a transaction may stay open.
    var timeout: Int64
  }

  /// Milliseconds that one call of the library may take before `destroy` is looked at again.
  private static let slice: Int32 = 2_000
  /// Microseconds between two tries.
  private static let pause: Int64 = 50_000

  private let producer: RecordProducer
  private let identity: Identity
  private let clock: any Clock
  private let account = DeliveryAccount()
  /// When the open transaction began (`monotonic`), 0 if none is open.
  private let began = Atomic<UInt64>(0)

  init(_ producer: RecordProducer, _ identity: Identity, clock: any Clock) {
    self.producer = producer
    self.identity = identity
    self.clock = clock
    producer.register(account)
  }

  /// Waits for the coordinator, as long as a start waits.
  func initialize(stop: StopToken) throws(ConnectorError) {
    let wait = BrokerWait(producer.client, place: identity.place, clock: clock, stop: stop)
    let action = "starting"
    while true {
      try wait.checkOpen(action)
      let answer = rd_kafka_init_transactions(producer.client.handle, Self.slice)
      guard let fault = BrokerFault(taking: answer) else {
        producer.client.status.heard()
        return
      }
      do throws(ConnectorError) {
        try wait.pause(after: fault, action)
      } catch { throw explained(error) }
    }
  }

  package func ring(_ wake: any Wake) { producer.ring(wake) }

  package func produce(_ record: OutgoingRecord) -> ProduceOutcome {
    if let failure { return .rejected(failure) }
    return producer.produce(record, account)
  }

  package var unacknowledged: Int { producer.settle(account) }

  package var failure: ConnectorError? { account.failure.map(explained) }

  package var timeout: Int64 { identity.timeout * 1_000 }

  package func begin() throws(ConnectorError) {
    if let fault = BrokerFault(taking: rd_kafka_begin_transaction(producer.client.handle)) {
      throw explained(fault.error("\(identity.place): beginning a transaction"))
    }
    began.store(max(clock.monotonic(), 1), ordering: .relaxed)
  }

  package func flush() throws(ConnectorError) {
    let deadline = clock.monotonic() &+ UInt64(clamping: identity.timeout) &* 1_000_000
    // With delivery events on, `rd_kafka_flush` would wait for us to take them; taking them is all.
    while account.unacknowledged > 0 {
      producer.drain(100)
      if let failure { throw failure }
      try checkOpen("waiting for acknowledgements")
      guard clock.monotonic() < deadline else {
        throw ConnectorError(
          .retriable,
          "\(identity.place): \(account.unacknowledged) records were not acknowledged within"
            + " \(identity.timeout / 1_000) s. \(producer.client.status.lastTrouble)")
      }
    }
    if let failure { throw failure }
  }

  package func commit(_ marker: CommitMarker) throws(ConnectorError) {
    try flush()
    try sendOffsets(marker)
    try repeating("committing epoch \(marker.epoch)", for: identity.timeout) { client in
      rd_kafka_commit_transaction(client, Self.slice)
    }
    began.store(0, ordering: .relaxed)
  }

  private func sendOffsets(_ marker: CommitMarker) throws(ConnectorError) {
    guard let offset = Int64(exactly: marker.epoch.number) else {
      throw ConnectorError(.fatal, "\(identity.place): epoch \(marker.epoch) is too large")
    }
    let text = CommitMarkerText.encode(marker)
    guard text.utf8.count <= CommitMarkerText.limit else {
      throw ConnectorError(.fatal, "\(identity.place): the commit marker exceeds 4,096 bytes")
    }
    let list = PartitionList(capacity: 1)
    list.add(identity.markerTopic, 0, offset: offset, metadata: text)
    guard let group = rd_kafka_consumer_group_metadata_new(identity.group) else {
      throw ConnectorError(.fatal, "\(identity.place): no memory for the group's metadata")
    }
    defer { rd_kafka_consumer_group_metadata_destroy(group) }
    try repeating("adding the marker of epoch \(marker.epoch)", for: identity.timeout) { client in
      rd_kafka_send_offsets_to_transaction(client, list.handle, group, Self.slice)
    }
  }

  package func destroy() { producer.close() }

  /// Calls until it succeeds, fails for good, or `milliseconds` are over.
  private func repeating(
    _ action: String, for milliseconds: Int64, _ call: (OpaquePointer) -> OpaquePointer?
  ) throws(ConnectorError) {
    let deadline = clock.monotonic() &+ UInt64(clamping: milliseconds) &* 1_000_000
    while true {
      try checkOpen(action)
      guard let fault = BrokerFault(taking: call(producer.client.handle)) else {
        producer.client.status.heard()
        return
      }
      // Reports of an aborted transaction come as purged; they must not pile up.
      producer.drain()
      guard fault.isRetriable, !fault.isFatal, clock.monotonic() < deadline else {
        throw explained(fault.error("\(identity.place): \(action)"))
      }
      producer.closing.wait(microseconds: Self.pause)
    }
  }

  private func checkOpen(_ action: String) throws(ConnectorError) {
    if producer.isClosed {
      throw ConnectorError(.retriable, "\(identity.place): closed while \(action)")
    }
  }

  /// A broker that ends a transaction for its age fences its producer as well. That is no other
  /// instance: the attempt may be repeated, and a newer incarnation is found out at its start.
  private func explained(_ error: ConnectorError) -> ConnectorError {
    let start = began.load(ordering: .relaxed)
    guard error.kind == .fenced, start > 0 else { return error }
    let age = Int64(clamping: (clock.monotonic() &- start) / 1_000_000)
    guard age >= identity.timeout else { return error }
    return ConnectorError(
      .retriable,
      "\(identity.place): the transaction was open for \(age / 1_000) s, and the broker has ended"
        + " it after \(identity.timeout / 1_000) s. \(error.message)")
  }
}
