package import Columns
package import Schemas

/// The groups of a running aggregate: what the aggregates have made of all rows of each key so far.
///
/// Where rows are taken back a group of which none is left is gone: it gives no result, and later
/// its place is freed. Not thread-safe; snapshots are immutable.
package final class RunningStore {
  package static let stateName = "groups"

  let schema: Schema
  /// What is computed of rows, and by what those came that are taken back, as text.
  let origin: String
  private let results: Schema
  private let keyCount: Int
  /// The plan's, then those that the store needs itself.
  let aggregates: [AggregateSpec]
  private let visibleCount: Int
  /// What reads keys and filters.
  let reader: WindowStore
  var pane: Pane
  /// Whether each row changes its group's result.
  private let changesAlways: Bool
  /// Where it stands among the states how many rows a group has; nil: none are taken back.
  private let countPlace: Int?
  /// Where it stands among them how many of a group's rows the last ending left; nil: none is put
  /// out at an ending.
  let toldPlace: Int?
  /// Whether a row is told again where only its time has changed, since a later step orders rows
  /// by it.
  private let tellsTimes: Bool
  /// Groups of which no row is left, nor was one at the last ending.
  var deadCount = 0
  /// Of each group whether it was met in this batch.
  private var isMet: [Bool] = []

  /// `results` has the keys and the aggregates. `tellsRemaining`: `remaining` gives the rows, and
  /// the store knows which it gave; only where rows are taken back. Fails with the name of an
  /// aggregate that this build cannot compute.
  package init(
    keys: [Field], aggregates: [AggregateSpec], results: Schema, takesBack: Bool,
    tellsTimes: Bool = false, tellsRemaining: Bool = false, origin: String = ""
  ) throws(UnknownAggregate) {
    self.origin = origin
    self.tellsTimes = tellsTimes
    var all = aggregates
    if takesBack {
      for index in all.indices { all[index].takesBack = true }
      countPlace = all.count
      all.append(.rowCount("$rows"))
    } else {
      countPlace = nil
    }
    toldPlace = takesBack && tellsRemaining ? all.count : nil
    if toldPlace != nil { all.append(.rowCount("$told")) }
    var time = AggregateSpec(
      name: "$time", function: "max", arguments: [FieldType(.timestamp)], hasFilter: true,
      resultType: .timestamp)
    // Else it only grows.
    time.takesBack = takesBack && tellsTimes
    time.reads = ["$time"]
    all.append(time)
    self.aggregates = all
    self.results = results
    visibleCount = aggregates.count
    keyCount = keys.count
    reader = try WindowStore(
      WindowStore.Configuration(
        grid: WindowGrid(size: 1, slide: 1, offset: 0), keys: keys, aggregates: all,
        tracksChanges: false))
    let parts = all.flatMap { aggregate in
      aggregate.partialFields.map { Field("\(aggregate.name).\($0.name)", $0.fieldType) }
    }
    schema = Schema(keys + parts)
    pane = Self.makePane(reader, all)
    let isCounted = aggregates.contains {
      $0.function == "count" && $0.arguments.isEmpty && !$0.hasFilter
    }
    changesAlways = isCounted && !takesBack
  }

  /// A pane without groups, whose aggregates of the same values share them.
  private static func makePane(_ reader: WindowStore, _ aggregates: [AggregateSpec]) -> Pane {
    let pane = reader.makePane(PaneKey(slice: 0, from: .min))
    var known: [ValueSource: ValueSet] = [:]
    for (state, spec) in zip(pane.states, aggregates) {
      guard let state = state as? ValueSetState, let set = state.set, !spec.reads.isEmpty
      else { continue }
      let source = ValueSource(layout: state.layout, reads: spec.reads)
      if let first = known[source] { state.share(first) } else { known[source] = set }
    }
    return pane
  }

  func makePane() -> Pane { Self.makePane(reader, aggregates) }

  package var takesBack: Bool { countPlace != nil }

  /// Groups that have a result.
  package var count: Int { pane.groupCount - deadCount }

  /// How many rows each of the groups has.
  func rowCounts(_ groups: [UInt32]) -> [Int64] {
    guard let countPlace else { return groups.map { _ in 1 } }
    return counts(countPlace, groups)
  }

  /// What the state of counts that stands there says of each of the groups.
  func counts(_ place: Int, _ groups: [UInt32]) -> [Int64] {
    guard !groups.isEmpty else { return [] }
    let counts = groups.withList { pane.states[place].result($0).column }
    return groups.indices.map { counts.ints[$0] }
  }

  /// Takes rows in, or back as their kinds say, and gives what has become of their groups: for each
  /// that changed a deletion, an insertion or both as a pair, in batches of at most so many rows.
  /// O(rows).
  package func absorb(
    _ batch: Batch, _ inputs: WindowInputs, rowLimit: Int = Batch.rowLimit
  ) -> [RunningChange] {
    guard batch.selectedCount > 0 else { return [] }
    let known = UInt32(truncatingIfNeeded: pane.groupCount)
    let (list, groups) = find(batch, inputs)
    let touched = distinct(groups, list.count)
    let limit = pane.states.rowBound(max(rowLimit / 2, 1), groups: pane.groupCount)
    let chunks = stride(from: 0, to: touched.count, by: limit).map {
      Array(touched[$0..<min($0 + limit, touched.count)])
    }
    let before = chunks.map { chunk in
      result(of: chunk.filter { $0 < known })
    }
    take(batch, list, groups, inputs)
    return zip(chunks, before).compactMap { chunk, before in
      let after = result(of: chunk)
      deadCount += before.groups.count - after.groups.count
      deadCount += chunk.reduce(0) { $0 + ($1 < known ? 0 : 1) }
      return RunningChange(
        chunk, before, after, comparedFrom: changesAlways ? nil : keyCount,
        comparesTimes: tellsTimes, hasTimes: batch.hidden.eventTimes != nil)
    }
  }

  /// The same where nobody asks what became of the groups.
  package func keep(_ batch: Batch, _ inputs: WindowInputs) {
    guard batch.selectedCount > 0 else { return }
    let known = UInt32(truncatingIfNeeded: pane.groupCount)
    let (list, groups) = find(batch, inputs)
    let touched = distinct(groups, list.count)
    let before = liveCount(touched.filter { $0 < known })
    let added = pane.groupCount - Int(known)
    take(batch, list, groups, inputs)
    deadCount += before + added - liveCount(touched)
  }

  private func find(_ batch: Batch, _ inputs: WindowInputs) -> (RowList, UnsafePointer<UInt32>) {
    let list = RowList(
      rows: batch.selection.map { UnsafePointer($0.rows) }
        ?? reader.work.identity.first(batch.rowCount),
      count: batch.selectedCount)
    let columns = inputs.keys.map { batch.columns[$0] }
    let keys = reader.keys(columns, list, rowCount: batch.rowCount, selection: batch.selection)
    let groups = reader.work.groups.reserve(list.count)
    keys.find(pane, list, into: groups)
    withExtendedLifetime(columns) {}
    pane.markDirty(UnsafePointer(groups), list.count)
    return (list, UnsafePointer(groups))
  }

  /// Each group once, in the order of the rows.
  private func distinct(_ groups: UnsafePointer<UInt32>, _ count: Int) -> [UInt32] {
    if isMet.count < pane.groupCount {
      let larger = max(pane.groupCount, isMet.count * 2)
      isMet += Array(repeating: false, count: larger - isMet.count)
    }
    var result: [UInt32] = []
    result.reserveCapacity(count)
    isMet.withUnsafeMutableBufferPointer { isMet in
      for i in 0..<count where !isMet[Int(groups[i])] {
        isMet[Int(groups[i])] = true
        result.append(groups[i])
      }
      for group in result { isMet[Int(group)] = false }
    }
    return result
  }
}

