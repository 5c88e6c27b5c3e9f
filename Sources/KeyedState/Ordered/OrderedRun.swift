import Columns
import Schemas

/// A batch of rows that wait, and the order in which they leave.
final class OrderedRun {
  /// Without a selection.
  let rows: Batch
  /// Row numbers by their tags.
  let order: [UInt32]
  /// How many of the order have left.
  private(set) var head = 0
  /// The rows were put into another run.
  var isMerged = false
  private let tags: RunTags
  private let texts: [Column]

  init(_ rows: Batch) {
    self.rows = rows
    let tags = RunTags(rows.hidden)
    self.tags = tags
    order = tags.order(rows.rowCount)
    texts = rows.columns.filter { $0.type.isText }
  }

  /// Rows that have not left.
  var count: Int { order.count - head }

  var remaining: ArraySlice<UInt32> { order[head...] }

  /// The tag of the next row; there must be one.
  var first: RowTag { tags[order[head]] }

  /// Takes the next row; there must be one.
  func next() -> UInt32 {
    defer { head += 1 }
    return order[head]
  }

  /// Bytes of a row's texts.
  func textBytes(_ row: UInt32) -> Int {
    texts.reduce(0) { $0 + ($1.isValid(Int(row)) ? $1.text(Int(row)).count : 0) }
  }
}

/// The order tags of a batch; parts that are absent count as 0.
private struct RunTags {
  private let times: UnsafePointer<Int64>?
  private let lanes: UnsafePointer<Int64>?
  private let places: UnsafePointer<Int64>?

  /// The columns must outlive it.
  init(_ hidden: HiddenColumns) {
    times = hidden.eventTimes.map { UnsafePointer($0.ints) }
    lanes = hidden.lanes.map { UnsafePointer($0.ints) }
    places = hidden.places.map { UnsafePointer($0.ints) }
  }

  subscript(row: UInt32) -> RowTag {
    RowTag(
      time: times?[Int(row)] ?? 0, lane: lanes?[Int(row)] ?? 0, place: places?[Int(row)] ?? 0)
  }

  /// Rows by tag, those of equal tags as they came. O(rows) where they are in order already.
  func order(_ count: Int) -> [UInt32] {
    var order = Array(0..<UInt32(truncatingIfNeeded: count))
    var isSorted = true
    for row in 1..<max(count, 1) where isSorted {
      isSorted = !(self[UInt32(row)] < self[UInt32(row - 1)])
    }
    if isSorted { return order }
    order.sort { a, b in
      let (x, y) = (self[a], self[b])
      return x < y || (!(y < x) && a < b)
    }
    return order
  }
}

/// Runs by the tags of their next rows: a binary heap.
struct RunHeap {
  private var runs: [OrderedRun] = []

  /// The run whose row is next. Runs that were merged away are dropped here.
  mutating func first() -> OrderedRun? {
    while let run = runs.first, run.isMerged || run.count == 0 { removeFirst() }
    return runs.first
  }

  /// The least tag of all others; what was merged away may count, which is too early at worst.
  var second: RowTag? {
    let others = runs.dropFirst().prefix(2).filter { $0.count > 0 }
    return others.map(\.first).min()
  }

  mutating func add(_ run: OrderedRun) {
    runs.append(run)
    var child = runs.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      runs.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The first run has given rows.
  mutating func settleFirst() {
    guard let run = runs.first else { return }
    if run.count == 0 { removeFirst() } else { sink() }
  }

  private mutating func removeFirst() {
    runs.swapAt(0, runs.count - 1)
    runs.removeLast()
    sink()
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < runs.count {
        if precedes(child, least) { least = child }
      }
      if least == parent { return }
      runs.swapAt(parent, least)
      parent = least
    }
  }

  /// Emptied runs come first, so that they are dropped.
  private func precedes(_ a: Int, _ b: Int) -> Bool {
    guard runs[a].count > 0, runs[b].count > 0 else {
      return runs[a].count == 0 && runs[b].count > 0
    }
    return runs[a].first < runs[b].first
  }
}
