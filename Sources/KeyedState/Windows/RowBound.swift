import Columns

extension [any AggregateState] {
  /// How many of so many groups make a batch: `limit`, or where their values are large as many as
  /// hold `TextLimit.batchBytes` of them on the average. O(states).
  func rowBound(_ limit: Int, groups: Int) -> Int {
    let bytes = reduce(0) { $0 + $1.valueBytes }
    guard bytes > TextLimit.batchBytes, groups > 0 else { return limit }
    return Swift.max(1, Swift.min(limit, TextLimit.batchBytes / (bytes / groups + 1)))
  }
}
