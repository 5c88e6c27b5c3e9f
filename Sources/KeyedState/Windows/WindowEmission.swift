package import Columns
package import Schemas

/// A value that an aggregate's type cannot hold.
package struct FailedResult {
  /// In the emitted batch.
  package let row: Int
  package let aggregate: String
}

/// What closing windows puts out, batch by batch, so that it can stop wherever credit ends.
///
/// Windows come in order of their ends, the groups of a window in order of their keys' hashes.
package final class WindowEmission {
  private let store: WindowStore
  private let schema: Schema
  /// Starts of the windows still to be emitted.
  private var starts: ArraySlice<Int64>
  private var current: (start: Int64, pane: Pane, order: GroupOrder)?
  private var place = 0
  private let rowLimit: Int

  /// Emission of all windows of the store whose end `watermark` has reached; nil if there is none.
  /// `schema` has the keys, `window_start`, `window_end`, the aggregates.
  package init?(
    closing store: WindowStore, watermark: Timestamp, schema: Schema,
    rowLimit: Int = Batch.rowLimit
  ) {
    let starts = store.closeWindows(watermark)
    guard !starts.isEmpty else { return nil }
    self.store = store
    self.schema = schema
    self.starts = starts[...]
    self.rowLimit = rowLimit
  }

  /// The next rows, and those among them whose value does not fit; nil when all is out.
  package func next() -> (batch: Batch, failed: [FailedResult])? {
    while current == nil {
      guard let start = starts.popFirst() else { return nil }
      let pane = store.window(start)
      if pane.groupCount > 0 {
        current = (start, pane, GroupOrder(pane.table))
      } else {
        store.dropSlices(before: start)
      }
      place = 0
    }
    guard let (start, pane, sorted) = current else { return nil }
    var order = sorted
    let end = min(place + rowLimit, order.count)
    current = nil
    order.sort(to: end)
    let result = order.groups[place..<end].withUnsafeBufferPointer { groups in
      batch(pane, groups, start)
    }
    place = end
    if end < order.count {
      current = (start, pane, order)
    } else {
      store.dropSlices(before: start)
    }
    return result
  }

  private func batch(
    _ pane: Pane, _ groups: UnsafeBufferPointer<UInt32>, _ start: Int64
  ) -> (batch: Batch, failed: [FailedResult])? {
    guard let base = groups.baseAddress else { return nil }
    let list = RowList(rows: base, count: groups.count)
    let end = store.grid.end(start)
    var columns = store.layout.keyColumns(pane.table, list)
    columns.append(.repeating(start, .timestamp, groups.count))
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
    batch.hidden.places = .repeating(start, .int, groups.count)
    return (batch, failed)
  }
}

extension WindowStore {
  /// Starts of the windows with rows that a watermark closes, ascending; from then on they count as
  /// emitted.
  func closeWindows(_ watermark: Timestamp) -> [Int64] {
    var starts: Set<Int64> = []
    let firstOpen = grid.firstOpen(watermark.microseconds)
    guard firstOpen > closedBefore else { return [] }
    defer { closedBefore = firstOpen }
    for key in order {
      let last = min(grid.lastWindow(key.slice), firstOpen &- 1)
      var start = max(grid.firstWindow(key.slice), key.from, closedBefore)
      while start <= last {
        starts.insert(start)
        start += grid.slide
      }
    }
    return starts.sorted()
  }

  /// Whether a watermark closes a window that has rows. O(panes) at most.
  package func closesWindow(_ watermark: Timestamp) -> Bool {
    let firstOpen = grid.firstOpen(watermark.microseconds)
    guard let first = order.first else { return false }
    if grid.isTumbling { return first.slice < firstOpen }
    return order.contains { max(grid.firstWindow($0.slice), $0.from) < firstOpen }
  }

  /// All groups of a window: its pane, or its slices merged.
  func window(_ start: Int64) -> Pane {
    if grid.isTumbling { return pane(PaneKey(slice: start, from: .min)) }
    let combined = makePane(PaneKey(slice: start, from: .min))
    for key in order[place(of: PaneKey(slice: start, from: .min))...] {
      guard key.slice < grid.end(start) else { break }
      guard key.from <= start, let pane = panes[key] else { continue }
      add(pane, Array(0..<UInt32(pane.groupCount)), to: combined)
    }
    return combined
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
