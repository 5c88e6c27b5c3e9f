package import Columns
package import Schemas

extension Batch {
  /// The event times of the rows, but of those with a value in `column` none behind the watermark,
  /// nor behind that of its partition. The batch must carry event times. O(rows).
  package func forwardedTimes(to watermark: Timestamp, of column: Column) -> Column? {
    guard let times = hidden.eventTimes else { return nil }
    let own = hidden.lateWatermarks?.ints
    let least = watermark.microseconds
    let result = Column(fixed: .timestamp, rowCount: rowCount)
    for row in 0..<rowCount {
      let bound = column.isValid(row) ? max(least, own?[row] ?? .min) : .min
      result.ints[row] = max(times.ints[row], bound)
    }
    return result
  }

  /// Of each row whether it is a deletion, a `bool`. O(rows).
  package var deletions: Column {
    let result = Column(fixed: .bool, rowCount: rowCount)
    let kinds = hidden.rowKinds?.ints
    for row in 0..<rowCount {
      result.bools[row] = kinds?[row] == RowKind.delete.rawValue ? 1 : 0
    }
    return result
  }
}
