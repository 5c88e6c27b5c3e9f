package import Connectors
package import Platform
import Schemas

/// A simulated cluster with transactions: one log, whose reader of committed data stops at the
/// first record of an open transaction and skips those of aborted ones.
package final class Broker: @unchecked Sendable {
  /// In permille of commits or records.
  package struct Faults: Sendable {
    /// The commit fails clearly or not, and did not happen.
    package var lostCommit = 0
    /// The commit happened, and the answer is lost.
    package var lostAnswer = 0
    /// The producer's queue is full.
    package var full = 0
    /// Microseconds that acknowledgements take at most.
    package var longestAcknowledgement: UInt64 = 5_000

    package init(lostCommit: Int = 0, lostAnswer: Int = 0, full: Int = 0) {
      self.lostCommit = lostCommit
      self.lostAnswer = lostAnswer
      self.full = full
    }
  }

  /// What becomes of a commit.
  package enum CommitFate: Sendable { case happens, isLost, answerIsLost }

  enum Transaction { case open, committed, aborted }

  struct LogRecord {
    var topic: String
    var value: String
    var transaction: Int
  }

  package var faults = Faults()
  /// So many starts find nobody.
  package var unansweredStarts = 0
  /// What becomes of the next commits; those behind them follow `faults`.
  package var nextCommits: [CommitFate] = []
  /// Microseconds after which a transaction is aborted and its producer fenced; nil: never.
  package var transactionTimeout: Int64?
  package var clock: (any Clock)?
  package private(set) var marker: CommitMarker?
  /// What went against the rules of the protocol; a right run leaves none.
  package private(set) var violations: [String] = []
  /// Called after each commit that happened.
  package var committed: (CommitMarker) -> Void = { _ in }
  /// Commits that did not happen, and such whose answer was lost.
  package private(set) var commitsLost = 0
  package private(set) var answersLost = 0
  private(set) var log: [LogRecord] = []
  private(set) var transactions: [Transaction] = []
  /// By producer name: how often it was initialised, and its open transaction.
  private var generations: [Int: Int] = [:]
  private var openTransactions: [Int: Int] = [:]
  /// By transaction: when it began, in microseconds.
  private var began: [Int: Int64] = [:]
  private var generator: SeededGenerator

  package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// What a reader of committed data sees of a topic.
  package func committedValues(_ topic: String) -> [String] {
    expire()
    var values: [String] = []
    for record in log where record.topic == topic || transactions[record.transaction] == .open {
      switch transactions[record.transaction] {
      case .open: return values
      case .committed: values.append(record.value)
      case .aborted: continue
      }
    }
    return values
  }

  func initialise(_ turn: Int) -> Int {
    expire()
    if let open = openTransactions.removeValue(forKey: turn) { transactions[open] = .aborted }
    generations[turn, default: 0] += 1
    return generations[turn] ?? 0
  }

  func isCurrent(_ turn: Int, _ generation: Int) -> Bool {
    expire()
    return generations[turn] == generation
  }

  func append(_ record: (topic: String, value: String), _ turn: Int) {
    log.append(
      LogRecord(
        topic: record.topic, value: record.value, transaction: transaction(of: turn)))
  }

  func commit(_ marker: CommitMarker, _ turn: Int) {
    let number = transaction(of: turn)
    if let before = self.marker, before.lineage == marker.lineage, before.epoch >= marker.epoch {
      violations.append("epoch \(marker.epoch) was committed after \(before.epoch)")
    }
    transactions[number] = .committed
    openTransactions[turn] = nil
    self.marker = marker
    let mine = log.count { $0.transaction == number }
    let firstOpen = log.firstIndex { transactions[$0.transaction] == .open } ?? log.count
    let visible = log[..<firstOpen].count { $0.transaction == number }
    if mine != visible {
      violations.append("after commit \(marker.epoch) only \(visible) of \(mine) rows are readable")
    }
    committed(marker)
  }

  func nextFate() -> CommitFate {
    let fate = drawFate()
    if fate == .isLost { commitsLost += 1 }
    if fate == .answerIsLost { answersLost += 1 }
    return fate
  }

  private func drawFate() -> CommitFate {
    if !nextCommits.isEmpty { return nextCommits.removeFirst() }
    if chance(faults.lostCommit) { return .isLost }
    return chance(faults.lostAnswer) ? .answerIsLost : .happens
  }

  func chance(_ permille: Int) -> Bool {
    permille > 0 && Int.random(in: 0..<1000, using: &generator) < permille
  }

  func random(below bound: UInt64) -> UInt64 { UInt64.random(in: 0..<bound, using: &generator) }

  private func transaction(of turn: Int) -> Int {
    if let open = openTransactions[turn] { return open }
    transactions.append(.open)
    let number = transactions.count - 1
    openTransactions[turn] = number
    began[number] = now
    return number
  }

  var now: Int64 { clock?.now().microseconds ?? 0 }

  /// Aborts what has been open for too long, and fences who left it open.
  private func expire() {
    guard let transactionTimeout else { return }
    for (turn, number) in openTransactions {
      guard let start = began[number], now - start >= transactionTimeout else { continue }
      transactions[number] = .aborted
      openTransactions[turn] = nil
      generations[turn, default: 0] += 1
    }
  }
}

