import Columns
import Schemas

/// Rows of many runs, one for each result, or none.
struct PickedRows {
  private var runs: [JoinRun] = []
  private var places: [PartPlace] = []
  private var hasNone = false
  /// The run of the row before, from where to where, and its place.
  private var last: (pane: JoinPane, start: UInt32, end: UInt32, place: UInt32)?

  /// `batch` numbers the batches of results.
  mutating func add(_ pane: JoinPane, _ row: UInt32, _ batch: Int) {
    if let last, last.pane === pane, row >= last.start, row < last.end {
      places.append(PartPlace(part: last.place, number: row &- last.start))
      return
    }
    let run = pane.runs.run(of: row)
    if run.pick.batch != batch + 1 {
      run.pick = (batch + 1, UInt32(truncatingIfNeeded: runs.count))
      runs.append(run)
    }
    last = (pane, run.start, run.end, run.pick.place)
    places.append(PartPlace(part: run.pick.place, number: row &- run.start))
  }

  mutating func addNone() {
    places.append(PartPlace(part: ColumnParts.none, number: 0))
    hasNone = true
  }

  mutating func clear() {
    runs.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    (hasNone, last) = (false, nil)
  }

  subscript(k: Int) -> (rows: Batch, row: Int)? {
    let place = places[k]
    return place.part == ColumnParts.none
      ? nil : (runs[Int(place.part)].rows, Int(place.number))
  }

  var hasTags: Bool { runs.contains { $0.rows.hidden.lanes != nil } }

  func tag(_ k: Int) -> (lane: Int64, place: Int64) {
    guard let (rows, row) = self[k] else { return (0, 0) }
    return (rows.hidden.lanes?.ints[row] ?? 0, rows.hidden.places?.ints[row] ?? 0)
  }

  /// The values of a column, null where there is no row.
  func column(_ type: DataType, _ of: (Batch) -> Column) -> Column {
    ColumnParts(type, runs.map { of($0.rows) }, keepsDictionary: true)
      .values(at: places[...], hasNone: hasNone)
  }
}
