/// Which rows two streams make together, of all that have come: each row of one side matches all of
/// the other whose keys are equal.
package struct RunningJoinShape: Sendable {
  /// Its interval says nothing.
  package var join: JoinShape
  /// By which columns of the result a row is an update of another; none: rows come and go.
  package var pairs: [Int]
  /// Microseconds after which a row is forgotten.
  package var expiry: Int64?
  /// What the state is of, as text.
  package var origin: String

  package init(
    _ join: JoinShape, pairs: [Int] = [], expiry: Int64? = nil, origin: String = ""
  ) {
    self.join = join
    self.pairs = pairs
    self.expiry = expiry
    self.origin = origin
  }

  /// What becomes of the result when there is one row more or fewer of a side. `meetsOthers`: the
  /// other side has rows of its key. `turns`: it is the first of its key, or was the last.
  func changes(
    _ side: JoinSide, isGone: Bool, meetsOthers: Bool, turns: Bool
  ) -> RunningJoinChanges {
    if join.endsAtFirstMatch {
      if side == .left {
        return meetsOthers == (join.kind == .semi)
          ? RunningJoinChanges(RunningJoinChange(.own, isGone: isGone)) : RunningJoinChanges()
      }
      guard turns, meetsOthers else { return RunningJoinChanges() }
      return RunningJoinChanges(RunningJoinChange(.others, isGone: isGone == (join.kind == .semi)))
    }
    guard meetsOthers else { return alone(side, isGone: isGone) }
    let pairs = RunningJoinChange(.pairs, isGone: isGone)
    guard turns, join.keepsUnmatched(side == .left ? .right : .left) else {
      return RunningJoinChanges(pairs)
    }
    let others = RunningJoinChange(.others, isGone: !isGone)
    return isGone ? RunningJoinChanges(pairs, others) : RunningJoinChanges(others, pairs)
  }

  /// The same of a row that meets none.
  func alone(_ side: JoinSide, isGone: Bool) -> RunningJoinChanges {
    join.keepsUnmatched(side)
      ? RunningJoinChanges(RunningJoinChange(.own, isGone: isGone)) : RunningJoinChanges()
  }
}

/// Rows that come into a result, or leave it.
struct RunningJoinChange {
  enum Rows {
    /// The row itself, without another.
    case own
    /// The row with each of the others.
    case pairs
    /// Each of the others, without a row.
    case others
  }

  var rows: Rows
  var isGone: Bool

  init(_ rows: Rows, isGone: Bool) {
    self.rows = rows
    self.isGone = isGone
  }
}

/// At most two, one after the other.
struct RunningJoinChanges {
  private(set) var first: RunningJoinChange?
  private var second: RunningJoinChange?

  init(_ first: RunningJoinChange? = nil, _ second: RunningJoinChange? = nil) {
    self.first = first
    self.second = second
  }

  mutating func removeFirst() { (first, second) = (second, nil) }
}
