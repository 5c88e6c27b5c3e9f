/// A pane of the other side, from where to where it was when the rows came that look: what came
/// into it later may be beyond, and is none of theirs.
struct JoinOther {
  let pane: JoinPane
  let start: Int64
  let end: Int64

  init(_ pane: JoinPane) {
    self.pane = pane
    start = pane.start
    end = pane.end
  }
}

/// Rows that came and look for their matches: where the chains of their keys began on the other
/// side when they came, and how far they have been followed.
///
/// Later rows of the other side are not in these chains; they will find the rows that look here.
struct JoinProbe {
  let side: JoinSide
  /// Where the rows lie, from `first` on.
  let pane: JoinPane
  let first: UInt32
  let count: Int
  let others: [JoinOther]
  /// By row, and within that by pane of the other side.
  let heads: [UInt32]
  /// The row that is at it, the pane where it is, and what is left of the chain there.
  private(set) var row = 0
  private(set) var other = 0
  private var rest: UInt32?
  /// Whether that row has begun.
  private(set) var isWithinRow = false

  init(
    side: JoinSide, pane: JoinPane, first: UInt32, count: Int, others: [JoinOther],
    heads: [UInt32]
  ) {
    self.side = side
    self.pane = pane
    self.first = first
    self.count = count
    self.others = others
    self.heads = heads
  }

  var isDone: Bool { row == count }

  var own: UInt32 { first &+ UInt32(truncatingIfNeeded: row) }

  /// The serial number of the first row that is not done.
  var serial: Int64 { pane.serial(own) }

  /// Where the chain at which the row is goes on; nil behind the last.
  mutating func chain() -> (other: JoinOther, at: UInt32)? {
    isWithinRow = true
    guard other < others.count else { return nil }
    return (others[other], rest ?? heads[row * others.count + other])
  }

  /// The chain goes on there another time.
  mutating func stop(at rest: UInt32) { self.rest = rest }

  mutating func endChain() {
    other += 1
    rest = nil
  }

  mutating func endRow() {
    (row, other, rest, isWithinRow) = (row + 1, 0, nil, false)
  }
}
