import Columns
import Schemas

/// The rows of one side of a join, in panes by slices of event time.
struct JoinPanes {
  /// A slice is so much of what a row waits, and at least so much of the whole interval: shorter
  /// ones let rows go sooner, and are more tables to look into.
  private static let slicesOfStay: Int64 = 4
  private static let slicesOfInterval: Int64 = 16

  private let slice: Int64
  /// By their starts.
  private(set) var panes: [JoinPane] = []
  /// Bytes of the texts of the largest row.
  private(set) var widest = 0

  init(_ shape: JoinShape, _ side: JoinSide) {
    let interval = shape.before.plus(shape.after)
    slice = max(
      1, shape.above(side) / Self.slicesOfStay, interval / Self.slicesOfInterval)
  }

  /// Where the slice of a time begins. Times beyond 146,000 years count as that.
  func start(of time: Int64) -> Int64 {
    let time = Self.bounded(time)
    let rest = time % slice
    return time &- (rest < 0 ? rest &+ slice : rest)
  }

  func isWithin(_ start: Int64, _ time: Int64) -> Bool {
    time >= start && time &- start < slice
  }

  mutating func pane(at start: Int64) -> JoinPane {
    let place = place(of: start)
    if place < panes.count, panes[place].start == start { return panes[place] }
    let pane = JoinPane(start: start, end: start.plus(slice - 1))
    panes.insert(pane, at: place)
    return pane
  }

  /// A pane has a row of so many bytes.
  mutating func widen(to bytes: Int) { widest = max(widest, bytes) }

  /// The panes that may hold rows of these times.
  func panes(from first: Int64, through last: Int64) -> ArraySlice<JoinPane> {
    let bound = Self.bounded(last)
    return panes[place(of: start(of: first))...].prefix { $0.start <= bound }
  }

  /// Drops the panes all rows of which are before a time.
  mutating func drop(before bound: Int64) {
    let count = panes.firstIndex { $0.end >= min(bound, .max / 2) } ?? panes.count
    guard count > 0 else { return }
    let leave = panes[..<count].contains { $0.widest == widest }
    panes.removeFirst(count)
    if leave { widest = panes.reduce(0) { max($0, $1.widest) } }
  }

  mutating func dropAll() { (panes, widest) = ([], 0) }

  /// The place of the first pane that begins at or after a time.
  private func place(of start: Int64) -> Int {
    var (low, high) = (0, panes.count)
    while low < high {
      let middle = (low + high) / 2
      if panes[middle].start < start { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func bounded(_ time: Int64) -> Int64 { min(max(time, .min / 2), .max / 2) }
}

/// The event times between which a row's matches are.
struct JoinReach {
  let first: Int64
  let last: Int64

  @inline(__always)
  func contains(_ time: Int64) -> Bool { time >= first && time <= last }

  /// Whether it reaches over all rows of a pane.
  func covers(_ pane: JoinPane) -> Bool {
    pane.start >= first && pane.end <= last && pane.start > .min / 2 && pane.end < .max / 2
  }
}
