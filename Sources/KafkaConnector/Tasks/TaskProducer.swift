internal import CRdKafka
internal import Columns
internal import Connectors
internal import Platform
internal import Synchronization

/// An idempotent producer that tells of each record by itself what became of it. Any thread may
/// hand over records; a thread of its own takes the reports in, and hands over what had no room.
final class TaskProducer: @unchecked Sendable {
  typealias Teller = @Sendable (TaskAnswer) -> Void

  /// Of one record, on its way with it.
  private final class Call: Sendable {
    let tell: Teller
    init(_ tell: @escaping Teller) { self.tell = tell }
  }

  /// A record that is to be handed over.
  private struct Waiting {
    var record: TaskRecord.Content
    var call: Call
    /// Monotonic nanoseconds until which there may be room for it.
    var until: UInt64
  }

  /// Handles of topics that are kept for the next record.
  private static let mostTopics = 1_024
  /// Milliseconds that a lane waits for a report before it looks whether all is over.
  private static let pause: Int32 = 200

  // Made for use from any thread; the references never change.
  let client: KafkaClient
  private let lanes: any BackgroundLanes
  /// Reports wait behind no other work of the process.
  private let ownLanes = ThreadLanes()
  /// Nanoseconds for which a record waits for room.
  private let patience: UInt64
  private let clock = SystemClock()
  private let reports: OpaquePointer
  /// Those for which there was no room, oldest first.
  private let waiting = Mutex<Queue<Waiting>>(Queue())
  private let topics = Mutex<[String: TopicHandle]>([:])
  private let closed = Atomic<Bool>(false)
  private let fatal = Atomic<Bool>(false)
  /// Threads that are handing over a record: topics' handles stay as long.
  private let users = Atomic<Int>(0)

  /// `OpaquePointer` is not Sendable; librdkafka's are.
  private struct TopicHandle: @unchecked Sendable { var handle: OpaquePointer }

  /// - Parameter patience: nanoseconds.
  init(_ client: KafkaClient, lane: String, lanes: any BackgroundLanes, patience: Int64) {
    self.client = client
    self.lanes = lanes
    self.patience = UInt64(patience)
    reports = rd_kafka_queue_get_main(client.handle)
    ConnectionPulse.shared.watch(client, lanes)
    ownLanes.submit(LaneName(lane, .input)) { self.takeReports() }
  }

  /// Whether it takes no more records, and another is to be made.
  var isBroken: Bool { fatal.load(ordering: .acquiring) }

  /// Takes a record on its way. Never waits; `tell` is called once, unless all is closed.
  func produce(_ record: TaskRecord.Content, _ tell: @escaping Teller) {
    users.wrappingAdd(1, ordering: .sequentiallyConsistent)
    defer { users.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
    guard !closed.load(ordering: .sequentiallyConsistent) else { return }
    ownLanes.tryAgain()
    let own = Waiting(
      record: record, call: Call(tell), until: clock.monotonic() &+ patience)
    // It goes behind those that wait already.
    if waiting.withLock({ !$0.isEmpty }) || !handOver(own) {
      waiting.withLock { $0.append(own) }
    }
  }

  /// Queues a record, its bytes copied. False where there is no room for it.
  private func handOver(_ own: Waiting) -> Bool {
    guard let topic = handle(of: own.record.topic) else {
      own.call.tell(TaskAnswer(.invalid("`\(own.record.topic)` is no name of a topic")))
      return true
    }
    let call = Unmanaged.passRetained(own.call)
    let code = send(own.record, topic.handle, call.toOpaque())
    if !topic.isKept { rd_kafka_topic_destroy(topic.handle) }
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return true }
    call.release()
    if code == RD_KAFKA_RESP_ERR__QUEUE_FULL { return false }
    own.call.tell(answer(code, isOnItsWay: false, own.record.topic))
    return true
  }

  private func send(
    _ record: TaskRecord.Content, _ topic: OpaquePointer, _ call: UnsafeMutableRawPointer
  ) -> rd_kafka_resp_err_t {
    let headers = rd_kafka_headers_new(record.headers.count)
    for (name, value) in record.headers {
      value.withUnsafeBytes { bytes in
        _ = rd_kafka_header_add(headers, name, -1, Self.present(bytes), bytes.count)
      }
    }
    let code = record.value.withUnsafeBytes { value in
      (record.key ?? []).withUnsafeBytes { key in
        raudal_rd_kafka_produce(
          client.handle, topic, record.key == nil ? nil : Self.present(key), key.count,
          Self.present(value), value.count, headers, 0, call)
      }
    }
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { rd_kafka_headers_destroy(headers) }
    return code
  }

