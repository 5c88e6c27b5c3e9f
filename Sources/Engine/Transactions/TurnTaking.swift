import Schemas

/// Whose turn it is among two producers: a state machine without a lock.
///
/// The rows after barrier *n* go to the other producer than those before it. It takes its first row
/// only when all writers have passed the barrier, all earlier rows are acknowledged, and its own
/// last transaction has been committed: so rows of one key never change places, and a reader of
/// committed data never waits behind an epoch that is still open.
struct TurnTaking {
  /// Writers that must pass a barrier.
  var writers = 0
  /// Rows written after this barrier are being taken; nil: before the first of this run.
  private(set) var open: Epoch?
  /// Which producer takes them.
  private(set) var turn = 0
  /// Barriers that some writers have passed and that are not handed over yet, and how many have.
  private var passed: [Epoch: Int] = [:]
  /// Epochs handed over and not committed, and who holds them.
  private var committing: [Epoch: Int] = [:]

  mutating func pass(_ epoch: Epoch) { passed[epoch, default: 0] += 1 }

  /// The next barrier, if all writers have passed it.
  var passedByAll: Epoch? {
    guard let next = passed.keys.min(), passed[next] == writers else { return nil }
    return next
  }

  func hasTurn(after epoch: Epoch?) -> Bool { epoch == open }

  /// Whether the rows before that barrier were handed over, and so acknowledged.
  func isHandedOver(_ epoch: Epoch) -> Bool { open.map { $0 >= epoch } ?? false }

  /// Gives the turn to the other producer. `isAcknowledged`: of all rows that the present one took.
  /// Returns whether the turn changed.
  mutating func handOver(isAcknowledged: Bool) -> Bool {
    guard isAcknowledged, let next = passedByAll else { return false }
    let other = 1 - turn
    guard !committing.values.contains(other) else { return false }
    passed[next] = nil
    committing[next] = turn
    open = next
    turn = other
    return true
  }

  /// Who holds the rows before that barrier.
  func holder(of epoch: Epoch) -> Int? { committing[epoch] }

  mutating func committed(_ epoch: Epoch) { committing[epoch] = nil }
}
