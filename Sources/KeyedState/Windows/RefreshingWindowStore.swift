package import Columns
package import Schemas

/// The windows of one operator on one worker, where results are told more than once: early, while
/// a window is open, or again, when rows come after it has closed.
///
/// The rows that told results hold are kept apart from those that came since. So what was told last
/// need not be kept: it is computed again from the former, to the last bit, when the latter are
/// added and the new result is told. Beside the panes of plain windows this costs no more than the
/// groups that have changed since their results were told.
///
/// Where open windows tell at moments, one that closes between two of them tells before the others
/// that share its slices. If it takes late rows, what it told must be known still, and what they
/// told too: rows that it alone has told stand in panes of their own until the next moment.
///
/// Not thread-safe; snapshots are immutable.
package final class RefreshingWindowStore {
  private static let settledName = "panes"
  private static let aheadName = "ahead"
  private static let freshName = "fresh"
  private static let moment = StateDeclaration(
    name: "moment", kind: .replicated, schema: WindowProgress.declaration.schema, keyColumns: 0)

  /// The rows that told results hold, and those of windows that have told none.
  let settled: WindowStore
  /// The rows that windows which have closed since the last moment have told beside the settled
  /// ones, and others have not.
  let ahead: WindowStore
  /// The rows that came for windows since these told a result; all rows where they tell early.
  let fresh: WindowStore
  private let rule: WindowRefreshRule
  package private(set) var watermark = Timestamp.beginning
  /// The last moment at which open windows told, by the grid's clock. Not the watermark that passed
  /// it, which may be another one on each worker.
  private var lastMoment = Timestamp.beginning

  /// Fails with the name of an aggregate that this build cannot compute.
  package init(_ configuration: WindowStore.Configuration) throws(UnknownAggregate) {
    settled = try WindowStore(configuration)
    ahead = try WindowStore(configuration)
    fresh = try WindowStore(configuration)
    rule = configuration.refresh
  }

  private var grid: WindowGrid { settled.grid }

  var stores: [WindowStore] { [settled, ahead, fresh] }

  /// Groups in all panes.
  package var groupCount: Int { stores.reduce(0) { $0 + $1.groupCount } }

  /// Merges partial rows; returns how many came after all windows of their slice were gone, which
  /// an upstream that keeps to its watermark never sends.
  package func merge(_ batch: Batch) -> Int {
    let closed = settled.closedBefore
    let kept = settled.firstKept(watermark.microseconds)
    let grid = self.grid
    guard !rule.isEarly else {
      return fresh.merge(batch) { grid.lastWindow($0.slice) >= kept }
    }
    let others = settled.merge(batch) { max(grid.firstWindow($0.slice), $0.from) >= closed }
    guard others > 0 else { return 0 }
    let rest = fresh.merge(batch) { key in
      max(grid.firstWindow(key.slice), key.from) < closed && grid.lastWindow(key.slice) >= kept
    }
    return others - (batch.selectedCount - rest)
  }

  /// What is to be told now that the watermark has come to a time; nil if nothing is. All of it
  /// must be told before anything else happens to the store.
  package func advance(
    to time: Timestamp, schema: Schema, rowLimit: Int = Batch.rowLimit
  ) -> WindowRefresh? {
    guard time > watermark else { return nil }
    let before = watermark
    let gone = settled.firstKept(before.microseconds)
    watermark = time
    let opened = settled.closedBefore
    let firstOpen = grid.firstOpen(time.microseconds)
    let kept = settled.firstKept(time.microseconds)
    for store in stores { store.closedBefore = firstOpen }
    var changes = WindowChanges(
      aheadFrom: rule.isEarly ? grid.firstOpen(clock: lastMoment.microseconds) : opened,
      opened: opened, tellsEarly: rule.isEarly)
    let isMoment = !rule.isEarly || settled.passesMoment(before, time)
    if isMoment && rule.isEarly { lastMoment = settled.lastMoment(time) }
    changes.spans = spans(changes, gone: gone, kept: kept, firstOpen, isMoment)
    guard tells(changes, isMoment, before: firstOpen) else {
      free(before: kept)
      return nil
    }
    if isMoment {
      for key in changedKeys {
        changes.wasAhead[key] = ahead.panes[key]
        changes.settled[key] = move(key, from: [ahead, fresh], to: settled)
      }
    } else {
      let from = max(changes.aheadFrom, kept)
      for key in fresh.order
      where grid.firstWindow(among: [key], from: from, before: firstOpen) != nil {
        changes.ahead[key] = move(key, from: [fresh], to: ahead)
      }
    }
    return WindowRefresh(self, changes, schema: schema, rowLimit: rowLimit)
  }

  /// The panes whose rows not all windows have told.
  private var changedKeys: [PaneKey] { WindowStore.keys([ahead.order, fresh.order]) }

  /// Which windows tell if rows have changed them: those that close; all others at a moment, at any
  /// other time those that leave what is kept, and those that have closed since the last moment, as
  /// the ones that close now take the rows of slices which they share. Those that were gone before
  /// have told of rows that wait for others still.
  ///
  /// What was ahead is settled at a moment. Then the windows that have told it tell again: added in
  /// another order, sums of floats are others.
  private func spans(
    _ changes: WindowChanges, gone: Int64, kept: Int64, _ firstOpen: Int64, _ isMoment: Bool
  ) -> [WindowChanges.Span] {
    let (from, opened) = (changes.aheadFrom, changes.opened)
    guard rule.isEarly else { return [.init(keys: fresh.order, from: .min, end: opened)] }
    let keys = changedKeys
    return [
      .init(keys: keys, from: gone, end: min(isMoment ? .max : kept, from)),
      .init(keys: isMoment ? keys : fresh.order, from: max(gone, from), end: opened),
      .init(keys: keys, from: max(opened, from), end: isMoment ? .max : firstOpen),
    ]
  }

  /// Whether anything is told or, at a moment, what some windows have told is to be settled.
  private func tells(
    _ changes: WindowChanges, _ isMoment: Bool, before firstOpen: Int64
  ) -> Bool {
    guard rule.isEarly else {
      return !fresh.isEmpty
        || settled.firstWindow(from: changes.opened, before: firstOpen) != nil
    }
    if isMoment { return !ahead.isEmpty || !fresh.isEmpty }
    return changes.firstWindow(grid, from: .min) != nil
  }

  /// Adds the rows of a pane in some stores to those in another, and remembers what was there of
  /// the groups that they change.
  private func move(
    _ key: PaneKey, from sources: [WindowStore], to store: WindowStore
  ) -> ChangedPane? {
    let panes = sources.compactMap { $0.panes[key] }
    guard !panes.isEmpty else { return nil }
    for source in sources { source.drop(key) }
    let table = GroupTable.joined(panes.map(\.table))
    let groups = Array(0..<UInt32(table.count))
    let target = store.pane(key)
    let before = store.makePane(key)
    store.add(target, groups.compactMap { target.table.group($0, of: table) }, to: before)
    for pane in panes { store.add(pane, Array(0..<UInt32(pane.groupCount)), to: target) }
    let added = groups.compactMap { target.table.group($0, of: table) }
    if !added.isEmpty { added.withList { target.markDirty($0.rows, $0.count) } }
    return ChangedPane(table: table, before: before)
  }

  /// Frees what no window needs any more.
  func free(before kept: Int64) {
    for store in stores {
      while let key = store.order.first, grid.lastWindow(key.slice) < kept { store.drop(key) }
    }
  }

  /// Frees the panes of windows that take no more rows.
  func free() { free(before: settled.firstKept(watermark.microseconds)) }
}

