import CRdKafka
import Connectors
import Engine
import KafkaConnector
import Platform
import Schemas
import Testing

/// Each call of a transaction with each kind of error that it can have: one that passes, one that
/// aborts the transaction, one that ends the producer, and none until time is over.
///
/// Two have no case: no transaction is open that an error of `init_transactions` could abort, and
/// `begin_transaction` asks no broker, so that nothing about it passes or takes time.
struct TransactionCallTests {
  typealias Request = MockCluster.Request

  enum Call: String, Sendable { case initialize, begin, sendOffsets, commit }

  struct Case: Sendable, CustomTestStringConvertible {
    var call: Call
    var request: Request
    var code: rd_kafka_resp_err_t
    /// How often the broker answers so.
    var times: Int
    /// nil: the call succeeds.
    var kind: ConnectorError.Kind?

    var testDescription: String {
      "\(call.rawValue): \(times) × \(String(cString: rd_kafka_err2name(code)))"
    }

    static func passing(_ call: Call, _ request: Request, _ code: rd_kafka_resp_err_t) -> Case {
      Case(call: call, request: request, code: code, times: 2, kind: nil)
    }

    static func ending(
      _ call: Call, _ request: Request, _ code: rd_kafka_resp_err_t, _ kind: ConnectorError.Kind
    ) -> Case { Case(call: call, request: request, code: code, times: 1, kind: kind) }

    static func lasting(_ call: Call, _ request: Request, _ code: rd_kafka_resp_err_t) -> Case {
      Case(call: call, request: request, code: code, times: lastingTimes, kind: .retriable)
    }

    static let lastingTimes = 10_000

    /// What lasts is waited for briefly: for the two seconds of a transaction, or the minute of a
    /// start by a quick clock.
    func cluster(_ mock: MockCluster) -> KafkaCluster {
      guard times == Self.lastingTimes else { return mock.transactions() }
      return call == .initialize
        ? mock.transactions(clock: QuickClock()) : mock.transactions(timeout: 2_000)
    }
  }

  static let cases: [Case] = [
    .passing(.initialize, .initProducer, RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
    .ending(
      .initialize, .initProducer, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      .configuration),
    .ending(
      .initialize, .initProducer, RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, .configuration),
    .lasting(.initialize, .initProducer, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS),
    .passing(.sendOffsets, .addOffsets, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
    .passing(.sendOffsets, .commitOffsets, RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
    .ending(
      .sendOffsets, .addOffsets, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, .configuration),
    .ending(
      .sendOffsets, .commitOffsets, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, .configuration),
    .ending(.sendOffsets, .addOffsets, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, .retriable),
    .ending(.sendOffsets, .addOffsets, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, .fenced),
    .ending(.sendOffsets, .addOffsets, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, .fenced),
    .ending(
      .sendOffsets, .addOffsets, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      .configuration),
    .ending(.sendOffsets, .commitOffsets, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, .fenced),
    .lasting(.sendOffsets, .addOffsets, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
    .lasting(.sendOffsets, .commitOffsets, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT),
    .passing(.commit, .endTransaction, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
    .passing(.commit, .endTransaction, RD_KAFKA_RESP_ERR__TRANSPORT),
    .ending(.commit, .endTransaction, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, .retriable),
    .ending(.commit, .endTransaction, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, .fenced),
    .ending(
      .commit, .endTransaction, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      .configuration),
    .lasting(.commit, .endTransaction, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT),
    .lasting(.commit, .endTransaction, RD_KAFKA_RESP_ERR__TRANSPORT),
  ]

  @Test(arguments: cases)
  func `a call succeeds, or throws with the kind that says what helps`(of item: Case) throws {
    let mock = try MockCluster(topics: ["out"])
    let cluster = item.cluster(mock)
    if item.call == .initialize { mock.fail(item.request, item.code, times: item.times) }
    let error = Self.error {
      let producer = try cluster.makeProducer(turn: 0)
      defer { producer.destroy() }
      try producer.begin()
      #expect(outgoing("out", "row") { producer.produce($0) } == .queued)
      try producer.flush()
      if item.call != .initialize { mock.fail(item.request, item.code, times: item.times) }
      try producer.commit(TransactionTests.marker(1))
    }
    #expect(error?.kind == item.kind, "\(error?.message ?? "no error")")
    if let error { #expect(error.message.contains("raudal.mocked.0"), "\(error.message)") }
  }

  /// What ends an attempt.
  static let endings = cases.filter { $0.kind != nil && $0.call != .initialize }

  @Test(arguments: endings)
  func `after anything but success nothing is taken or committed any more`(_ item: Case) throws {
    let mock = try MockCluster(topics: ["out"])
    let cluster = item.cluster(mock)
    let turns = TransactionTurns(
      try [cluster.makeProducer(turn: 0), cluster.makeProducer(turn: 1)], clock: SystemClock())
    defer { turns.destroy() }
    turns.register(WaitableWake())
    #expect(outgoing("out", "row") { turns.produce($0, after: nil) } == .queued)
    turns.passed(Epoch(1))
    while try !turns.isAcknowledged(Epoch(1)) {}
    mock.fail(item.request, item.code, times: item.times)
    let first = try #require(Self.error { try turns.commit(TransactionTests.marker(1)) })
    #expect(first.kind == item.kind)
    mock.forgive(item.request)
    // Neither producer goes on, and the reason stays the first one.
    for epoch in [nil, Epoch(1)] {
      #expect(outgoing("out", "more") { turns.produce($0, after: epoch) } == .rejected(first))
    }
    #expect(Self.error { try turns.commit(TransactionTests.marker(1)) } == first)
    #expect(Self.error { _ = try turns.isAcknowledged(Epoch(1)) } == first)
  }

  @Test func `a transaction is not begun twice, nor behind an error that must be answered`() throws
  {
    let mock = try MockCluster(topics: ["out"])
    let cluster = mock.transactions()
    var producer = try cluster.makeProducer(turn: 0)
    defer { producer.destroy() }
    try producer.begin()
    #expect(Self.error { try producer.begin() }?.kind == .retriable)
    mock.fail(.addOffsets, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
    #expect(
      Self.error { try producer.commit(TransactionTests.marker(1)) }?.kind == .configuration)
    #expect(Self.error { try producer.begin() }?.kind == .configuration)
    // The next attempt's producer ends what this one has left open.
    producer.destroy()
    producer = try cluster.makeProducer(turn: 0)
    try producer.begin()
    mock.fail(.addOffsets, RD_KAFKA_RESP_ERR_PRODUCER_FENCED)
    #expect(Self.error { try producer.commit(TransactionTests.marker(1)) }?.kind == .fenced)
    #expect(Self.error { try producer.begin() }?.kind == .fenced)
  }

  private static func error(_ body: () throws -> Void) -> ConnectorError? {
    do {
      try body()
      return nil
    } catch {
      return error as? ConnectorError
    }
  }
}

/// Goes forty times as fast, so that a minute's patience ends soon.
private struct QuickClock: Platform.Clock {
  func now() -> Timestamp { SystemClock().now() }
  func monotonic() -> UInt64 { SystemClock().monotonic() &* 40 }
}
