import Columns
import Schemas

/// One aggregate over the rows of a match.
package struct MatchMeasure: Sendable {
  package enum Choice: Sendable {
    case all
    /// The last row alone, with whose null it is null.
    case last
    /// The row directly before the one that is looked at, whatever it was taken as.
    case previous
  }

  let spec: AggregateSpec
  /// Columns of the rows; the one behind all of them is the event time.
  let arguments: [Int]
  let filter: Int?
  /// Only the rows of this step.
  let step: Int?
  let choice: Choice

  package init(
    spec: AggregateSpec, arguments: [Int], filter: Int?, step: Int?, choice: Choice = .all
  ) {
    self.spec = spec
    self.arguments = arguments
    self.filter = filter
    self.step = step
    self.choice = choice
  }

  fileprivate func takes(_ step: Int32) -> Bool {
    if choice == .previous { return step == MatchPaths.previous }
    return step != MatchPaths.previous && (self.step.map { $0 == Int(step) } ?? true)
  }
}

/// The rows of matches one behind the other, and what each was taken as.
struct MatchPaths {
  /// In place of a step: of a row that was looked at.
  static let unnamed: Int32 = -1
  /// In place of a step: of the row directly before, which is beside those that were taken.
  static let previous: Int32 = -2

  /// On the shelf.
  var numbers: [UInt32] = []
  var steps: [Int32] = []
  /// By match: where its rows begin.
  var starts: [Int] = []

  mutating func begin() { starts.append(numbers.count) }

  mutating func append(_ number: UInt32, _ step: Int32) {
    numbers.append(number)
    steps.append(step)
  }

  mutating func removeAll() {
    numbers.removeAll(keepingCapacity: true)
    steps.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
  }
}

/// Computes aggregates of matches from their rows.
struct MatchValues {
  private let measures: [MatchMeasure]
  private let inputs: WindowInputs
  /// Knows how to choose rows; it has no panes.
  private let reader: WindowStore

  /// Fails with an aggregate that this build cannot compute.
  init(_ measures: [MatchMeasure], keys: [Field]) throws(UnknownAggregate) {
    self.measures = measures
    inputs = WindowInputs(keys: [], aggregates: measures.map { ($0.arguments, $0.filter) })
    reader = try WindowStore(
      WindowStore.Configuration(
        grid: WindowGrid(size: 1, slide: 1, offset: 0), keys: keys,
        aggregates: measures.map(\.spec), tracksChanges: false))
  }

  /// A column for each measure, a row for each of the paths, whose rows are given.
  /// O(rows × measures).
  func columns(of rows: Batch, _ paths: MatchPaths) -> ([Column], [FailedResult]) {
    let work = inOrder(rows)
    let columns = BatchColumns(work, inputs)
    let identity = IdentityRows()
    let list = RowList(rows: identity.first(paths.starts.count), count: paths.starts.count)
    let most = max(paths.numbers.count, 1)
    var groups = Scratch<UInt32>(most)
    var places = Scratch<UInt32>(most)
    let (groupBase, placeBase) = (groups.reserve(most), places.reserve(most))
    var results: [Column] = []
    var failed: [FailedResult] = []
    for (measure, input) in zip(measures, columns.aggregates) {
      // They were made once with these, so that each has one.
      guard let state = measure.spec.makeState() else { continue }
      var count = 0
      var match = -1
      for place in paths.numbers.indices {
        while match + 1 < paths.starts.count, paths.starts[match + 1] == place { match += 1 }
        guard measure.takes(paths.steps[place]) else { continue }
        let group = UInt32(truncatingIfNeeded: match)
        if measure.choice == .last, count > 0, groupBase[count - 1] == group { count -= 1 }
        groupBase[count] = group
        placeBase[count] = UInt32(truncatingIfNeeded: place)
        count += 1
      }
      let all = GroupRows(
        groups: UnsafePointer(groupBase), rows: UnsafePointer(placeBase), count: count)
      state.grow(to: paths.starts.count)
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
