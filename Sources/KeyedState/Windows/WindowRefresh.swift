import Columns
import Schemas

/// What windows tell at one moment, batch by batch: for each group of a window whose result is new
/// the row that was told last, taken back, and the one that holds now.
///
/// Windows come in order of their starts, the groups of a window in order of their keys' hashes.
package final class WindowRefresh {
  /// One window, and its groups that may have changed.
  private struct Telling {
    let window: Int64
    /// Whether it has told a result before.
    let isTold: Bool
    let table: GroupTable
    var order: GroupOrder
    var place = 0
    /// The panes that hold its rows.
    let panes: [Pane]
    /// Those that held what it told before, and what has changed in them since.
    let past: [(pane: Pane, change: ChangedPane?)]
  }

  private let owner: RefreshingWindowStore
  private let changes: WindowChanges
  private var from = Int64.min
  private var telling: Telling?
  private let schema: Schema
  private let rowLimit: Int

  init(_ owner: RefreshingWindowStore, _ changes: WindowChanges, schema: Schema, rowLimit: Int) {
    self.owner = owner
    self.changes = changes
    self.schema = schema
    self.rowLimit = rowLimit
  }

  private var store: WindowStore { owner.settled }

  /// The next changes; nil when all are told, and what no window needs is freed.
  package func next() -> RunningChange? {
    while true {
      if telling == nil {
        guard let window = nextWindow() else {
          owner.free()
          return nil
        }
        from = window &+ store.grid.slide
        telling = begin(window)
      }
      guard let chunk = nextChunk() else {
        telling = nil
        continue
      }
      if let change = change(chunk) { return change }
    }
  }

  /// The next one that has rows to tell of: one that has closed now, or one that told a result
  /// before and has changed.
  private func nextWindow() -> Int64? {
    if let window = changes.firstWindow(store.grid, from: from) { return window }
    guard !changes.tellsEarly else { return nil }
    return store.firstWindow(from: max(from, changes.opened), before: store.closedBefore)
  }

  private func begin(_ window: Int64) -> Telling {
    let isTold = changes.tellsEarly || window < changes.opened
    let (settled, ahead, fresh) = (owner.settled, owner.ahead, owner.fresh)
    let keys = WindowStore.keys([settled, ahead, fresh].map { $0.slices(of: window) })
    let wasAhead = changes.hasToldAhead(window)
    var panes: [Pane] = []
    var past: [(pane: Pane, change: ChangedPane?)] = []
    var changed: [GroupTable] = []
    for key in keys {
      let pane = ahead.panes[key]
      panes += [settled.panes[key], pane, fresh.panes[key]].compactMap { $0 }
      if let pane = settled.panes[key] { past.append((pane, changes.settled[key])) }
      if wasAhead, let pane = changes.wasAhead[key] { past.append((pane, nil)) }
      if wasAhead, let pane { past.append((pane, changes.ahead[key])) }
      changed += [
        changes.settled[key]?.table, wasAhead ? changes.ahead[key]?.table : pane?.table,
        fresh.panes[key]?.table,
      ].compactMap { $0 }
    }
    let table = GroupTable.joined(isTold ? changed : panes.map(\.table))
    return Telling(
      window: window, isTold: isTold, table: table, order: GroupOrder(table), panes: panes,
      past: past)
  }

  private func nextChunk() -> [UInt32]? {
    guard let place = telling?.place, let count = telling?.order.count, place < count,
      let panes = telling?.panes
    else { return nil }
    let bound = panes.map { $0.states.rowBound(rowLimit, groups: max($0.groupCount, 1)) }
    // Twice as many rows, where each is told as it was and as it is.
    let end = min(place + max((bound.min() ?? rowLimit) / 2, 1), count)
    telling?.order.sort(to: end)
    telling?.place = end
    return telling.map { Array($0.order.groups[place..<end]) }
  }

  private func change(_ chunk: [UInt32]) -> RunningChange? {
    guard let telling else { return nil }
    let none = RunningResult(groups: [], rows: nil, failed: [:])
    return RunningChange(
      Array(0..<UInt32(chunk.count)),
      telling.isTold ? results(of: chunk, before(chunk, telling), telling) : none,
      results(of: chunk, now(chunk, telling), telling),
      comparedFrom: store.configuration.keys.count + 2, comparesTimes: false, hasTimes: true)
  }

  /// The results of groups, by their places in the chunk, of a pane that holds all of them.
  private func results(
    of chunk: [UInt32], _ whole: Pane, _ telling: Telling
  ) -> RunningResult {
    let found =
      whole.table === telling.table
      ? chunk : chunk.map { whole.table.group($0, of: telling.table) ?? GroupTable.missing }
    let places = chunk.indices.filter { found[$0] != GroupTable.missing }
    let groups = places.map { found[$0] }
    guard !groups.isEmpty else { return RunningResult(groups: [], rows: nil, failed: [:]) }
    return groups.withList { list in
      let result = store.results(of: whole, list, window: telling.window, schema)
      var failed: [Int: [String]] = [:]
      for failure in result.failed { failed[failure.row, default: []].append(failure.aggregate) }
      return RunningResult(
        groups: places.map { UInt32($0) }, rows: result.batch, failed: failed)
    }
  }

  /// All that there is of a window's groups, in one pane.
  private func now(_ chunk: [UInt32], _ telling: Telling) -> Pane {
    if telling.panes.count == 1 { return telling.panes[0] }
    let whole = store.makePane(PaneKey(slice: 0, from: .min))
    // Slice by slice in their order: sums of floats must come out as they did.
    for pane in telling.panes { add(chunk, telling.table, of: pane, to: whole) }
    return whole
  }

  /// All that there was of them before.
  private func before(_ chunk: [UInt32], _ telling: Telling) -> Pane {
    if telling.past.count == 1, let change = telling.past[0].change,
      change.table === telling.table
    {
      return change.before
    }
    let whole = store.makePane(PaneKey(slice: 0, from: .min))
    for (pane, change) in telling.past {
      guard let change else {
        add(chunk, telling.table, of: pane, to: whole)
        continue
      }
      let isChanged = chunk.map { change.table.group($0, of: telling.table) != nil }
      let split = zip(chunk, isChanged)
      add(split.filter(\.1).map(\.0), telling.table, of: change.before, to: whole)
      add(split.filter { !$0.1 }.map(\.0), telling.table, of: pane, to: whole)
    }
    return whole
  }

  private func add(_ groups: [UInt32], _ table: GroupTable, of pane: Pane, to whole: Pane) {
    store.add(pane, groups.compactMap { pane.table.group($0, of: table) }, to: whole)
  }
}
