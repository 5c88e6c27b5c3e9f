import CRdKafka
import Connectors
import Foundation
import KafkaConnector
import Schemas
import Testing

/// Errors of the transaction calls, one kind after the other, from librdkafka's mock cluster.
struct TransactionFaultTests {
  typealias Request = MockCluster.Request

  struct Injection: Sendable, CustomTestStringConvertible {
    var request: Request
    var code: rd_kafka_resp_err_t
    var kind: ConnectorError.Kind?
    var testDescription: String { "\(request): \(String(cString: rd_kafka_err2name(code)))" }

    init(_ request: Request, _ code: rd_kafka_resp_err_t, _ kind: ConnectorError.Kind? = nil) {
      self.request = request
      self.code = code
      self.kind = kind
    }
  }

  static let passing: [Injection] = [
    Injection(.initProducer, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
    Injection(.initProducer, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS),
    Injection(.addPartitions, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS),
    Injection(.addPartitions, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
    Injection(.addOffsets, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
    Injection(.commitOffsets, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
    Injection(.commitOffsets, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT),
    Injection(.endTransaction, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
    Injection(.endTransaction, RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
    Injection(.produce, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
  ]

  @Test(arguments: passing)
  func `what passes is repeated until it succeeds`(injection: Injection) throws {
    let mock = try MockCluster(topics: ["out"])
    if injection.request == .initProducer { mock.fail(injection.request, injection.code, times: 2) }
    let producer = try mock.transactions().makeProducer(turn: 0)
    defer { producer.destroy() }
    if injection.request != .initProducer { mock.fail(injection.request, injection.code, times: 2) }
    try Self.commit(producer)
    #expect(producer.unacknowledged == 0)
  }

  static let ending: [Injection] = [
    Injection(.addPartitions, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, .configuration),
    Injection(.addOffsets, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, .configuration),
    Injection(.endTransaction, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, .fenced),
    Injection(.endTransaction, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, .fenced),
    Injection(.commitOffsets, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, .fenced),
    Injection(.endTransaction, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, .retriable),
    Injection(.endTransaction, RD_KAFKA_RESP_ERR_UNKNOWN, .retriable),
    Injection(.produce, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, .record),
    Injection(.produce, RD_KAFKA_RESP_ERR_INVALID_RECORD, .retriable),
  ]

  @Test(arguments: ending)
  func `everything else ends the attempt with its kind`(injection: Injection) throws {
    let mock = try MockCluster(topics: ["out"])
    let producer = try mock.transactions().makeProducer(turn: 0)
    defer { producer.destroy() }
    mock.fail(injection.request, injection.code)
    let error = #expect(throws: ConnectorError.self) { try Self.commit(producer) }
    #expect(error?.kind == injection.kind, "\(error?.message ?? "")")
    #expect(error?.message.contains("raudal.mocked.0") == true)
  }

  @Test func `a broker that stays away ends the transaction in its own time`() throws {
    let mock = try MockCluster(topics: ["out"])
    let producer = try mock.transactions(timeout: 2_000).makeProducer(turn: 0)
    defer { producer.destroy() }
    try producer.begin()
    mock.setDown(true)
    #expect(outgoing("out", "row") { producer.produce($0) } == .queued)
    let error = #expect(throws: ConnectorError.self) {
      try producer.commit(TransactionTests.marker(1))
    }
    #expect(error?.kind == .retriable)
  }

  @Test func `destroying a producer ends a call that waits`() throws {
    let mock = try MockCluster(topics: ["out"])
    let producer = try mock.transactions().makeProducer(turn: 0)
    try producer.begin()
    mock.setDown(true)
    #expect(outgoing("out", "row") { producer.produce($0) } == .queued)
    let lane = DispatchQueue(label: "commit")
    let ended = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var kind: ConnectorError.Kind?
    lane.async {
      do { try producer.commit(TransactionTests.marker(1)) } catch {
        kind = (error as? ConnectorError)?.kind
      }
      ended.signal()
    }
    producer.destroy()
    #expect(ended.wait(timeout: .now() + 120) == .success)
    #expect(kind == .retriable)
  }

  @Test func `a transaction may stay open for ten checkpoints, at least a minute`() {
    #expect(KafkaCluster.timeout(interval: 1_000_000) == 60_000)
    #expect(KafkaCluster.timeout(interval: 10_000_000) == 100_000)
    #expect(KafkaCluster.timeout(interval: .max) == Int64(Int32.max))
  }

  @Test func `markers are read back, and what is not ours is told apart`() {
    let marker = TransactionTests.marker(12)
    let text = CommitMarkerText.encode(marker)
    #expect(text == "raudal1:line:12:digest12")
    #expect(CommitMarkerText.decode(text, offset: 12) == marker)
    for (text, offset) in [
      (text, Int64(13)), ("", 0), ("raudal2:l:1:d", 1), ("raudal1:l:1", 1), ("raudal1:l:x:d", 1),
      ("raudal1:l:1:d:e", 1),
    ] {
      #expect(CommitMarkerText.decode(text, offset: offset) == nil)
    }
  }

  private static func commit(_ producer: any TransactionalProducer) throws {
    try producer.begin()
    _ = outgoing("out", "row") { producer.produce($0) }
    try producer.commit(TransactionTests.marker(1))
  }
}
