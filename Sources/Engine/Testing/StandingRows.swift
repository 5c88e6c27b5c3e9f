import Columns
import Plans

/// The rows of a stream that are there at the end, in the order in which they came: those that were
/// taken back are not.
struct StandingRows {
  private var all: [[Literal]?] = []
  /// By what they hold: which rows are there, or how many were taken back before they came.
  private var places: [String: [Int]] = [:]
  private var owed: [String: Int] = [:]

  init(_ batches: [Batch]) {
    // A batch of insertions alone may say so by having no kinds.
    let isUpdating = batches.contains { $0.hidden.rowKinds != nil }
    for batch in batches.map({ $0.gathered() }) {
      for row in 0..<batch.rowCount {
        let values = batch.columns.map { TestRowConversion.literal($0, row) }
        guard isUpdating else {
          all.append(values)
          continue
        }
        if batch.takesBack(row) { takeBack(values) } else { add(values) }
      }
    }
  }

  var rows: [[Literal]] { all.compactMap(\.self) }

  private mutating func add(_ values: [Literal]) {
    let name = "\(values)"
    if let owing = owed[name], owing > 0 {
      owed[name] = owing - 1
      return
    }
    places[name, default: []].append(all.count)
    all.append(values)
  }

  private mutating func takeBack(_ values: [Literal]) {
    let name = "\(values)"
    if let place = places[name]?.popLast() { all[place] = nil } else { owed[name, default: 0] += 1 }
  }
}