extension RunningStore {
  /// The results of those of the groups that have one.
  private func result(of groups: [UInt32]) -> RunningResult {
    var live = groups
    if takesBack {
      let counts = rowCounts(groups)
      live = groups.indices.filter { counts[$0] > 0 }.map { groups[$0] }
    }
    guard !live.isEmpty else { return RunningResult(groups: [], rows: nil, failed: [:]) }
    return live.withList { list in
      var columns = reader.layout.keyColumns(pane.table, list)
      var failed: [Int: [String]] = [:]
      for (state, spec) in zip(pane.states, aggregates).prefix(visibleCount) {
        let result = state.result(list)
        columns.append(result.column)
        for row in result.failed { failed[row, default: []].append(spec.name) }
      }
      let rows = Batch(schema: results, columns: columns, rowCount: live.count)
      rows.hidden.eventTimes = pane.states[pane.states.count - 1].result(list).column
      rows.hidden.lanes = reader.laneColumn(pane.table, list)
      return RunningResult(groups: live, rows: rows, failed: failed)
    }
  }

  private func take(
    _ batch: Batch, _ list: RowList, _ groups: UnsafePointer<UInt32>, _ inputs: WindowInputs
  ) {
    let columns = BatchColumns(batch, inputs)
    let times = batch.hidden.eventTimes.map {
      AggregateInput(columns: [$0], times: nil, lanes: nil, places: nil)
    }
    let all = GroupRows(groups: groups, rows: list.rows, count: list.count)
    guard let countPlace, let kinds = batch.hidden.rowKinds?.ints else {
      return update(all, columns, times, countPlace)
    }
    var parts: (given: [(UInt32, UInt32)], taken: [(UInt32, UInt32)]) = ([], [])
    for i in 0..<list.count {
      if RowKind.takesBack(kinds[Int(list.rows[i])]) {
        parts.taken.append((groups[i], list.rows[i]))
      } else {
        parts.given.append((groups[i], list.rows[i]))
      }
    }
    parts.given.withRows { update($0, columns, times, countPlace) }
    parts.taken.withRows { retract($0, columns, times, countPlace) }
  }

