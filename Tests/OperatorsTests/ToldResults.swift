import Columns
import TestKit
import Testing

/// Changes of results, replayed.
struct ToldResults {
  /// By key and bounds.
  private(set) var rows: [String: [Cell]] = [:]
  private(set) var problems: [String] = []
  /// The ends of the windows that the last changes are of.
  private(set) var ends: Set<Int64> = []

  mutating func take(_ run: inout WindowRun) {
    ends = []
    for batch in run.results { apply(batch) }
    run.results = []
  }

  private mutating func apply(_ batch: Batch) {
    for (row, cells) in batch.cells.enumerated() {
      let name = "\(cells[0]) \(cells[1]) \(cells[2])"
      if case .int(let end) = cells[2] {
        ends.insert(end)
        if batch.hidden.eventTimes?.ints[row] != end - 1 {
          problems.append("\(name) has another event time")
        }
      }
      if batch.takesBack(row) {
        // Floats that are equal and no zeros are so to the last bit.
        if rows[name] != cells { problems.append("\(name) was not told so: \(cells)") }
        rows[name] = nil
      } else {
        if rows[name] != nil { problems.append("\(name) is there already") }
        rows[name] = cells
      }
    }
  }

  /// What is told against what is expected, sums of thirds last.
  static func compare(
    _ told: [String: [Cell]], _ expected: [String: [Cell]], _ watermark: Int64
  ) {
    let differing = Set(told.keys).symmetricDifference(expected.keys).sorted()
    #expect(differing.prefix(3) == [], "told and expected at \(watermark)")
    let count = WindowModel.aggregates.count
    for (name, values) in expected {
      guard let cells = told[name] else { continue }
      for (index, aggregate) in WindowModel.aggregates.enumerated() {
        let (have, want) = (cells[index + 3], values[index])
        let place = "\(aggregate.name) of \(name) at \(watermark)"
        #expect(WindowModel.same(have, want), "\(place): \(have), expected \(want)")
      }
      let (have, want) = (cells[count + 3], values[count])
      #expect(Thirds.same(have, want), "thirds of \(name) at \(watermark): \(have), not \(want)")
    }
  }
}
