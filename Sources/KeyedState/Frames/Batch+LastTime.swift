package import Columns

extension Batch {
  /// Where the rows of the last event time begin, of rows in order; there must be one.
  package var startOfLastTime: Int {
    guard let times = hidden.eventTimes?.ints else { return rowCount }
    var place = rowCount - 1
    while place > 0, times[place - 1] == times[rowCount - 1] { place -= 1 }
    return place
  }
}
