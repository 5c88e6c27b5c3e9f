import Columns
import Schemas

/// The rows of one side of a join in one slice of event time, found by their keys.
///
/// Rows have numbers in the order in which they came. Those of a key are a chain from the last to
/// the first, so that where it began at some instant is what had come until then. A pane only
/// grows, in rows and to both ends of its slice, and goes as a whole.
final class JoinPane {
  static let none = UInt32.max

  private(set) var start: Int64
  /// The last microsecond of the slice.
  private(set) var end: Int64
  /// Rows that it holds, or that are on their way into it.
  var claimed = 0
  /// In which batch of rows that came it was met last, and which of the batch's parts it takes.
  var part = (batch: 0, place: 0)
  /// Small to begin with: a pane may hold one key.
  let table = GroupTable(slotCount: 16, entryCapacity: 4)
  /// By group: its last row.
  let heads = Cells<UInt32>(JoinPane.none)
  /// By row: the one before it of its key.
  let previous = Cells<UInt32>(JoinPane.none)
  let times = Cells<Int64>(0)
  /// By row: its serial number, doubled, and 1 if it has its match.
  let tags = Cells<Int64>(0)
  /// By row: between which times its matches are; where columns of this side say that.
  private(set) var limits: JoinLimits?
  private(set) var runs = JoinRuns()
  private(set) var count = 0
  /// Bytes of the largest row's texts.
  private(set) var widest = 0
  /// Rows that wait to be told apart: those without a match come out at their time.
  var waiting = Heap<WaitingRow>()
  /// Rows that the last snapshot held, and those of them that have found a match since.
  var snapshotCount = 0
  var settledMatches: [UInt32] = []

  init(start: Int64, end: Int64) {
    self.start = start
    self.end = end
  }

  /// Takes in the slices from here or through there.
  func stretch(from first: Int64, through last: Int64) {
    start = min(start, first)
    end = max(end, last)
  }

  /// Adds rows without a selection; `groups` are those of their keys, `none` of a key with a null.
  /// `bounds`: the columns of this side that say when the other's rows match.
  func append(
    _ rows: Batch, _ times: UnsafePointer<Int64>, groups: UnsafePointer<UInt32>, serial: Int64,
    bounds: JoinShape.ColumnBounds?
  ) {
    if let bounds {
      let limits = limits ?? JoinLimits()
      limits.append(rows.columns[bounds.low], rows.columns[bounds.high], behind: count)
      self.limits = limits
    }
    let added = rows.rowCount
    let total = count + added
    heads.grow(to: table.count)
    previous.grow(to: total)
    self.times.grow(to: total)
    tags.grow(to: total)
    let (heads, cells) = (heads.paged, JoinCells(self))
    for i in 0..<added {
      let row = UInt32(truncatingIfNeeded: count &+ i)
      cells.times[row] = times[i]
      cells.tags[row] = (serial &+ Int64(i)) << 1
      let group = groups[i]
      guard group != Self.none else { continue }
      cells.previous[row] = heads[group]
      heads[group] = row
    }
    widest = max(widest, rows.widestText)
    runs.append(rows)
    count = total
  }

  @inline(__always)
  func hasMatch(_ row: UInt32) -> Bool { tags[row] & 1 == 1 }

  @inline(__always)
  func serial(_ row: UInt32) -> Int64 { tags[row] >> 1 }

  /// Says that a row has a match, or is out.
  func mark(_ row: UInt32) {
    withUnsafePointer(to: row) { tags.own($0, 1) }
    tags[row] |= 1
    if Int(row) < snapshotCount { settledMatches.append(row) }
  }
}

/// The rows of a pane as a loop over them reads them: to look up where the cells lie for each of
/// them costs more than to read them. Good until rows are added.
struct JoinCells {
  let previous: PagedCells<UInt32>
  let times: PagedCells<Int64>
  let tags: PagedCells<Int64>

  init(_ pane: JoinPane) {
    previous = pane.previous.paged
    times = pane.times.paged
    tags = pane.tags.paged
  }

  @inline(__always)
  func hasMatch(_ row: UInt32) -> Bool { tags[row] & 1 == 1 }
}

extension Cells {
  /// Without the check of each access that nobody else has begun one. Good until they grow.
  var paged: PagedCells<Value> { PagedCells(table: table) }
}

/// A row that comes out by itself unless it finds a match.
struct WaitingRow: HeapElement {
  var time: Int64
  var row: UInt32

  func precedes(_ other: WaitingRow) -> Bool {
    time != other.time ? time < other.time : row < other.row
  }
}

extension Batch {
  /// Bytes of the texts of the row that has most. O(rows × columns of text).
  var widestText: Int {
    let texts = columns.filter { $0.type.isText }
    guard !texts.isEmpty else { return 0 }
    var widest = 0
    for row in 0..<rowCount {
      widest = max(widest, texts.reduce(0) { $0 + $1.text(row).count })
    }
    return widest
  }
}
