import Columns
import Schemas

/// What one row changes in a join's result, told piece by piece: it may meet many.
struct RunningJoinWalk {
  /// A row of the other side, which stays where it is meanwhile.
  struct Other {
    var bytes: UnsafeBufferPointer<UInt8>
    /// How often it is there.
    var count: Int64
  }

  private let side: JoinSide
  private let own: UnsafeBufferPointer<UInt8>
  private let changes: [RunningJoinChange]
  private let others: [Other]
  private var change = 0
  private var other = 0
  private var told: Int64 = 0

  init(
    _ side: JoinSide, _ own: UnsafeBufferPointer<UInt8>, _ changes: [RunningJoinChange],
    _ others: [Other]
  ) {
    self.side = side
    self.own = own
    self.changes = changes
    self.others = others
  }

  /// Tells until the batch is full; whether all is told.
  mutating func go(_ rows: inout RunningJoinRows, _ limit: Int) -> Bool {
    while change < changes.count {
      let next = changes[change]
      if case .own = next.rows {
        guard !rows.isFull(limit) else { return false }
        rows.add(side, own, nil, isGone: next.isGone)
      } else {
        guard tellOthers(next, &rows, limit) else { return false }
      }
      (change, other, told) = (change + 1, 0, 0)
    }
    return true
  }

  private mutating func tellOthers(
    _ next: RunningJoinChange, _ rows: inout RunningJoinRows, _ limit: Int
  ) -> Bool {
    var isAlone = false
    if case .others = next.rows { isAlone = true }
    while other < others.count {
      while told < others[other].count {
        guard !rows.isFull(limit) else { return false }
        rows.add(side, isAlone ? nil : own, others[other].bytes, isGone: next.isGone)
        told += 1
      }
      (other, told) = (other + 1, 0)
    }
    return true
  }
}
