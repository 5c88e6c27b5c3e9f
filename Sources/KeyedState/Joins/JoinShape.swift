package import Schemas

/// Which of the two streams of a join.
package enum JoinSide: Int, Sendable {
  case left = 0
  case right = 1
}

/// Which rows two streams make together. A left row matches the right rows of its key with event
/// times from `before` ahead of its own to `after` behind it, both ends included.
package struct JoinShape: Sendable {
  package enum Kind: String, Sendable { case inner, left, right, full, semi, anti }

  /// Where a column of the result comes from, by its place on its side.
  package enum Source: Hashable, Sendable {
    case left(Int)
    case right(Int)
    /// A key, of the side that has a row.
    case either(left: Int, right: Int)
  }

  /// Columns of one side between which the other side's event time must lie, both ends included.
  package struct ColumnBounds: Sendable {
    let side: JoinSide
    let low: Int
    let high: Int

    package init(side: JoinSide, low: Int, high: Int) {
      self.side = side
      self.low = low
      self.high = high
    }
  }

  package var kind: Kind
  /// Microseconds, not negative.
  package var before: Int64
  package var after: Int64
  package var bounds: ColumnBounds?
  package var left: Schema
  package var right: Schema
  package var leftKeys: [Int]
  package var rightKeys: [Int]
  package var columns: [Source]
  package var result: Schema

  package init(
    kind: Kind, before: Int64, after: Int64, left: Schema, right: Schema, leftKeys: [Int],
    rightKeys: [Int], columns: [Source], result: Schema
  ) {
    self.kind = kind
    self.before = before
    self.after = after
    self.left = left
    self.right = right
    self.leftKeys = leftKeys
    self.rightKeys = rightKeys
    self.columns = columns
    self.result = result
  }

  /// What gives the rows that wait another meaning.
  var text: String {
    let span = "\(kind.rawValue), \(before) before, \(after) after"
    guard let bounds else { return span }
    let fields = schema(bounds.side).fields
    return "\(span), between \(fields[bounds.low].name) and \(fields[bounds.high].name)"
  }

  func schema(_ side: JoinSide) -> Schema { side == .left ? left : right }

  func keys(_ side: JoinSide) -> [Int] { side == .left ? leftKeys : rightKeys }

  /// How far ahead of a row of this side its matches may be.
  func below(_ side: JoinSide) -> Int64 { side == .left ? before : after }

  /// How far behind it; so long it waits for them.
  func above(_ side: JoinSide) -> Int64 { side == .left ? after : before }

  /// Whether rows of this side come out by themselves when nothing can match them any more.
  func keepsUnmatched(_ side: JoinSide) -> Bool {
    switch kind {
    case .inner, .semi: false
    case .left, .anti: side == .left
    case .right: side == .right
    case .full: true
    }
  }

  /// Whether it must be known of this side's rows that they have a match.
  func marksMatches(_ side: JoinSide) -> Bool {
    keepsUnmatched(side) || (kind == .semi && side == .left)
  }

  /// Whether a left row is done with at its first match.
  var endsAtFirstMatch: Bool { kind == .semi || kind == .anti }

  /// How far results may be behind the watermark: a row waits so long for its last match.
  package var lag: Int64 {
    keepsUnmatched(.right) ? max(before, after) : after
  }
}

extension Int64 {
  /// At the ends of time no further.
  func plus(_ span: Int64) -> Int64 {
    let (sum, overflows) = addingReportingOverflow(span)
    return overflows ? (span > 0 ? .max : .min) : sum
  }

  func minus(_ span: Int64) -> Int64 {
    let (rest, overflows) = subtractingReportingOverflow(span)
    return overflows ? (span > 0 ? .min : .max) : rest
  }
}