/// A process's connection to the broker.
package final class FaultyCluster: TransactionalCluster, @unchecked Sendable {
  private let broker: Broker
  private let process: SimulatedProcess

  package init(_ broker: Broker, of process: SimulatedProcess) {
    self.broker = broker
    self.process = process
  }

  package func makeProducer(turn: Int) throws(ConnectorError) -> any TransactionalProducer {
    if broker.unansweredStarts > 0 {
      broker.unansweredStarts -= 1
      throw ConnectorError(.unreachable, "no broker answers")
    }
    return try process.survive("init producer \(turn)") {
      FaultyProducer(
        broker: broker, process: process, turn: turn, generation: broker.initialise(turn))
    }
  }

  package func readMarker() throws(ConnectorError) -> CommitMarker? {
    if process.executor.hasCrashed { throw ConnectorError(.retriable, "the process is dead") }
    return broker.marker
  }

  package func peekMarker() throws(ConnectorError) -> PeekedMarker { .known(try readMarker()) }
}

extension SimulatedProcess {
  /// A deed on the broker: a step at which the process can die.
  func survive<T>(_ deed: String, _ body: () -> T) throws(ConnectorError) -> T {
    let dead = ConnectorError(.retriable, "the process is dead")
    if executor.hasCrashed { throw dead }
    willMakeDurable(deed)
    if executor.hasCrashed { throw dead }
    let result = body()
    didMakeDurable(deed)
    if executor.hasCrashed { throw dead }
    return result
  }
}

/// A transactional producer whose acknowledgements take their time.
final class FaultyProducer: TransactionalProducer, @unchecked Sendable {
  private static let room = 32

  private let broker: Broker
  private let process: SimulatedProcess
  private let turn: Int
  private let generation: Int
  private var waiting: [(topic: String, value: String)] = []
  private var isOpen = false
  private var began: Int64 = 0
  private var isDestroyed = false
  private var isPumping = false
  private var bell: (any Wake)?
  private(set) var failure: ConnectorError?

  init(broker: Broker, process: SimulatedProcess, turn: Int, generation: Int) {
    self.broker = broker
    self.process = process
    self.turn = turn
    self.generation = generation
  }

  var unacknowledged: Int { waiting.count }

  func ring(_ wake: any Wake) { bell = wake }

  func produce(_ record: OutgoingRecord) -> ProduceOutcome {
    guard isOpen else { return .rejected(ConnectorError(.fatal, "no transaction is open")) }
    if let failure { return .rejected(failure) }
    if waiting.count >= Self.room || broker.chance(broker.faults.full) {
      pump()
      return .full
    }
    let value = record.value.map { String(decoding: $0, as: UTF8.self) } ?? ""
    waiting.append((record.topic, value))
    pump()
    return .queued
  }

  var timeout: Int64 { broker.transactionTimeout ?? 60_000_000 }

  func begin() throws(ConnectorError) {
    try check()
    isOpen = true
    began = broker.now
  }

  func flush() throws(ConnectorError) {
    try check()
    while let value = waiting.first {
      waiting.removeFirst()
      broker.append(value, turn)
    }
  }

  func commit(_ marker: CommitMarker) throws(ConnectorError) {
    try check()
    guard isOpen else { throw ConnectorError(.fatal, "no transaction is open") }
    try flush()
    let fate = broker.nextFate()
    if fate == .isLost {
      // The broker times the transaction out, later.
      throw ConnectorError(.retriable, "the commit timed out")
    }
    try process.survive("commit \(marker.epoch)") {
      if broker.isCurrent(turn, generation) { broker.commit(marker, turn) }
    }
    try check()
    isOpen = false
    if fate == .answerIsLost {
      throw ConnectorError(.retriable, "the commit timed out")
    }
  }

  func destroy() {
    isDestroyed = true
    waiting = []
    bell = nil
  }

  private func check() throws(ConnectorError) {
    if process.executor.hasCrashed || isDestroyed {
      throw ConnectorError(.retriable, "the producer is gone")
    }
    if let failure { throw failure }
    guard broker.isCurrent(turn, generation) else {
      let fenced = fenced()
      failure = fenced
      throw fenced
    }
  }

  /// As Kafka's producer says it: one whose transaction is too old was fenced by the broker.
  private func fenced() -> ConnectorError {
    if isOpen, broker.now - began >= timeout {
      return ConnectorError(.retriable, "the broker has ended the transaction of \(turn)")
    }
    return ConnectorError(.fenced, "producer \(turn) was fenced")
  }

  /// Lets the broker take some of what is queued, after a while.
  private func pump() {
    guard !isPumping, !isDestroyed else { return }
    isPumping = true
    process.executor.lanes.submit(LaneName("broker \(turn)")) { [self] in
      isPumping = false
      guard !isDestroyed, !waiting.isEmpty else { return }
      guard broker.isCurrent(turn, generation) else {
        failure = fenced()
        bell?.wake()
        return
      }
      let count = 1 + Int(broker.random(below: UInt64(waiting.count)))
      for value in waiting.prefix(count) { broker.append(value, turn) }
      waiting.removeFirst(count)
      bell?.wake()
      if !waiting.isEmpty { pump() }
    }
  }
}
