import Columns
import Schemas

/// What a snapshot reads where a row of values and a time are kept of each key.
final class TimedValues: KeptValues, @unchecked Sendable {
  let keysOfBlock: Int
  private let values: [KeptColumn]
  private let times: Cells<Int64>

  /// Shares the pages.
  init(_ values: [KeptColumn], times: Cells<Int64>, keysOfBlock: Int) {
    self.values = values.map { $0.share() }
    self.times = times.share()
    self.keysOfBlock = keysOfBlock
  }

  func columns(_ keys: [UInt32]) -> [Column] {
    let times = Column(fixed: .timestamp, rowCount: keys.count)
    for (row, key) in keys.enumerated() { times.ints[row] = self.times[key] }
    return values.columns(keys) + [times]
  }
}

extension [KeptColumn] {
  /// The values of these keys, a column for each.
  func columns(_ keys: [UInt32]) -> [Column] {
    keys.withUnsafeBufferPointer { list in
      guard let base = list.baseAddress else { return map { Column($0.type, nulls: 0) } }
      return map { $0.column(base, list.count) }
    }
  }

  /// How many keys' values make no overlong column.
  var rowLimit: Int {
    let longest = map(\.longest).max() ?? 0
    return Swift.max(1, Swift.min(Batch.rowLimit, TextLimit.batchBytes / Swift.max(longest, 1)))
  }
}
