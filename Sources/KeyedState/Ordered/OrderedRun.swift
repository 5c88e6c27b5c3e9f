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

extension OrderedRun: HeapElement {
  /// By their next rows; emptied runs come first, so that they are dropped.
  func precedes(_ other: OrderedRun) -> Bool {
    guard count > 0, other.count > 0 else { return count == 0 && other.count > 0 }
    return first < other.first
  }
}

/// Runs by the tags of their next rows.
struct RunQueue {
  private var heap = Heap<OrderedRun>()

  /// The run whose row is next. Runs that were merged away are dropped here.
  mutating func first() -> OrderedRun? {
    while let run = heap.first, run.isMerged || run.count == 0 { heap.removeFirst() }
    return heap.first
  }

  /// The least tag of all others; what was merged away may count, which is too early at worst.
  var second: RowTag? {
    var least: RowTag?
    for place in 1..<3 where place < heap.elements.count && heap.elements[place].count > 0 {
      let tag = heap.elements[place].first
      if least.map({ tag < $0 }) ?? true { least = tag }
    }
    return least
  }

  mutating func add(_ run: OrderedRun) { heap.add(run) }

  /// The first run has given rows.
  mutating func settleFirst() { heap.settleFirst() }
}
