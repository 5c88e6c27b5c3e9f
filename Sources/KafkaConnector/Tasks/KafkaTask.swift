internal import CRdKafka
internal import Columns
internal import Connectors
internal import Plans
internal import Platform
internal import Schemas
internal import Synchronization

/// Makes the calls of `task … using kafka`: a record for each attempt, done when the brokers have
/// acknowledged it.
final class KafkaTask: TaskClient {
  /// Milliseconds within which a record is given up; the engine gives its call up a little later,
  /// and knows then whether it may have been written.
  private static func patience(_ timeout: Int64) -> Int64 { max(timeout / 1_000 * 19 / 20, 15) }

  /// Of them for how many a record waits for room. The library counts from when it has one, so that
  /// what is left is the library's: else it would write the record of a call that is over.
  private static func waiting(_ patience: Int64) -> Int64 { patience / 3 }

  /// KiB of records on their way, the most that the library takes.
  private static let mostMemory = "2097151"

  private let place: String
  private let configuration: ClientConfiguration
  private let environment: ConnectorEnvironment
  private let timeout: Int64
  private let lane: String
  private let record: TaskRecord
  private let decoder: ResponseDecoder
  private let current = Mutex<TaskProducer?>(nil)

  init(
    _ spec: TaskSpec, _ record: TaskRecord, _ configuration: ClientConfiguration,
    _ environment: ConnectorEnvironment
  ) throws(ConnectorError) {
    place = "task `\(spec.name)`"
    lane = "kafka.task.\(spec.name)"
    timeout = spec.timeout
    self.record = record
    self.configuration = configuration
    self.environment = environment
    decoder = try ResponseDecoder(spec)
  }

  func start() throws(ConnectorError) {
    let (producer, limit) = try makeProducer()
    do {
      try check(producer.client, limit)
    } catch {
      producer.close()
      throw error
    }
    current.withLock { $0 = producer }
  }

  private func makeProducer() throws(ConnectorError) -> (TaskProducer, limit: Int) {
    var own = configuration
    let memory = "queue.buffering.max.kbytes"
    // Limits bound what is under way, and a call that has begun waits for no other one.
    own.entries[memory] = own.entries[memory] ?? Self.mostMemory
    let settings = try ProducerSettings.make(own, place: place)
    let patience = Self.patience(timeout)
    let waiting = Self.waiting(patience)
    let rest = patience - waiting
    try settings.set("message.timeout.ms", "\(rest)")
    // A topic that is not there is told within the call's time.
    settings.setIfKnown("topic.metadata.propagation.max.ms", "\(min(rest / 2, 30_000))")
    let limit = settings.value("message.max.bytes").flatMap { Int($0) } ?? 1_000_000
    let shown = "\(place) (\(configuration.brokers))"
    let client = try KafkaClient(
      RD_KAFKA_PRODUCER, settings, place: shown, notify: environment.notify,
      waits: environment.waits)
    let producer = TaskProducer(
      client, lane: lane, lanes: environment.lanes, patience: waiting * 1_000_000)
    return (producer, limit)
  }

  /// That brokers answer, and that a topic is there that is the same for all rows.
  private func check(_ client: KafkaClient, _ limit: Int) throws(ConnectorError) {
    if let topic = record.topic.constant.map({ String(decoding: $0, as: UTF8.self) }) {
      try SinkTopicCheck(
        topic: topic, place: place, brokers: configuration.brokers, limit: limit,
        clock: environment.clock, stop: environment.stop
      ).run(client)
    } else {
      let inspection = ClusterInspection(
        client, place: place, clock: environment.clock, stop: environment.stop)
      _ = try inspection.partitionCounts(nil)
    }
  }

  func perform(
    _ attempt: TaskAttempt, _ answer: @escaping @Sendable (TaskAnswer) -> Void
  ) {
    let content: TaskRecord.Content
    do throws(TemplateRefusal) {
      content = try record.content(attempt)
    } catch {
      return answer(TaskAnswer(.invalid(error.reason)))
    }
    do throws(ConnectorError) {
      let readsAnswer = !decoder.isEmpty
      try producer()?.produce(content) { told in
        var told = told
        if !readsAnswer { told.response = [] }
        answer(told)
      }
    } catch {
      answer(TaskAnswer(.unreached(error.message)))
    }
  }

  /// One that has met a fatal error is replaced. Nil: all is closed.
  private func producer() throws(ConnectorError) -> TaskProducer? {
    let known = current.withLock { $0 }
    guard let known, known.isBroken else { return known }
    let (fresh, _) = try makeProducer()
    let kept = current.withLock { current -> TaskProducer? in
      if current === known { current = fresh }
      return current
    }
    (kept === fresh ? known : fresh).close()
    return kept
  }

  func read(_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String]) {
    decoder.read(responses)
  }

  func close() {
    let producer = current.withLock { current in
      defer { current = nil }
      return current
    }
    producer?.close()
  }
}
