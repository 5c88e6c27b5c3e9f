import Columns
import Schemas

/// Rows that wait, in the order in which they came, and the watermarks between them.
struct WaitingRows {
  private enum Item {
    case rows(Batch)
    case watermark(Timestamp)
  }

  private var items: [Item] = []
  /// Items in front of it are gone.
  private var head = 0
  /// Rows of the first batch that are gone.
  private var gone = 0
  private(set) var count = 0
  /// Of the texts of all batches of which rows wait.
  private(set) var textBytes = 0
  /// The last watermark in front of which nothing waits.
  private(set) var watermark = Timestamp.beginning

  /// Rows of the first batch.
  var firstCount: Int {
    guard case .rows(let batch)? = first else { return 0 }
    return batch.rowCount - gone
  }

  private var first: Item? { head < items.count ? items[head] : nil }

  /// A batch that has rows, without selection.
  mutating func add(_ batch: Batch) {
    items.append(.rows(batch))
    count += batch.rowCount
    textBytes += batch.textBytes
  }

  /// A later watermark replaces an earlier one that no rows follow.
  mutating func add(_ time: Timestamp) {
    if case .watermark? = items.last, head < items.count { items.removeLast() }
    items.append(.watermark(time))
    passWatermarks()
  }

  /// The first rows, at most those of the first batch; nil where there are none.
  mutating func take(_ most: Int) -> Batch? {
    let rows = min(most, firstCount)
    guard case .rows(let batch)? = first, rows > 0 else { return nil }
    let part = batch.slice(gone..<gone + rows)
    gone += rows
    count -= rows
    if gone == batch.rowCount {
      textBytes -= batch.textBytes
      dropFirst()
      passWatermarks()
    }
    return part
  }

  /// Leaves the watermarks, behind which nothing waits then.
  mutating func removeRows() {
    items = items[head...].filter { if case .rows = $0 { false } else { true } }
    (head, gone, count, textBytes) = (0, 0, 0, 0)
    passWatermarks()
  }

  /// All that waits, in order.
  var batches: [Batch] {
    items[head...].enumerated().compactMap { index, item in
      guard case .rows(let batch) = item else { return nil }
      return index == 0 ? batch.slice(gone..<batch.rowCount) : batch
    }
  }

  private mutating func passWatermarks() {
    while case .watermark(let time)? = first {
      watermark = max(watermark, time)
      dropFirst()
    }
  }

  private mutating func dropFirst() {
    head += 1
    gone = 0
    // Removed in bulk: each item is moved once for each time that the list doubles.
    if head * 2 >= items.count {
      items.removeFirst(head)
      head = 0
    }
  }
}

extension Batch {
  /// The rows of a range of a batch without selection; itself where that is all.
  fileprivate func slice(_ rows: Range<Int>) -> Batch {
    if rows == 0..<rowCount { return self }
    return selecting(Selection(rows: Array(rows))).gathered()
  }
}
