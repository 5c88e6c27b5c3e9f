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
/// Windows come in order of their ends, the groups of a window in order of their keys' hashes.
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
  }

  private let store: WindowStore
  private let schema: Schema
  /// Windows that start in here are still to be emitted. Each is found when it is its turn: where
  /// many overlap, their starts alone would be too many to hold.
  private var from: Int64
  private let firstOpen: Int64
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
    guard pane.groupCount > 0 else {
      store.dropSlices(before: complete.start)
      return .combining
    }
    emitting = Emitting(start: complete.start, pane: pane, order: GroupOrder(pane.table))
    return emit()
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
    let end = store.grid.endMoment(start)
    var columns = store.layout.keyColumns(pane.table, list)
    columns.append(.repeating(store.grid.startMoment(start), .timestamp, groups.count))
    columns.append(.repeating(end, .timestamp, groups.count))
    var failed: [FailedResult] = []
    for (state, spec) in zip(pane.states, store.configuration.aggregates) {
      let result = state.result(list)
      columns.append(result.column)
      failed += result.failed.map { FailedResult(row: $0, aggregate: spec.name) }
    }
    let batch = Batch(schema: schema, columns: columns, rowCount: groups.count)
    batch.hidden.eventTimes = .repeating(end &- 1, .timestamp, groups.count)
    batch.hidden.lanes = store.laneColumn(pane.table, list)
    batch.hidden.places = .repeating(0, .int, groups.count)
    return (batch, failed)
  }
}

extension WindowStore {
  /// The first window with rows that starts at `least` or later, and before `end`. O(panes) at
  /// most, and mostly O(1): the first pane is in the next window.
  func firstWindow(from least: Int64, before end: Int64) -> Int64? {
    var best = end
    for key in order {
      // Those that follow begin no earlier.
      let first = grid.firstWindow(key.slice)
      if best <= max(first, least) { break }
      let start = max(first, key.from, least)
      if start <= grid.lastWindow(key.slice) { best = min(best, start) }
    }
    return best < end ? best : nil
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

extension Column {
  static func repeating(_ value: Int64, _ type: DataType, _ count: Int) -> Column {
    let column = Column(fixed: type, rowCount: count)
    column.ints.update(repeating: value, count: count)
    return column
  }
}
