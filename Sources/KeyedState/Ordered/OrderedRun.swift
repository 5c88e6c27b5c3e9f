import Columns
import Schemas

/// A batch of rows that wait, and the order in which they leave.
final class OrderedRun {
  /// Without a selection.
  private(set) var rows: Batch
  /// Row numbers by their tags.
  private(set) var order: [UInt32]
  /// How many of the order have left.
  private(set) var head = 0
  /// Where the run stood when it gave its rows away: a queue is in order by it until it is dropped.
  private var formerFirst: RowTag?
  private let tags: RunTags
  private var texts: [Column]

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

  /// What it stands in a queue by: no row of it, or that was in it, is before that. nil where all
  /// have left.
  var place: RowTag? { count > 0 ? first : formerFirst }

  /// Takes the next row; there must be one.
  func next() -> UInt32 {
    defer { head += 1 }
    return order[head]
  }

  /// Drops the rows up to a tag.
  func drop(upTo tag: RowTag) {
    while count > 0, !(tag < first) { head += 1 }
  }

  /// Gives its rows away, to be part of another run.
  func moved() -> Batch {
    let left = rows.gathered(rows: Array(remaining))
    if count > 0 { formerFirst = first }
    rows = Batch(schema: rows.schema, columns: [], rowCount: 0)
    (order, texts, head) = ([], [], 0)
    return left
  }

  /// Nearly all of its rows have left, which it holds all the same.
  var isSparse: Bool { rows.rowCount >= 256 && count * 4 < rows.rowCount }

  /// Bytes of a row's texts.
  func textBytes(_ row: UInt32) -> Int {
    texts.reduce(0) { $0 + ($1.isValid(Int(row)) ? $1.text(Int(row)).count : 0) }
  }
}

/// The order tags of a batch; parts that are absent count as 0.
struct RunTags {
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
  /// Those of which all rows have left come first, so that they are dropped.
  func precedes(_ other: OrderedRun) -> Bool {
    guard let other = other.place else { return false }
    return place.map { $0 < other } ?? true
  }
}

/// Runs by the tags of their next rows.
struct RunQueue {
  private var heap = Heap<OrderedRun>()

  /// The run whose row is next. Runs whose rows went elsewhere are dropped here.
  mutating func first() -> OrderedRun? {
    while let run = heap.first, run.count == 0 { heap.removeFirst() }
    return heap.first
  }

  /// No other run's next row is before it; nil where there is no other run. One whose rows went
  /// elsewhere may count, which is too early at worst.
  var bound: RowTag? {
    var least: RowTag?
    for run in heap.elements.dropFirst().prefix(2) {
      guard let place = run.place else { continue }
      if least.map({ place < $0 }) ?? true { least = place }
    }
    return least
  }

  mutating func add(_ run: OrderedRun) { heap.add(run) }

  /// The first run has given rows.
  mutating func settleFirst() { heap.settleFirst() }
}
