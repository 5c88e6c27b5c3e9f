import Columns

/// Between which event times of the other side the rows of a pane find their matches, where columns
/// of theirs say that: closer than the interval, or not at all.
struct JoinLimits {
  private let lows = Cells<Int64>(0)
  private let highs = Cells<Int64>(0)

  /// Adds those of rows; a null leaves no time.
  func append(_ low: Column, _ high: Column, behind count: Int) {
    let (low, high) = (low.withFixedValues(), high.withFixedValues())
    lows.grow(to: count + low.rowCount)
    highs.grow(to: count + low.rowCount)
    let (from, through) = (lows.paged, highs.paged)
    for i in 0..<low.rowCount {
      let row = UInt32(truncatingIfNeeded: count &+ i)
      let isSet = low.isValid(i) && high.isValid(i)
      from[row] = isSet ? low.ints[i] : .max
      through[row] = isSet ? high.ints[i] : .min
    }
  }

  @inline(__always)
  func contain(_ time: Int64, of row: UInt32) -> Bool {
    lows[row] <= time && time <= highs[row]
  }

  /// The last time at which a row may find a match; the beginning where it finds none ever.
  func last(of row: UInt32) -> Int64 { lows[row] <= highs[row] ? highs[row] : .min }
}
