import Columns
import Schemas

/// The rows of one side of a join, in panes by slices of event time.
///
/// A short interval asks for short slices, so that little is looked at in vain. Where rows are few
/// that would be a pane for each of them: so a pane takes in the slices beside it as long as it has
/// few rows. What panes there are hangs on the order in which rows come; results do not.
struct JoinPanes {
  /// A slice is so much of what a row waits, and at least so much of the whole interval: shorter
  /// ones let rows go sooner, and are more tables to look into.
  private static let slicesOfStay: Int64 = 4
  private static let slicesOfInterval: Int64 = 16
  /// A pane of fewer rows takes in slices, until it is so long: so much later may rows go. 256 rows
  /// of one key are passed in less time than it takes to look into another pane or two.
  static let fewRows = 256
  private static let longest: Int64 = 1_000_000

  private let slice: Int64
  /// By their times; no two hold the same.
  private(set) var panes: [JoinPane] = []
  /// Bytes of the texts of the largest row.
  private(set) var widest = 0
  /// Numbers the batches that lie in several panes.
  private var batch = 0

  init(_ shape: JoinShape, _ side: JoinSide) {
    let interval = shape.before.plus(shape.after)
    slice = max(
      1, shape.above(side) / Self.slicesOfStay, interval / Self.slicesOfInterval)
  }

  /// The pane of a row with this time. Times beyond 146,000 years count as that.
  mutating func pane(of time: Int64) -> JoinPane {
    let time = Self.bounded(time)
    let place = place(reaching: time)
    let behind = place < panes.count ? panes[place] : nil
    if let behind, behind.start <= time { return behind }
    let before = place > 0 ? panes[place - 1] : nil
    let rest = time % slice
    let start = time &- (rest < 0 ? rest &+ slice : rest)
    let first = max(start, before?.end.plus(1) ?? .min)
    let last = min(start.plus(slice - 1), behind?.start.minus(1) ?? .max)
    if let before, Self.mayHold(before, before.start, last) {
      before.stretch(from: before.start, through: last)
      return before
    }
    if let behind, Self.mayHold(behind, first, behind.end) {
      behind.stretch(from: first, through: behind.end)
      return behind
    }
    let pane = JoinPane(start: first, end: last)
    panes.insert(pane, at: place)
    return pane
  }

  private static func mayHold(_ pane: JoinPane, _ first: Int64, _ last: Int64) -> Bool {
    pane.claimed < fewRows && last.minus(first) < longest
  }

  /// The rows of a batch by their panes; nil: all.
  mutating func parts(
    _ times: UnsafePointer<Int64>, _ count: Int
  ) -> [(pane: JoinPane, rows: [UInt32]?)] {
    guard count > 0 else { return [] }
    let first = pane(of: times[0])
    let (start, end) = (first.start, first.end)
    let isOne = (0..<count).allSatisfy { row in
      let time = Self.bounded(times[row])
      return time >= start && time <= end
    }
    guard !isOne else {
      first.claimed += count
      return [(first, nil)]
    }
    batch += 1
    var panes: [JoinPane] = []
    var parts: [[UInt32]] = []
    var row = 0
    while row < count {
      let pane = pane(of: times[row])
      if pane.part.batch != batch {
        pane.part = (batch, parts.count)
        panes.append(pane)
        parts.append([])
      }
      let before = row
      let (start, end) = (pane.start, pane.end)
      while row < count {
        let time = Self.bounded(times[row])
        guard time >= start, time <= end else { break }
        parts[pane.part.place].append(UInt32(truncatingIfNeeded: row))
        row += 1
      }
      pane.claimed += row - before
    }
    return zip(panes, parts).map { ($0, $1) }
  }

  /// A pane has a row of so many bytes.
  mutating func widen(to bytes: Int) { widest = max(widest, bytes) }

  /// The panes that may hold rows of these times.
  func panes(from first: Int64, through last: Int64) -> ArraySlice<JoinPane> {
    let bound = Self.bounded(last)
    return panes[place(reaching: Self.bounded(first))...].prefix { $0.start <= bound }
  }

  /// Drops the panes all rows of which are before a time.
  mutating func drop(before bound: Int64) {
    let count = place(reaching: min(bound, .max / 2))
    guard count > 0 else { return }
    let leave = panes[..<count].contains { $0.widest == widest }
    panes.removeFirst(count)
    if leave { widest = panes.reduce(0) { max($0, $1.widest) } }
  }

  mutating func dropAll() { (panes, widest) = ([], 0) }

  /// The place of the first pane that ends at or after a time.
  private func place(reaching time: Int64) -> Int {
    var (low, high) = (0, panes.count)
    while low < high {
      let middle = (low + high) / 2
      if panes[middle].end < time { low = middle + 1 } else { high = middle }
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

  /// Whether it reaches into a pane.
  func meets(_ other: JoinOther) -> Bool {
    // A pane at an end of time has all rows beyond.
    (other.start <= last || other.start <= .min / 2)
      && (other.end >= first || other.end >= .max / 2)
  }

  /// Whether it reaches over all rows of a pane.
  func covers(_ other: JoinOther) -> Bool {
    other.start >= first && other.end <= last && other.start > .min / 2
      && other.end < .max / 2
  }
}
