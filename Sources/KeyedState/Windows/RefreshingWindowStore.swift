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
/// Not thread-safe; snapshots are immutable.
package final class RefreshingWindowStore {
  private static let settledName = "panes"
  private static let freshName = "fresh"

  /// The rows that told results hold, and those of windows that have told none.
  let settled: WindowStore
  /// The rows that came for windows since these told a result; all rows where they tell early.
  let fresh: WindowStore
  private let rule: WindowRefreshRule
  package private(set) var watermark = Timestamp.beginning

  /// Fails with the name of an aggregate that this build cannot compute.
  package init(_ configuration: WindowStore.Configuration) throws(UnknownAggregate) {
    settled = try WindowStore(configuration)
    fresh = try WindowStore(configuration)
    rule = configuration.refresh
  }

  private var grid: WindowGrid { settled.grid }

  /// Groups in all panes.
  package var groupCount: Int { settled.groupCount + fresh.groupCount }

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
    watermark = time
    let opened = settled.closedBefore
    let firstOpen = grid.firstOpen(time.microseconds)
    let kept = settled.firstKept(time.microseconds)
    let isTold = tells(before, opened, firstOpen, kept)
    settled.closedBefore = firstOpen
    fresh.closedBefore = firstOpen
    guard isTold else {
      free(before: kept)
      return nil
    }
    let changed = fresh.order.compactMap { settle($0) }
    return WindowRefresh(
      self, changed, told: rule.isEarly ? nil : opened, schema: schema, rowLimit: rowLimit)
  }

  /// Whether results are told: of windows that close; of others at their moments where they tell
  /// early, else as soon as rows have changed them; and in any case before windows are gone.
  private func tells(
    _ before: Timestamp, _ opened: Int64, _ firstOpen: Int64, _ kept: Int64
  ) -> Bool {
    guard rule.isEarly else {
      return !fresh.isEmpty || settled.firstWindow(from: opened, before: firstOpen) != nil
    }
    if fresh.isEmpty { return false }
    return fresh.passesMoment(before, watermark)
      || fresh.firstWindow(from: opened, before: firstOpen) != nil
      || fresh.firstWindow(from: .min, before: kept) != nil
  }

  /// Adds the fresh rows of a pane to the settled ones, and remembers what was there of the groups
  /// that they change.
  private func settle(_ key: PaneKey) -> ChangedPane? {
    guard let pane = fresh.panes[key] else { return nil }
    fresh.drop(key)
    let groups = Array(0..<UInt32(pane.groupCount))
    let target = settled.pane(key)
    let before = settled.makePane(key)
    settled.add(target, groups.compactMap { target.table.group($0, of: pane.table) }, to: before)
    settled.add(pane, groups, to: target)
    let added = groups.compactMap { target.table.group($0, of: pane.table) }
    if !added.isEmpty { added.withList { target.markDirty($0.rows, $0.count) } }
    return ChangedPane(key: key, table: pane.table, before: before)
  }

  /// Frees what no window needs any more.
  func free(before kept: Int64) {
    while let key = settled.order.first, grid.lastWindow(key.slice) < kept { settled.drop(key) }
  }

  /// Frees the panes of windows that take no more rows.
  func free() { free(before: settled.firstKept(watermark.microseconds)) }
}

/// A pane to which rows were added.
struct ChangedPane {
  let key: PaneKey
  /// The groups that changed.
  let table: GroupTable
  /// What there was of them before.
  let before: Pane
}

extension RefreshingWindowStore {
  package var declarations: [StateDeclaration] {
    [
      settled.declaration(Self.settledName), fresh.declaration(Self.freshName),
      WindowProgress.declaration,
    ]
  }

  /// `writesTime`: it also holds the watermark, which is the same on all workers.
  package func snapshot(full: Bool, writesTime: Bool) -> any StateSnapshot {
    JoinedSnapshot(
      [
        settled.snapshot(Self.settledName, full: full),
        fresh.snapshot(Self.freshName, full: full),
      ], blocks: writesTime ? [WindowProgress.block(watermark)] : [], isDelta: !full)
  }

  package func restore(_ block: StateBlock) {
    switch block.state {
    case Self.settledName: settled.restore(block.rows)
    case Self.freshName: fresh.restore(block.rows)
    case WindowProgress.declaration.name:
      watermark = max(watermark, WindowProgress.watermark(block.rows))
    default: break
    }
  }

  /// Ends a restore. The next snapshot must be full.
  package func finishRestore() {
    for store in [settled, fresh] {
      store.restoreProgress(watermark)
      store.finishRestore()
    }
  }
}