  /// Empty is not null: an empty buffer may have no address, and librdkafka takes that for null.
  private static func present(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawPointer {
    bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
  }

  private func handle(of topic: String) -> (handle: OpaquePointer, isKept: Bool)? {
    topics.withLock { topics in
      if let known = topics[topic] { return (known.handle, true) }
      guard let handle = rd_kafka_topic_new(client.handle, topic, nil) else { return nil }
      guard topics.count < Self.mostTopics else { return (handle, false) }
      topics[topic] = TopicHandle(handle: handle)
      return (handle, true)
    }
  }

  /// Ends all use; the connection goes when the last report was taken in.
  func close() {
    guard !closed.exchange(true, ordering: .sequentiallyConsistent) else { return }
    rd_kafka_purge(
      client.handle,
      RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    ownLanes.tryAgain()
  }

  // MARK: - Reports

  private func takeReports() {
    while !closed.load(ordering: .sequentiallyConsistent) {
      take(Self.pause)
      handOverWaiting()
    }
    while users.load(ordering: .sequentiallyConsistent) > 0 { take(1) }
    waiting.withLock { $0 = Queue() }
    // What was purged comes as reports, and each holds memory of ours.
    while rd_kafka_outq_len(client.handle) > 0, take(Self.pause) {}
    take(0)
    topics.withLock { topics in
      for topic in topics.values { rd_kafka_topic_destroy(topic.handle) }
      topics = [:]
    }
    rd_kafka_queue_destroy(reports)
    KafkaClient.release(client, on: lanes)
  }

  /// What was reported has made room. Nobody else takes records out.
  private func handOverWaiting() {
    while let next = waiting.withLock({ $0.first }) {
      if clock.monotonic() >= next.until {
        next.call.tell(
          TaskAnswer(
            .unreached("topic `\(next.record.topic)`: there was no room for a further record")))
      } else if !handOver(next) {
        return
      }
      _ = waiting.withLock { $0.popFirst() }
    }
  }

  /// Whether there was any.
  @discardableResult
  private func take(_ milliseconds: Int32) -> Bool {
    guard let event = rd_kafka_queue_poll(reports, milliseconds) else { return false }
    defer { rd_kafka_event_destroy(event) }
    guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR else { return true }
    while let message = rd_kafka_event_message_next(event) { tell(message) }
    return true
  }

  private func tell(_ message: UnsafePointer<rd_kafka_message_t>) {
    guard let opaque = message.pointee._private else { return }
    let call = Unmanaged<Call>.fromOpaque(opaque).takeRetainedValue()
    let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? "?"
    let code = message.pointee.err
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      let isOnItsWay = rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED
      // Nobody waits any more.
      if closed.load(ordering: .acquiring) { return }
      return call.tell(answer(code, isOnItsWay: isOnItsWay, topic))
    }
    client.status.heard()
    call.tell(
      TaskAnswer(
        .done, status: 0,
        response: Array(
          #"{"topic":"\#(topic)","partition":\#(message.pointee.partition),"#.utf8)
          + Array(#""offset":\#(message.pointee.offset)}"#.utf8)))
  }

  /// `isOnItsWay`: brokers may have written it.
  private func answer(
    _ code: rd_kafka_resp_err_t, isOnItsWay: Bool, _ topic: String
  ) -> TaskAnswer {
    if code == RD_KAFKA_RESP_ERR__FATAL { fatal.store(true, ordering: .releasing) }
    let fault = BrokerFault(code)
    let trouble = client.status.lastTrouble
    let reason =
      "topic `\(topic)`: \(fault.text) (\(String(cString: rd_kafka_err2name(code))))"
      + (trouble.isEmpty ? "" : ": \(trouble)")
    switch code {
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return refused(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, reason)
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT:
      return TaskAnswer(isOnItsWay ? .timedOut(reason) : .unreached(reason))
    default: break
    }
    // Codes below zero are the library's own.
    if code.rawValue < 0 { return TaskAnswer(isOnItsWay ? .broken(reason) : .unreached(reason)) }
    if fault.isRetriable { return TaskAnswer(.broken(reason), status: Int(code.rawValue)) }
    return refused(code, reason)
  }

  /// What is wrong is the record or the definition, not the cluster.
  private func refused(_ code: rd_kafka_resp_err_t, _ reason: String) -> TaskAnswer {
    TaskAnswer(.refused(reason), status: Int(code.rawValue), isFailure: false)
  }
}
