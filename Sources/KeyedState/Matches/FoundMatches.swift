import Columns
import Schemas

/// One aggregate over the rows of a match.
package struct MatchMeasure: Sendable {
  let spec: AggregateSpec
  /// Columns of the rows; the one behind all of them is the event time.
  let arguments: [Int]
  let filter: Int?
  /// Only the rows of this step.
  let step: Int?
  /// Whether it takes the last row alone, and is null where that has a null.
  let isOfLastRow: Bool

  package init(spec: AggregateSpec, arguments: [Int], filter: Int?, step: Int?) {
    self.spec = spec
    self.arguments = arguments
    self.filter = filter
    self.step = step
    isOfLastRow = spec.function == "last_row"
  }
}

/// Matches on their way out: which rows they have, and what comes out of these.
struct FoundMatches {
  /// Rows of matches that are looked at in one piece of work.
  private static let pieceRows = 1 << 17

  private let schema: Schema
  private let keyCount: Int
  private let measures: [MatchMeasure]
  private let inputs: WindowInputs
  /// Knows how to choose rows; it has no panes.
  private let reader: WindowStore
  private let rowLimit: Int
  /// The rows of all matches, on the shelf.
  private var numbers: [UInt32] = []
  private var steps: [Int32] = []
  /// By match: where its rows begin.
  private var starts: [Int] = []
  /// By match: when its time was over; nil: its time is that of its last row.
  private var ends: [Int64?] = []

  /// Fails with an aggregate that this build cannot compute.
  init(
    _ schema: Schema, keys: [Field], _ measures: [MatchMeasure], rowLimit: Int
  ) throws(UnknownAggregate) {
    self.schema = schema
    keyCount = keys.count
    self.measures = measures
    self.rowLimit = rowLimit
    inputs = WindowInputs(keys: [], aggregates: measures.map { ($0.arguments, $0.filter) })
    reader = try WindowStore(
      WindowStore.Configuration(
        grid: WindowGrid(size: 1, slide: 1, offset: 0), keys: keys,
        aggregates: measures.map(\.spec), tracksChanges: false))
  }

  /// Whether they make a batch.
  var isFull: Bool { starts.count >= rowLimit || numbers.count >= Self.pieceRows }

  var isEmpty: Bool { starts.isEmpty }

  mutating func add(_ attempt: MatchAttempt, _ path: [MatchAttempt.Taken], end: Int64?) {
    starts.append(numbers.count)
    ends.append(end)
    for taken in path {
      numbers.append(attempt.rows[Int(taken.row)].number)
      steps.append(taken.step)
    }
  }

  /// A row for each match; there must be one. O(rows of all).
  mutating func take(
    from shelf: RowShelf
  ) -> (rows: Batch, failed: [FailedResult]) {
    let rows = shelf.gathered(numbers[...])
    let firsts = starts.map { UInt32(truncatingIfNeeded: $0) }
    let lasts = (starts.dropFirst() + [numbers.count]).map { UInt32(truncatingIfNeeded: $0 - 1) }
    let begin = rows.gathered(rows: firsts)
    let end = rows.gathered(rows: lasts)
    let (values, failed) = aggregates(rows)
    let bounds = [begin, end].map {
      $0.hidden.eventTimes ?? .repeating(0, .timestamp, firsts.count)
    }
    let batch = Batch(
      schema: schema, columns: Array(begin.columns.prefix(keyCount)) + bounds + values,
      rowCount: firsts.count)
    batch.hidden = tags(begin, end)
    numbers.removeAll(keepingCapacity: true)
    steps.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    return (batch, failed)
  }

  /// Those of the last row; of a match that had to wait those of the first, at the end of its time.
  private func tags(_ begin: Batch, _ end: Batch) -> HiddenColumns {
    let waits = ends.contains { $0 != nil }
    var hidden = HiddenColumns()
    hidden.eventTimes = end.hidden.eventTimes
    hidden.lanes = waits ? begin.hidden.lanes : end.hidden.lanes
    hidden.places = waits ? begin.hidden.places : end.hidden.places
    guard waits else { return hidden }
    let times = Column(fixed: .timestamp, rowCount: ends.count)
    for (match, time) in ends.enumerated() { times.ints[match] = time ?? 0 }
    hidden.eventTimes = times
    return hidden
  }

  private func aggregates(_ rows: Batch) -> ([Column], [FailedResult]) {
    let work = inOrder(rows)
    let columns = BatchColumns(work, inputs)
    let identity = IdentityRows()
    let list = RowList(rows: identity.first(starts.count), count: starts.count)
    var groups = Scratch<UInt32>(max(numbers.count, 1))
    var places = Scratch<UInt32>(max(numbers.count, 1))
    let (groupBase, placeBase) = (
      groups.reserve(max(numbers.count, 1)), places.reserve(max(numbers.count, 1))
    )
    var results: [Column] = []
    var failed: [FailedResult] = []
    for (measure, input) in zip(measures, columns.aggregates) {
      // They were made once with these, so that each has one.
      guard let state = measure.spec.makeState() else { continue }
      var count = 0
      var match = -1
      for place in numbers.indices {
        if match + 1 < starts.count, starts[match + 1] == place { match += 1 }
        guard measure.step == nil || measure.step == Int(steps[place]) else { continue }
        let group = UInt32(truncatingIfNeeded: match)
        if measure.isOfLastRow, count > 0, groupBase[count - 1] == group { count -= 1 }
        groupBase[count] = group
        placeBase[count] = UInt32(truncatingIfNeeded: place)
        count += 1
      }
      let all = GroupRows(
        groups: UnsafePointer(groupBase), rows: UnsafePointer(placeBase), count: count)
      state.grow(to: starts.count)
      state.update(reader.chosen(all, input), input.input)
      let result = state.result(list)
      results.append(result.column)
      failed += result.failed.map { FailedResult(row: $0, aggregate: measure.spec.name) }
    }
    withExtendedLifetime(identity) {}
    return (results, failed)
  }

  /// The rows with their event times as a last column. What goes by order goes by their places:
  /// rows of one list that was flattened have the same tag.
  private func inOrder(_ rows: Batch) -> Batch {
    let times = rows.hidden.eventTimes ?? .repeating(0, .timestamp, rows.rowCount)
    let work = Batch(
      schema: Schema(rows.schema.fields + [Field("", .timestamp)]),
      columns: rows.columns + [times], rowCount: rows.rowCount)
    let order = Column(fixed: .timestamp, rowCount: rows.rowCount)
    for row in 0..<rows.rowCount { order.ints[row] = Int64(row) }
    work.hidden.eventTimes = order
    return work
  }
}
