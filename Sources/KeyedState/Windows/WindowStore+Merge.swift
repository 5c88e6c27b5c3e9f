package import Columns
package import Schemas

extension WindowStore {
  /// Merges partial rows into their panes; returns how many came after all windows of their slice
  /// had closed, which an upstream that keeps to its watermark never sends.
  package func merge(_ batch: Batch, watermark: Timestamp) -> Int {
    let firstOpen = grid.firstOpen(watermark.microseconds)
    return merge(batch) { self.grid.lastWindow($0.slice) >= firstOpen }
  }

  /// Merges partial rows into those of their panes that are for this store; returns how many are
  /// not.
  func merge(_ batch: Batch, where isMine: (PaneKey) -> Bool) -> Int {
    guard batch.selectedCount > 0 else { return 0 }
    let list = RowList(
      rows: batch.selection.map { UnsafePointer($0.rows) }
        ?? work.identity.first(batch.rowCount),
      count: batch.selectedCount)
    let grouped = panes(of: batch, list, isOpen: isMine)
    let keyCount = configuration.keys.count
    let keys = keys(
      Array(batch.columns[..<keyCount]), list, rowCount: batch.rowCount,
      selection: batch.selection)
    let parts = partColumns(batch)
    var start = 0
    for (key, end) in zip(grouped.keys, grouped.ends) {
      let part = RowList(rows: UnsafePointer(work.rows.base + start), count: end - start)
      let pane = pane(key)
      let groups = work.groups.reserve(part.count)
      keys.find(pane, part, into: groups)
      if configuration.tracksChanges { pane.markDirty(UnsafePointer(groups), part.count) }
      let rows = GroupRows(groups: UnsafePointer(groups), rows: part.rows, count: part.count)
      for (state, columns) in zip(pane.states, parts) { state.merge(rows, columns) }
      start = end
    }
    return list.count - start
  }

  /// Replaces, or removes where the row kind says so, the groups of a restored block. O(rows).
  package func restore(_ batch: Batch) {
    let batch = batch.gathered()
    let list = RowList(rows: work.identity.first(batch.rowCount), count: batch.rowCount)
    let kinds = batch.hidden.rowKinds?.ints
    let grouped = panes(of: batch, list) { _ in true }
    let keyCount = configuration.keys.count
    let keys = keys(
      Array(batch.columns[..<keyCount]), list, rowCount: batch.rowCount, selection: nil)
    let parts = partColumns(batch)
    var start = 0
    for (key, end) in zip(grouped.keys, grouped.ends) {
      let part = RowList(rows: UnsafePointer(work.rows.base + start), count: end - start)
      let pane = pane(key)
      let before = pane.groupCount
      let groups = work.groups.reserve(part.count)
      keys.find(pane, part, into: groups)
      for i in 0..<part.count {
        let group = groups[i]
        if Int(group) < before { for state in pane.states { state.clear(group) } }
        if kinds.map({ $0[Int(part.rows[i])] == RowKind.delete.rawValue }) ?? false {
          pane.removed.insert(group)
          continue
        }
        pane.removed.remove(group)
        let one = GroupRows(groups: groups + i, rows: part.rows + i, count: 1)
        for (state, columns) in zip(pane.states, parts) { state.merge(one, columns) }
      }
      start = end
    }
  }

  /// Ends a restore: drops what deltas removed. The next snapshot must be full.
  package func finishRestore() {
    for key in order {
      guard let pane = panes[key], !pane.removed.isEmpty else { continue }
      drop(key)
      if pane.removed.count < pane.groupCount { rebuild(pane) }
    }
    dropped.removeAll()
  }

  /// The pane anew, without its removed groups.
  private func rebuild(_ old: Pane) {
    let kept = (0..<UInt32(old.groupCount)).filter { !old.removed.contains($0) }
    add(old, kept, to: pane(old.key))
  }

  /// Merges groups of one pane into another. O(groups).
  func add(_ source: Pane, _ groups: [UInt32], to target: Pane) {
    let found = target.table.find(groups, of: source.table)
    target.grow()
    source.states.merge(groups, of: source.groupCount, into: target.states, found)
  }

  /// The columns of each aggregate's parts.
  private func partColumns(_ batch: Batch) -> [[Column]] {
    var next = layout.partialHead
    return configuration.aggregates.map { aggregate in
      let count = aggregate.partialFields.count
      defer { next += count }
      return batch.columns[next..<(next + count)].map { $0.withFixedValues() }
    }
  }

  /// Partitions rows by pane into `work.rows`; rows whose pane is not open come to no pane.
  private func panes(
    of batch: Batch, _ list: RowList, isOpen: (PaneKey) -> Bool
  ) -> (keys: [PaneKey], ends: [Int]) {
    let keyCount = configuration.keys.count
    let slices = batch.columns[keyCount].ints
    let from = grid.isTumbling ? nil : batch.columns[keyCount + 1]
    let targets = work.targets.reserve(list.count)
    var keys: [PaneKey] = []
    var places: [PaneKey: UInt32] = [:]
    var last = PaneKey(slice: .min, from: .max)
    var lastTarget = UInt32.max
    for i in 0..<list.count {
      let row = Int(list.rows[i])
      var key = PaneKey(slice: slices[row], from: .min)
      if let from, from.isValid(row) { key.from = from.ints[row] }
      if key != last {
        last = key
        if let place = places[key] {
          lastTarget = place
        } else if isOpen(key) {
          lastTarget = UInt32(keys.count)
          places[key] = lastTarget
          keys.append(key)
        } else {
          lastTarget = .max
        }
      }
      targets[i] = lastTarget
    }
    let rows = work.rows.reserve(list.count)
    let ends = partition(list, UnsafePointer(targets), count: keys.count, into: rows)
    return (keys, ends)
  }
}

extension [any AggregateState] {
  /// Merges groups, of which the states have `count`, into those of other states. O(groups).
  func merge(_ groups: [UInt32], of count: Int, into targets: Self, _ found: [UInt32]) {
    let bound = rowBound(Batch.rowLimit, groups: count)
    let numbers = [UInt32](0..<UInt32(Swift.min(bound, groups.count)))
    for start in stride(from: 0, to: groups.count, by: bound) {
      let part = start..<Swift.min(start + bound, groups.count)
      groups[part].withUnsafeBufferPointer { from in
        found[part].withUnsafeBufferPointer { to in
          numbers.withUnsafeBufferPointer { rows in
            guard let a = from.baseAddress, let b = to.baseAddress, let c = rows.baseAddress
            else { return }
            let list = RowList(rows: a, count: from.count)
            let merged = GroupRows(groups: b, rows: c, count: from.count)
            for (from, to) in zip(self, targets) { to.merge(merged, from.partials(list)) }
          }
        }
      }
    }
  }
}
