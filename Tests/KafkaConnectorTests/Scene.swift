import Connectors
import Foundation
import KafkaConnector
import Platform
import Schemas
import Synchronization
import TestKit

/// Threads for what may wait; each lane's jobs one after the other.
final class ThreadLanes: BackgroundLanes {
  private let queues = Mutex<[LaneName: DispatchQueue]>([:])

  func submit(_ lane: LaneName, _ job: @escaping @Sendable () -> Void) {
    let queue = queues.withLock { queues in
      let queue = queues[lane] ?? DispatchQueue(label: lane.name)
      queues[lane] = queue
      return queue
    }
    queue.async(execute: job)
  }
}

struct SystemClock: Platform.Clock {
  func now() -> Timestamp {
    Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
  }

  func monotonic() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
}

/// A wake that a test can wait for.
final class WaitableWake: Wake {
  private let semaphore = DispatchSemaphore(value: 0)
  func wake() { semaphore.signal() }

  /// Whether it was rung within that time.
  @discardableResult
  func wait(_ seconds: Double) -> Bool { semaphore.wait(timeout: .now() + seconds) == .success }
}

/// A broker, and names of this test's own.
struct Scene {
  let broker: Broker
  let id = UUID().uuidString.prefix(8).lowercased()
  let notices = Notices()
  var brokers: String
  var interval: Int64 = 1_000_000

  final class Notices: Sendable {
    let lines = Mutex<[String]>([])
    func contain(_ text: String) -> Bool { count(text) > 0 }
    func count(_ text: String) -> Int {
      lines.withLock { $0.count { $0.contains(text) } }
    }
  }

  init(own: Bool = false) throws {
    broker = try own ? Broker.start() : Broker.shared()
    brokers = broker.address
  }

  var pipeline: String { "test-\(id)" }
  var markerGroup: String { "raudal.\(pipeline).commits" }

  var configuration: ClientConfiguration { ClientConfiguration(brokers: brokers) }

  var environment: ConnectorEnvironment {
    ConnectorEnvironment(
      pipeline: pipeline, clock: SystemClock(), lanes: ThreadLanes(), workers: 1,
      checkpointInterval: interval,
      notify: { [notices] line in notices.lines.withLock { $0.append(line) } })
  }

  /// Creates a topic named after this test.
  func topic(_ name: String = "events", partitions: Int32 = 1) throws -> String {
    let topic = "\(name)-\(id)"
    let admin = try KafkaAdmin(configuration: configuration, clock: SystemClock())
    try admin.createTopic(topic, partitions: partitions, settings: ["retention.ms": "-1"])
    return topic
  }

  func source(_ options: [String: ResolvedValue]) throws -> KafkaSource {
    let options = ResolvedOptions(
      options.merging(["brokers": .text(brokers)]) { own, _ in own })
    return try KafkaSource(
      name: "events", place: "source `events`",
      configuration: ClientConfiguration(options, place: "source `events`"),
      options: SourceOptions(options, place: "source `events`"), environment: environment)
  }

  func cluster(_ markerTopic: String) -> KafkaCluster {
    KafkaCluster(
      configuration: configuration, markerTopic: markerTopic, environment: environment)
  }

  /// A producer outside any transaction.
  func producer(_ config: [String: String] = [:]) throws -> TestProducer {
    try TestProducer(
      ClientConfiguration(brokers: brokers, entries: config), lanes: environment.lanes)
  }
}

/// Writes records one by one and waits for all of them.
final class TestProducer {
  let producer: RecordProducer
  private let account = DeliveryAccount()

  init(_ configuration: ClientConfiguration, lanes: any BackgroundLanes) throws {
    producer = try RecordProducer(configuration: configuration, place: "the test", lanes: lanes)
    producer.register(account)
  }

  deinit { producer.close() }

  func send(
    _ topic: String, _ value: String?, key: String? = nil, headers: [UInt8] = [],
    time: Int64? = nil
  ) throws {
    let outcome = outgoing(topic, value, key: key, headers: headers, time: time) {
      producer.produce($0, account)
    }
    guard outcome == .queued else { throw Broker.Failure("\(outcome)") }
  }

  func flush() throws {
    let deadline = Date().addingTimeInterval(120)
    while account.unacknowledged > 0 {
      producer.drain(100)
      guard Date() < deadline else { throw Broker.Failure("not acknowledged") }
    }
    if let failure = account.failure { throw failure }
  }
}

/// Calls `body` with a record made of texts.
func outgoing<Result>(
  _ topic: String, _ value: String?, key: String? = nil, headers: [UInt8] = [],
  time: Int64? = nil, _ body: (OutgoingRecord) -> Result
) -> Result {
  let valueBytes = value.map { Array($0.utf8) }
  let keyBytes = key.map { Array($0.utf8) }
  return (valueBytes ?? []).withUnsafeBufferPointer { valueBuffer in
    (keyBytes ?? []).withUnsafeBufferPointer { keyBuffer in
      headers.withUnsafeBufferPointer { headerBuffer in
        body(
          OutgoingRecord(
            topic: topic, key: keyBytes == nil ? nil : keyBuffer,
            value: valueBytes == nil ? nil : valueBuffer,
            headers: headers.isEmpty ? nil : headerBuffer, timestamp: time))
      }
    }
  }
}