extension RefreshingWindowStore {
  package var declarations: [StateDeclaration] {
    [
      settled.declaration(Self.settledName), ahead.declaration(Self.aheadName),
      fresh.declaration(Self.freshName), WindowProgress.declaration, Self.moment,
    ]
  }

  /// `writesTime`: it also holds the watermark, which is the same on all workers.
  package func snapshot(full: Bool, writesTime: Bool) -> any StateSnapshot {
    let moment = StateBlock(
      state: Self.moment.name, scope: .whole, rows: WindowProgress.block(lastMoment).rows)
    return JoinedSnapshot(
      [
        settled.snapshot(Self.settledName, full: full),
        ahead.snapshot(Self.aheadName, full: full),
        fresh.snapshot(Self.freshName, full: full),
      ], blocks: writesTime ? [WindowProgress.block(watermark), moment] : [], isDelta: !full)
  }

  package func restore(_ block: StateBlock) {
    switch block.state {
    case Self.settledName: settled.restore(block.rows)
    case Self.aheadName: ahead.restore(block.rows)
    case Self.freshName: fresh.restore(block.rows)
    case WindowProgress.declaration.name:
      watermark = max(watermark, WindowProgress.watermark(block.rows))
    case Self.moment.name:
      lastMoment = max(lastMoment, WindowProgress.watermark(block.rows))
    default: break
    }
  }

  /// Ends a restore. The next snapshot must be full.
  package func finishRestore() {
    for store in stores {
      store.restoreProgress(watermark)
      store.finishRestore()
    }
  }
}
