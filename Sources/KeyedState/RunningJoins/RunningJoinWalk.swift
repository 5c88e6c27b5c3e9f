import Columns

/// What one row changes in a join's result, told piece by piece: it may meet many.
struct RunningJoinWalk {
  private let side: JoinSide
  private let own: UnsafeBufferPointer<UInt8>
  private var changes: RunningJoinChanges
  /// The first of the rows that it meets; they stay as they are meanwhile.
  private let first: UInt32
  /// The next of them that is to be told, and how often it was.
  private var other: UInt32
  private var told: Int64 = 0

  /// Nil where it changes nothing.
  init?(
    _ side: JoinSide, _ own: UnsafeBufferPointer<UInt8>, _ changes: RunningJoinChanges,
    first: UInt32 = ValueChains.none
  ) {
    guard changes.first != nil else { return nil }
    self.side = side
    self.own = own
    self.changes = changes
    self.first = first
    other = first
  }

  /// Tells until the batch is full or there are no steps left; whether all is told. `isOver`: of
  /// rows that are forgotten.
  @inline(__always)
  mutating func go(
    _ rows: inout RunningJoinRows, _ others: ValueSet, limit: Int, steps: inout Int,
    isOver: (UnsafeBufferPointer<UInt8>) -> Bool
  ) -> Bool {
    while let change = changes.first {
      switch change.rows {
      case .own:
        guard !rows.isFull(limit) else { return false }
        rows.add(side, own, nil, isGone: change.isGone)
      case .pairs, .others:
        let mine = change.rows == .pairs ? own : nil
        while other != ValueChains.none {
          guard steps > 0 else { return false }
          steps -= 1
          let bytes = others.bytes(other)
          let count = isOver(bytes) ? 0 : others.counts[other]
          while told < count {
            guard !rows.isFull(limit) else { return false }
            rows.add(side, mine, bytes, isGone: change.isGone)
            told += 1
          }
          (other, told) = (others.next(other), 0)
        }
      }
      changes.removeFirst()
      (other, told) = (first, 0)
    }
    return true
  }
}
