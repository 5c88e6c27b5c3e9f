package import Columns
package import Schemas

/// A value that an aggregate's type cannot hold.
package struct FailedResult {
  /// In the emitted batch.
  package let row: Int
  package let aggregate: String
}

/// What closing windows puts out, a bounded piece of work at a time, so that it can stop wherever
/// credit ends.
///
/// Windows come in order of their ends, the groups of a window in order of their keys' hashes. Rows
/// may come between two pieces of work: none of them is for a window that has closed.
package final class WindowEmission {
  package enum Step {
    /// Rows, and those among them whose value does not fit.
    case rows(Batch, failed: [FailedResult])
    /// Slices are being merged; there is nothing to put out yet.
    case combining
    case done
  }

  /// A window whose groups are complete. Changed in place: the order may be long.
  private struct Emitting {
    let start: Int64
    let pane: Pane
    var order: GroupOrder
    /// How many of the groups are out.
    var place = 0

    /// How far a key group is out, if this were all there is; `next`: to the next window.
    func place(of keyGroup: Int, next slide: Int64) -> EmissionPlace {
      let range = order.range(of: keyGroup)
      if range.upperBound <= place { return EmissionPlace(window: start &+ slide, last: nil) }
      if range.lowerBound >= place { return EmissionPlace(window: start, last: nil) }
      return EmissionPlace(window: start, last: pane.table.name(order.groups[place - 1]))
    }
  }

  private let store: WindowStore
  private let schema: Schema
  /// Windows that start in here are still to be emitted. Each is found when it is its turn: where
  /// many overlap, their starts alone would be too many to hold.
  private var from: Int64
  private var firstOpen: Int64
  /// What was out already when this began; nil where that was nothing of what is left.
  private var before: EmissionPlaces?
  private var combination: WindowCombination?
  private var emitting: Emitting?
  private let rowLimit: Int

  /// Emission of all windows of the store whose end `watermark` has reached; nil if there is none.
  /// `schema` has the keys, `window_start`, `window_end`, the aggregates. `rowLimit`: rows that a
  /// step puts out, or groups that it merges, at most.
  package init?(
    closing store: WindowStore, watermark: Timestamp, schema: Schema,
    rowLimit: Int = Batch.rowLimit
  ) {
    from = store.closedBefore
    firstOpen = store.grid.firstOpen(watermark.microseconds)
    guard firstOpen > from else { return nil }
    // From now on they count as emitted.
    store.closedBefore = firstOpen
    guard store.firstWindow(from: from, before: firstOpen) != nil else { return nil }
    self.store = store
    self.schema = schema
    self.rowLimit = rowLimit
  }

  /// Emission of what was not out yet of closed windows at a restore; nil if there is none.
  package init?(
    resuming store: WindowStore, _ places: EmissionPlaces, in keyGroups: Range<Int>,
    schema: Schema, rowLimit: Int = Batch.rowLimit
  ) {
    var places = places
    // One that was out as far as windows had closed is so no further.
    places.limit(to: EmissionPlace(window: store.closedBefore, last: nil))
    from = places.least(in: keyGroups).window
    firstOpen = store.closedBefore
    guard store.firstWindow(from: from, before: firstOpen) != nil else { return nil }
    before = places
    self.store = store
    self.schema = schema
    self.rowLimit = rowLimit
  }

  /// Windows that close later come behind those that have.
  package func extend(to watermark: Timestamp) {
    firstOpen = max(firstOpen, store.grid.firstOpen(watermark.microseconds))
    store.closedBefore = firstOpen
  }

  /// Nothing that comes has an event time before it; nil where that is not known.
  package var time: Timestamp? {
    guard let start = emitting?.start ?? combination?.start else { return nil }
    return Timestamp(microseconds: store.grid.endMoment(start) &- 1)
  }

  /// How far the key groups are out.
  package func places(of keyGroups: Range<Int>) -> EmissionPlaces {
    var places = EmissionPlaces()
    for keyGroup in keyGroups {
      var place = EmissionPlace(window: combination?.start ?? from, last: nil)
      if let emitting { place = emitting.place(of: keyGroup, next: store.grid.slide) }
      places[keyGroup] = max(place, before?[keyGroup] ?? place)
    }
    return places
  }

  /// The next piece of work.
  package func next() -> Step {
    if emitting != nil { return emit() }
    if combination == nil {
      guard let start = store.firstWindow(from: from, before: firstOpen) else { return .done }
      from = start &+ store.grid.slide
      combination = WindowCombination(of: store, start: start)
    }
    guard combination?.advance(groups: rowLimit) == true, let complete = combination else {
      return .combining
    }
    combination = nil
    let pane = complete.pane
    let order = order(of: complete)
    guard order.count > 0 else {
      store.dropSlices(before: complete.start)
      return .combining
    }
    emitting = Emitting(start: complete.start, pane: pane, order: order)
    return emit()
  }

  /// The groups of a window that are not out.
  private func order(of window: WindowCombination) -> GroupOrder {
    let table = window.pane.table
    guard let before else { return window.rolling?.order ?? GroupOrder(table) }
    let groups = window.rolling?.groups ?? Array(0..<UInt32(table.count))
    let left = groups.filter { group in
      let place = before[Int(KeyGroup(hash: table.hash(group)).number)]
      if place.window != window.start { return place.window < window.start }
      return place.last.map { $0 < table.name(group) } ?? true
    }
    return GroupOrder(table, only: left)
  }

  private func emit() -> Step {
    guard let place = emitting?.place, let count = emitting?.order.count else { return .done }
    let bound = emitting?.pane.states.rowBound(rowLimit, groups: count) ?? rowLimit
    let end = min(place + bound, count)
    emitting?.order.sort(to: end)
    emitting?.place = end
    guard let now = emitting else { return .done }
    let result = now.order.groups[place..<end].withUnsafeBufferPointer { groups in
      batch(now.pane, groups, now.start)
    }
    if end == count {
      emitting = nil
      store.rolling?.keep(now.order)
      store.dropSlices(before: now.start)
    }
    guard let result else { return .combining }
    return .rows(result.batch, failed: result.failed)
  }

  private func batch(
    _ pane: Pane, _ groups: UnsafeBufferPointer<UInt32>, _ start: Int64
  ) -> (batch: Batch, failed: [FailedResult])? {
    guard let base = groups.baseAddress else { return nil }
    let list = RowList(rows: base, count: groups.count)
    return store.results(of: pane, list, window: start, schema)
  }
}