  private func update(
    _ rows: GroupRows, _ columns: BatchColumns, _ times: AggregateInput?, _ countPlace: Int?
  ) {
    for (state, aggregate) in zip(pane.states, columns.aggregates) {
      state.update(reader.chosen(rows, aggregate), aggregate.input)
    }
    if let countPlace { pane.states[countPlace].update(rows, .none) }
    if let times { pane.states[pane.states.count - 1].update(rows, times) }
  }

  private func retract(
    _ rows: GroupRows, _ columns: BatchColumns, _ times: AggregateInput?, _ countPlace: Int
  ) {
    for (state, aggregate) in zip(pane.states, columns.aggregates) {
      (state as? any RetractableState)?.retract(reader.chosen(rows, aggregate), aggregate.input)
    }
    (pane.states[countPlace] as? any RetractableState)?.retract(rows, .none)
    guard let times, let state = pane.states.last else { return }
    if let state = state as? any RetractableState {
      state.retract(rows, times)
    } else {
      state.update(rows, times)
    }
  }
}

/// Which values a set holds.
private struct ValueSource: Hashable {
  let layout: ValueLayout
  let reads: [String]
}

extension AggregateSpec {
  fileprivate static func rowCount(_ name: String) -> AggregateSpec {
    AggregateSpec(name: name, function: "count", arguments: [], resultType: .int)
  }
}

extension AggregateInput {
  fileprivate static var none: AggregateInput {
    AggregateInput(columns: [], times: nil, lanes: nil, places: nil)
  }
}

extension [UInt32] {
  /// The numbers as a list, which lives as long as the call; there must be one.
  func withList<Result>(_ body: (RowList) -> Result) -> Result {
    withUnsafeBufferPointer { numbers in
      body(RowList(rows: numbers.baseAddress.unsafelyUnwrapped, count: numbers.count))
    }
  }
}

extension [(UInt32, UInt32)] {
  /// Groups and rows, for as long as the call.
  fileprivate func withRows(_ body: (GroupRows) -> Void) {
    guard !isEmpty else { return }
    let (groups, rows) = (map(\.0), map(\.1))
    groups.withList { groups in
      rows.withList { rows in
        body(GroupRows(groups: groups.rows, rows: rows.rows, count: rows.count))
      }
    }
  }
}
