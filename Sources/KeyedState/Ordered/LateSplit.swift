package import Columns
package import Schemas

/// The rows of a batch that come in time, and those behind the watermark of their partition or of
/// the operator.
package struct LateSplit {
  /// nil: all.
  package private(set) var onTime: Selection?
  package private(set) var late: Selection?
  /// Of the late ones, rows whose own partition's watermark was not past them.
  package private(set) var lateAfterIdle = 0

  /// O(rows). The batch must carry event times.
  package init(_ batch: Batch, _ watermark: Timestamp) {
    guard let times = batch.hidden.eventTimes?.ints, batch.selectedCount > 0 else { return }
    let own = batch.hidden.lateWatermarks?.ints
    let mark = watermark.microseconds
    let kept = Selection(capacity: batch.selectedCount)
    for place in 0..<batch.selectedCount {
      let row = batch.selection?.rows[place] ?? UInt32(truncatingIfNeeded: place)
      let (time, behind) = (times[Int(row)], own?[Int(row)] ?? .min)
      if time >= max(mark, behind) {
        kept.rows[kept.count] = row
        kept.count += 1
        continue
      }
      let late = self.late ?? Selection(capacity: batch.selectedCount)
      late.rows[late.count] = row
      late.count += 1
      self.late = late
      if time >= behind { lateAfterIdle += 1 }
    }
    if late != nil { onTime = kept }
  }
}
