package import Columns
package import Schemas

/// The rows of a batch that come in time, and those behind the watermark of their partition or of
/// the operator, by more than an allowance.
package struct LateSplit {
  /// nil: all.
  package private(set) var onTime: Selection?
  package private(set) var late: Selection?
  /// Of the late ones, rows whose own partition's watermark was not past them.
  package private(set) var lateAfterIdle = 0

  /// O(rows). The batch must carry event times; `allowance` is in microseconds.
  package init(_ batch: Batch, _ watermark: Timestamp, allowance: Int64 = 0) {
    guard let times = batch.hidden.eventTimes?.ints, batch.selectedCount > 0 else { return }
    let own = batch.hidden.lateWatermarks?.ints
    let mark = Self.bound(watermark.microseconds, allowance)
    // Batches without a late row, most of them, cost a look at each time.
    var kept: Selection?
    for place in 0..<batch.selectedCount {
      let row = batch.selection?.rows[place] ?? UInt32(truncatingIfNeeded: place)
      let time = times[Int(row)]
      let behind = own.map { Self.bound($0[Int(row)], allowance) } ?? .min
      if time >= max(mark, behind) {
        kept?.append(row)
        continue
      }
      if kept == nil { kept = Self.first(place, of: batch) }
      let late = self.late ?? Selection(capacity: batch.selectedCount)
      late.append(row)
      self.late = late
      if time >= behind { lateAfterIdle += 1 }
    }
    onTime = kept
  }

  /// The first selected rows, with room for all.
  private static func first(_ count: Int, of batch: Batch) -> Selection {
    let selection = Selection(capacity: batch.selectedCount)
    for place in 0..<count {
      selection.append(batch.selection?.rows[place] ?? UInt32(truncatingIfNeeded: place))
    }
    return selection
  }

  private static func bound(_ mark: Int64, _ allowance: Int64) -> Int64 {
    mark <= .min / 2 ? .min : mark &- allowance
  }
}
