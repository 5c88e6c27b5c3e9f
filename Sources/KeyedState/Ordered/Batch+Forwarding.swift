package import Columns
package import Schemas

extension Batch {
  /// The event times of the rows, but none behind the watermark, nor behind that of its partition.
  /// The batch must carry event times. O(rows).
  package func forwardedTimes(to watermark: Timestamp) -> Column? {
    guard let times = hidden.eventTimes else { return nil }
    let own = hidden.lateWatermarks?.ints
    let least = watermark.microseconds
    let result = Column(fixed: .timestamp, rowCount: rowCount)
    for row in 0..<rowCount {
      result.ints[row] = max(times.ints[row], max(least, own?[row] ?? .min))
    }
    return result
  }
}
