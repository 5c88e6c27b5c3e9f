package import CRdKafka
package import Connectors
package import Platform
internal import Synchronization

/// Counts records on their way: queued and not yet acknowledged. Its address goes with each record,
/// so the producer that it is registered with keeps it alive.
package final class DeliveryAccount: Sendable {
  private let outstanding = Atomic<Int>(0)
  private let failed = Atomic<Bool>(false)
  private let firstFailure = Mutex<ConnectorError?>(nil)

  package init() {}

  package var unacknowledged: Int { outstanding.load(ordering: .acquiring) }

  /// The first record that was not delivered.
  package var failure: ConnectorError? {
    failed.load(ordering: .acquiring) ? firstFailure.withLock { $0 } : nil
  }

  func queued() { outstanding.wrappingAdd(1, ordering: .relaxed) }

  func finished() { outstanding.wrappingSubtract(1, ordering: .acquiringAndReleasing) }

  package func fail(_ error: ConnectorError) {
    firstFailure.withLock { $0 = $0 ?? error }
    failed.store(true, ordering: .releasing)
  }
}

/// A librdkafka producer with its delivery reports, shared by any number of threads.
///
/// Reports wait in a queue until somebody who wants to know drains it; who found too little there
/// (`await`) is rung when more has come. No thread of ours does nothing but wait for them.
package final class RecordProducer: @unchecked Sendable {
  // Immutable, or guarded by the atomics and locks below.
  package let client: KafkaClient
  private let place: String
  private let lanes: any BackgroundLanes
  private let reports: OpaquePointer
  private let bell = ProducerBell()
  private let topics = Mutex<[TopicHandle]>([])
  private let accounts = Mutex<[DeliveryAccount]>([])
  /// Set by `close`; cuts short what waits for this producer.
  package let closing = StopToken()

  /// The C handles of one topic name. `OpaquePointer` is not Sendable; librdkafka's are.
  private struct TopicHandle: @unchecked Sendable {
    var name: String
    var handle: OpaquePointer
  }

  package init(client: KafkaClient, place: String, lanes: any BackgroundLanes) {
    self.client = client
    self.place = place
    self.lanes = lanes
    reports = rd_kafka_queue_get_main(client.handle)
    ConnectionPulse.shared.watch(client, lanes)
    // The bell lives as long as this object, and `deinit` ends the callbacks.
    rd_kafka_queue_cb_event_enable(
      reports,
      { _, opaque in
        guard let opaque else { return }
        Unmanaged<ProducerBell>.fromOpaque(opaque).takeUnretainedValue().reportsCame()
      }, Unmanaged.passUnretained(bell).toOpaque())
  }

  /// A producer outside transactions, idempotent, with our settings.
  package convenience init(
    configuration: ClientConfiguration, place: String, lanes: any BackgroundLanes,
    notify: @escaping @Sendable (String) -> Void = { _ in },
    waits: @escaping @Sendable (_ place: String, _ what: String?) -> Void = { _, _ in }
  ) throws(ConnectorError) {
    let settings = try ProducerSettings.make(configuration, place: place)
    // A record waits for brokers that are away as long as it takes.
    if configuration.entries["message.timeout.ms"] == nil,
      configuration.entries["delivery.timeout.ms"] == nil
    {
      try settings.set("message.timeout.ms", "0")
    }
    let client = try KafkaClient(
      RD_KAFKA_PRODUCER, settings, place: place, notify: notify, waits: waits)
    self.init(client: client, place: place, lanes: lanes)
  }

  deinit { letGo() }

  package var isClosed: Bool { closing.isStopped }

  /// Rings when a report comes after somebody had to wait.
  package func ring(_ wake: any Wake) { bell.add(wake) }

  /// Keeps the account alive until it is dismissed: records point to it.
  package func register(_ account: DeliveryAccount) {
    accounts.withLock { $0.append(account) }
  }

  /// Lets go of an account that takes no more records and whose last one was acknowledged.
  package func dismiss(_ account: DeliveryAccount) {
    precondition(account.unacknowledged == 0, "records under way point to their account")
    accounts.withLock { accounts in accounts.removeAll { $0 === account } }
  }

  /// Queues one record; its bytes are copied. Never waits. The account must be registered.
  package func produce(_ record: OutgoingRecord, _ account: DeliveryAccount) -> ProduceOutcome {
    guard !isClosed else {
      return .rejected(ConnectorError(.retriable, "\(place): the producer was closed"))
    }
    guard let topic = handle(of: record.topic) else {
      return .rejected(
        ConnectorError(.configuration, "\(place): `\(record.topic)` is no valid topic name"))
    }
    let headers = record.headers.flatMap(HeaderBlock.headers)
    account.queued()
    var code = send(record, topic, headers, account)
    if code == RD_KAFKA_RESP_ERR__QUEUE_FULL {
      bell.expect()
      drainReports(0)
      code = send(record, topic, headers, account)
    }
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return .queued }
    account.finished()
    if let headers { rd_kafka_headers_destroy(headers) }
    if code == RD_KAFKA_RESP_ERR__QUEUE_FULL { return .full }
    return .rejected(fault(code).error("\(place): a record for topic `\(record.topic)`"))
  }

  private func send(
    _ record: OutgoingRecord, _ topic: OpaquePointer, _ headers: OpaquePointer?,
    _ account: DeliveryAccount
  ) -> rd_kafka_resp_err_t {
    let key = record.key.map(Self.presentPointer)
    let value = record.value.map(Self.presentPointer)
    return raudal_rd_kafka_produce(
      client.handle, topic, key, record.key?.count ?? 0, value, record.value?.count ?? 0, headers,
      record.timestamp.map(Self.brokerTime) ?? 0, Unmanaged.passUnretained(account).toOpaque())
  }

  /// Empty is not null: an empty buffer may have no address, and librdkafka takes that for null.
  private static func presentPointer(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeRawPointer {
    UnsafeRawPointer(bytes.baseAddress) ?? UnsafeRawPointer(bitPattern: 1)!
  }

  /// Kafka has no times before 1970, and 0 stands for "now" in the library.
  private static func brokerTime(_ milliseconds: Int64) -> Int64 { max(milliseconds, 1) }

  /// Takes in what reports there are, waiting for the first at most `milliseconds`. Returns whether
  /// there were any.
  @discardableResult
  package func drain(_ milliseconds: Int32 = 0) -> Bool {
    return isClosed ? false : drainReports(milliseconds)
  }

  /// Drains; if the account still has records under way, its owner will be rung.
  package func settle(_ account: DeliveryAccount) -> Int {
    if account.unacknowledged == 0 { return 0 }
    drain()
    if account.unacknowledged == 0 { return 0 }
    // Ask to be rung first, then look again: a report in between is seen by one or the other.
    bell.expect()
    drain()
    return account.unacknowledged
  }

  @discardableResult
  private func drainReports(_ milliseconds: Int32) -> Bool {
    var wait = milliseconds
    var any = false
    while let event = rd_kafka_queue_poll(reports, wait) {
      wait = 0
      any = true
      if rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR {
        while let message = rd_kafka_event_message_next(event) { count(message) }
      }
      rd_kafka_event_destroy(event)
    }
    return any
  }

  private func count(_ message: UnsafePointer<rd_kafka_message_t>) {
    guard let opaque = message.pointee._private else { return }
    let account = Unmanaged<DeliveryAccount>.fromOpaque(opaque).takeUnretainedValue()
    let code = message.pointee.err
    if code == RD_KAFKA_RESP_ERR_NO_ERROR {
      client.status.heard()
    } else {
      let fault = fault(code)
      if !fault.isPurge {
        let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? "?"
        account.fail(
          fault.error(
            "\(place): a record for topic `\(topic)` [\(message.pointee.partition)] was refused"))
      }
    }
    account.finished()
  }

  /// What a code means, a fatal error replaced by its cause.
  package func fault(_ code: rd_kafka_resp_err_t) -> BrokerFault {
    var reason = [CChar](repeating: 0, count: 512)
    if code == RD_KAFKA_RESP_ERR__FATAL {
      let cause = rd_kafka_fatal_error(client.handle, &reason, reason.count)
      if cause != RD_KAFKA_RESP_ERR_NO_ERROR { return BrokerFault(cause, text(reason)) }
    }
    return BrokerFault(code)
  }

  /// The topic's handle, made at its first record. Few topics a producer: a list is searched.
  private func handle(of topic: String) -> OpaquePointer? {
    topics.withLock { topics in
      if let known = topics.first(where: { $0.name == topic }) { return known.handle }
      guard let handle = rd_kafka_topic_new(client.handle, topic, nil) else { return nil }
      topics.append(TopicHandle(name: topic, handle: handle))
      return handle
    }
  }

  /// Ends all use and drops what is queued. Does not wait; the connection goes with the last
  /// reference, on a background lane.
  package func close() {
    guard closing.stop() else { return }
    rd_kafka_purge(
      client.handle,
      RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
  }

  private func letGo() {
    rd_kafka_queue_cb_event_enable(reports, nil, nil)
    if !isClosed {
      rd_kafka_purge(client.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
    }
    drainReports(0)
    topics.withLock { topics in
      for topic in topics { rd_kafka_topic_destroy(topic.handle) }
      topics = []
    }
    rd_kafka_queue_destroy(reports)
    KafkaClient.release(client, on: lanes)
  }
}

/// Who waits for delivery reports.
private final class ProducerBell: Sendable {
  private let wakes = Mutex<[any Wake]>([])
  private let expected = Atomic<Bool>(false)

  func add(_ wake: any Wake) {
    wakes.withLock { wakes in
      if !wakes.contains(where: { $0 === wake }) { wakes.append(wake) }
    }
  }

  func expect() { expected.store(true, ordering: .sequentiallyConsistent) }

  /// From librdkafka's threads, when the queue is no longer empty.
  func reportsCame() {
    guard expected.exchange(false, ordering: .sequentiallyConsistent) else { return }
    for wake in wakes.withLock({ $0 }) { wake.wake() }
  }
}
