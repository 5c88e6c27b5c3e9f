package import Connectors
package import Platform
package import Schemas
import Synchronization

/// The two transactional producers of a run behind one door (see `TurnTaking`).
///
/// Writers produce from the workers' threads; `commit` comes from a lane. A transaction begins with
/// its first row. After any failure nothing more is accepted: the attempt is over.
package final class TransactionTurns: TransactionalOutput {
  private struct State {
    var turns = TurnTaking()
    /// When each producer's transaction began; nil where none is open.
    var began: [Timestamp?] = [nil, nil]
    var failure: ConnectorError?
  }

  private let producers: [any TransactionalProducer]
  private let clock: any Clock
  private let state = Mutex(State())
  /// Apart from the state: a producer may ring while it is being called.
  private let bells = Mutex<[any Wake]>([])

  /// `producers`: two, freshly initialised, the first of which takes the first rows.
  package init(_ producers: [any TransactionalProducer], clock: any Clock) {
    precondition(producers.count == 2, "two producers take turns")
    self.producers = producers
    self.clock = clock
    let bell = Bell(self)
    for producer in producers { producer.ring(bell) }
  }

  package func register(_ wake: any Wake) {
    state.withLock { $0.turns.writers += 1 }
    bells.withLock { $0.append(wake) }
  }

  package func produce(_ record: OutgoingRecord, after epoch: Epoch?) -> ProduceOutcome {
    state.withLock { state in
      if let failure = state.failure { return .rejected(failure) }
      if !state.turns.hasTurn(after: epoch) {
        handOver(&state)
        guard state.turns.hasTurn(after: epoch) else { return .full }
      }
      let turn = state.turns.turn
      if state.began[turn] == nil {
        do throws(ConnectorError) {
          try begin(turn, &state)
        } catch { return .rejected(error) }
      }
      return producers[turn].produce(record)
    }
  }

  package func passed(_ epoch: Epoch) {
    let hasChanged = state.withLock { state in
      state.turns.pass(epoch)
      return handOver(&state)
    }
    if hasChanged { ring() }
  }

  package func isAcknowledged(_ epoch: Epoch) throws(ConnectorError) -> Bool {
    let (answer, failure) = state.withLock { state -> (Bool, ConnectorError?) in
      note(producers[0].failure ?? producers[1].failure, &state)
      handOver(&state)
      return (state.turns.isHandedOver(epoch), state.failure)
    }
    if let failure { throw failure }
    return answer
  }

  /// Commits the rows before the marker's epoch, with the marker. Blocks. Anything but a clear
  /// success throws and ends the turns: whether it happened, the marker will say after a restart.
  package func commit(_ marker: CommitMarker) throws(ConnectorError) {
    let turn = try prepareCommit(of: marker.epoch)
    do {
      try producers[turn].commit(marker)
    } catch {
      state.withLock { note(error, &$0) }
      throw error
    }
    state.withLock { state in
      state.turns.committed(marker.epoch)
      state.began[turn] = nil
      handOver(&state)
    }
    ring()
  }

  /// Microseconds that a transaction may stay open.
  package var timeout: Int64 { producers.map(\.timeout).min() ?? .max }

  /// When the oldest open transaction began; nil if none is open.
  package var oldestBegan: Timestamp? {
    state.withLock { $0.began.compactMap { $0 }.min() }
  }

  /// Drops everything. What is open is aborted by the next initialisation or the broker.
  package func destroy() {
    state.withLock { note(ConnectorError(.retriable, "the attempt is over"), &$0) }
    bells.withLock { $0 = [] }
    for producer in producers { producer.destroy() }
  }

  /// Tells the writers that it is worth asking again.
  fileprivate func ring() {
    for bell in bells.withLock({ $0 }) { bell.wake() }
  }

  private func prepareCommit(of epoch: Epoch) throws(ConnectorError) -> Int {
    let (turn, failure) = state.withLock { state -> (Int?, ConnectorError?) in
      note(producers[0].failure ?? producers[1].failure, &state)
      if let failure = state.failure { return (nil, failure) }
      handOver(&state)
      guard let turn = state.turns.holder(of: epoch) else { return (nil, nil) }
      do throws(ConnectorError) {
        if state.began[turn] == nil { try begin(turn, &state) }
        return (turn, nil)
      } catch { return (nil, error) }
    }
    if let failure { throw failure }
    guard let turn else {
      throw ConnectorError(.fatal, "epoch \(epoch) was to be committed before its rows were safe")
    }
    return turn
  }

  @discardableResult
  private func handOver(_ state: inout State) -> Bool {
    state.turns.handOver(
      isAcknowledged: state.turns.passedByAll != nil
        && producers[state.turns.turn].unacknowledged == 0
        && producers[state.turns.turn].failure == nil)
  }

  /// Opens a transaction; it costs no round trip before the first row.
  private func begin(_ turn: Int, _ state: inout State) throws(ConnectorError) {
    do {
      try producers[turn].begin()
      state.began[turn] = clock.now()
    } catch {
      note(error, &state)
      throw error
    }
  }

  /// The first failure is the reason; later ones follow from it.
  private func note(_ failure: ConnectorError?, _ state: inout State) {
    if state.failure == nil { state.failure = failure }
  }
}

/// Passes a producer's ring on to the writers.
private final class Bell: Wake {
  private let rung: @Sendable () -> Void

  init(_ turns: TransactionTurns) {
    rung = { [weak turns] in turns?.ring() }
  }

  func wake() { rung() }
}
