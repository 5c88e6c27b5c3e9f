package import Columns
package import Schemas

/// The panes of a local phase on their way out as partial rows, batch by batch. A pane leaves the
/// store when its last row is out.
package final class PartialEmission {
  private let store: WindowStore
  private let schema: Schema
  private var keys: ArraySlice<PaneKey>
  private var place = 0
  private let rowLimit: Int

  /// Emission of the panes of which `watermark` closes a window; of all panes without watermark.
  package init(
    of store: WindowStore, watermark: Timestamp? = nil, rowLimit: Int = Batch.rowLimit
  ) {
    self.store = store
    self.rowLimit = rowLimit
    schema = store.layout.partialSchema
    let grid = store.grid
    let firstOpen = watermark.map { grid.firstOpen($0.microseconds) }
    keys =
      store.order.filter { key in
        firstOpen.map { max(grid.firstWindow(key.slice), key.from) < $0 } ?? true
      }[...]
  }

  /// The next partial rows; nil when all is out.
  package func next() -> Batch? {
    while let key = keys.first {
      guard let pane = store.panes[key], place < pane.groupCount else {
        store.drop(key)
        keys.removeFirst()
        place = 0
        continue
      }
      let bound = pane.states.rowBound(rowLimit, groups: pane.groupCount)
      let end = min(place + bound, pane.groupCount)
      let groups = Array(UInt32(place)..<UInt32(end))
      place = end
      return groups.withUnsafeBufferPointer { groups in
        groups.baseAddress.map {
          let list = RowList(rows: $0, count: groups.count)
          let columns = store.layout.partialColumns(key, pane.table, pane.states, list)
          let batch = Batch(schema: schema, columns: columns, rowCount: groups.count)
          batch.hidden.eventTimes = .repeating(
            store.grid.endMoment(store.grid.firstWindow(key.slice)) &- 1, .timestamp,
            groups.count)
          return batch
        }
      }
    }
    return nil
  }
}
