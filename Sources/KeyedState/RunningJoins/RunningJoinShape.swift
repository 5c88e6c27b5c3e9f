package import Schemas

/// Which rows two streams make together, of all that have come: each row of one side matches all of
/// the other whose keys are equal.
package struct RunningJoinShape: Sendable {
  package typealias Kind = JoinShape.Kind
  package typealias Source = JoinShape.Source

  package var kind: Kind
  package var left: Schema
  package var right: Schema
  package var leftKeys: [Int]
  package var rightKeys: [Int]
  package var columns: [Source]
  package var result: Schema
  /// By which columns of the result a row is an update of another; none: rows come and go.
  package var pairs: [Int]
  /// Microseconds after which a row is forgotten.
  package var expiry: Int64?
  /// What the state is of, as text.
  package var origin: String

  package init(
    kind: Kind, left: Schema, right: Schema, leftKeys: [Int], rightKeys: [Int],
    columns: [Source], result: Schema, pairs: [Int] = [], expiry: Int64? = nil,
    origin: String = ""
  ) {
    self.kind = kind
    self.left = left
    self.right = right
    self.leftKeys = leftKeys
    self.rightKeys = rightKeys
    self.columns = columns
    self.result = result
    self.pairs = pairs
    self.expiry = expiry
    self.origin = origin
  }

  func schema(_ side: JoinSide) -> Schema { side == .left ? left : right }

  func keys(_ side: JoinSide) -> [Int] { side == .left ? leftKeys : rightKeys }

  /// Whether a row of this side is in the result by itself while the other has none of its key.
  func givesAlone(_ side: JoinSide) -> Bool {
    switch kind {
    case .inner, .semi: false
    case .left, .anti: side == .left
    case .right: side == .right
    case .full: true
    }
  }

  private var isFilter: Bool { kind == .semi || kind == .anti }

  /// What becomes of the result when there is one row more or fewer of a side. `meetsOthers`: the
  /// other side has rows of its key. `turns`: it is the first of its key, or was the last.
  func changes(
    _ side: JoinSide, isGone: Bool, meetsOthers: Bool, turns: Bool
  ) -> [RunningJoinChange] {
    if isFilter {
      if side == .left {
        return meetsOthers == (kind == .semi) ? [RunningJoinChange(.own, isGone: isGone)] : []
      }
      guard turns, meetsOthers else { return [] }
      return [RunningJoinChange(.others, isGone: isGone == (kind == .semi))]
    }
    guard meetsOthers else {
      return givesAlone(side) ? [RunningJoinChange(.own, isGone: isGone)] : []
    }
    let pairs = RunningJoinChange(.pairs, isGone: isGone)
    guard turns, givesAlone(side == .left ? .right : .left) else { return [pairs] }
    let others = RunningJoinChange(.others, isGone: !isGone)
    return isGone ? [pairs, others] : [others, pairs]
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