extension GroupTable {
  /// A group as an emission's place names it.
  func name(_ group: UInt32) -> EmissionPlace.Group {
    let (start, count) = key(group)
    return EmissionPlace.Group(
      hash: hash(group),
      key: start.map { Array(UnsafeBufferPointer(start: $0, count: count)) })
  }
}

extension WindowStore {
  /// The results of groups of a window: its keys, its bounds and its aggregates, and those among
  /// them that do not fit.
  func results(
    of pane: Pane, _ list: RowList, window: Int64, _ schema: Schema
  ) -> (batch: Batch, failed: [FailedResult]) {
    results(of: pane.states, list, pane.table, list, window: window, schema)
  }

  /// The same of groups of some states, whose keys are other groups of a table.
  func results(
    of states: [any AggregateState], _ list: RowList, _ table: GroupTable, _ keys: RowList,
    window: Int64, _ schema: Schema
  ) -> (batch: Batch, failed: [FailedResult]) {
    let end = grid.endMoment(window)
    var columns = layout.keyColumns(table, keys)
    columns.append(.repeating(grid.startMoment(window), .timestamp, list.count))
    columns.append(.repeating(end, .timestamp, list.count))
    var failed: [FailedResult] = []
    for (state, spec) in zip(states, configuration.aggregates) {
      let result = state.result(list)
      columns.append(result.column)
      failed += result.failed.map { FailedResult(row: $0, aggregate: spec.name) }
    }
    let batch = Batch(schema: schema, columns: columns, rowCount: list.count)
    batch.hidden.eventTimes = .repeating(end &- 1, .timestamp, list.count)
    batch.hidden.lanes = laneColumn(table, keys)
    batch.hidden.places = .repeating(0, .int, list.count)
    return (batch, failed)
  }

  /// The first window with rows that starts at `least` or later, and before `end`.
  func firstWindow(from least: Int64, before end: Int64) -> Int64? {
    grid.firstWindow(among: order, from: least, before: end)
  }

  /// The first window that takes rows when a watermark has come.
  func firstKept(_ watermark: Int64) -> Int64 {
    let isEnd = watermark >= .max / 2 || watermark <= .min / 2
    return grid.firstOpen(isEnd ? watermark : watermark &- configuration.refresh.allowance)
  }

  /// Whether a watermark closes a window that has rows. O(panes) at most.
  package func closesWindow(_ watermark: Timestamp) -> Bool {
    let firstOpen = grid.firstOpen(watermark.microseconds)
    guard let first = order.first else { return false }
    if grid.isTumbling { return first.slice < firstOpen }
    return order.contains { max(grid.firstWindow($0.slice), $0.from) < firstOpen }
  }

  /// Drops the slices that no window after the one at `start` holds.
  func dropSlices(before start: Int64) {
    while let key = order.first, grid.lastWindow(key.slice) <= start { drop(key) }
    if let next = order.first { blocks.forget(before: grid.number(ofSlice: next.slice)) }
    if order.isEmpty {
      blocks.removeAll()
      rolling?.removeAll()
    }
  }

  /// The lane of a result row: its key's hash, never negative.
  func laneColumn(_ table: GroupTable, _ groups: RowList) -> Column {
    let lanes = Column(fixed: .int, rowCount: groups.count)
    for i in 0..<groups.count {
      lanes.ints[i] = Int64(truncatingIfNeeded: table.hash(groups.rows[i]) >> 1)
    }
    return lanes
  }
}

extension WindowGrid {
  /// The first window with rows of one of these panes, in their order, that starts at `least` or
  /// later, and before `end`. O(panes) at most, and mostly O(1): the first pane is in the next
  /// window.
  func firstWindow(
    among keys: [PaneKey], from least: Int64, before end: Int64
  ) -> Int64? {
    var best = end
    for key in keys {
      // Those that follow begin no earlier.
      let first = firstWindow(key.slice)
      if best <= max(first, least) { break }
      var start = max(first, key.from, least)
      let last = lastWindow(key.slice)
      while start <= last, isSkipped(start) { start &+= slide }
      if start <= last { best = min(best, start) }
    }
    return best < end ? best : nil
  }
}

extension Column {
  static func repeating(_ value: Int64, _ type: DataType, _ count: Int) -> Column {
    let column = Column(fixed: type, rowCount: count)
    column.ints.update(repeating: value, count: count)
    return column
  }
}
