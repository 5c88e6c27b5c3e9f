import CPlatform
package import Schemas

/// The watermark of one partition: its largest event time less the lateness, over every row that
/// was decoded, in order.
package struct PartitionWatermark: Sendable {
  /// No row with a smaller time is on time. `.beginning` before the first row.
  package private(set) var time: Timestamp
  /// Microseconds, not negative.
  private let lateness: Int64

  package init(time: Timestamp = .beginning, lateness: Int64) {
    self.time = time
    self.lateness = max(lateness, 0)
  }

  /// Joins where others are already: rows before `other` are late from now on.
  package mutating func join(_ other: Timestamp) { time = max(time, other) }

  /// Goes over the rows that count, in order. Returns, if a row is behind the watermark at its
  /// place, the column of those watermarks (`HiddenColumns.lateWatermarks`). Rows without a time
  /// are passed over. O(rows).
  package mutating func advance(
    over times: Column, rowCount: Int, selection: Selection?
  ) -> Column? {
    if selection == nil, !times.hasNulls, advance(overOrdered: times.ints, rowCount) { return nil }
    let values = times.ints
    let validity = times.validity
    let lateness = self.lateness
    let start = time.microseconds
    var mark = start
    var late = 0
    KeyHasher.eachRow(rowCount, selection) { row in
      if let validity, validity[row] == 0 { return }
      let value = values[row]
      late &+= value < mark ? 1 : 0
      mark = max(mark, Self.mark(of: value, lateness))
    }
    time = Timestamp(microseconds: mark)
    guard late > 0 else { return nil }
    let column = Column.repeating(.min, .timestamp, rowCount: rowCount)
    let marks = column.ints
    mark = start
    KeyHasher.eachRow(rowCount, selection) { row in
      if let validity, validity[row] == 0 { return }
      let value = values[row]
      if value < mark { marks[row] = mark }
      mark = max(mark, Self.mark(of: value, lateness))
    }
    return column
  }

  /// Goes over rows by blocks, if each block's least time shows that none of its rows is late;
  /// otherwise does nothing and returns false.
  private mutating func advance(overOrdered times: UnsafePointer<Int64>, _ rowCount: Int) -> Bool {
    let block = 1024
    var mark = time.microseconds
    for first in stride(from: 0, to: rowCount, by: block) {
      var (least, greatest) = (Int64.max, Int64.min)
      raudal_range(times + first, min(block, rowCount - first), &least, &greatest)
      // The watermark at any row of the block is at most this.
      mark = max(mark, Self.mark(of: greatest, lateness))
      guard least >= mark else { return false }
    }
    time = Timestamp(microseconds: mark)
    return true
  }

  /// Never the end of time: that is for inputs that have ended.
  @inline(__always)
  private static func mark(of time: Int64, _ lateness: Int64) -> Int64 {
    let (mark, overflow) = time.subtractingReportingOverflow(lateness)
    return overflow ? .min : min(mark, .max - 1)
  }
}

extension Column {
  /// The rows that count and hold a value; nil if all of them do. O(rows).
  package func rowsWithValue(rowCount: Int, selection: Selection?) -> Selection? {
    guard let validity else { return nil }
    let kept =
      if let selection {
        Selection(mask: validity, of: selection)
      } else {
        Selection(mask: validity, rowCount: rowCount)
      }
    return kept.count == (selection?.count ?? rowCount) ? nil : kept
  }
}
