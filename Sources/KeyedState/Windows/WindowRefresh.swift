import Columns
import Schemas

/// What windows tell at one moment, batch by batch: for each group of a window whose result is new
/// the row that was told last, taken back, and the one that holds now.
///
/// Keys come in order of their hashes, some at a time; of these windows come in order of their
/// starts. What their keys come to is worked out for windows that overlap together.
package final class WindowRefresh {
  /// Windows whose sums are held at a time.
  private static let windowLimit = 512
  /// Sums of keys that are held at a time, one for each slice of a window.
  private static let sumLimit = 1 << 17

  /// Some keys, by their places, and their windows in turn.
  private struct Keys {
    let table: GroupTable
    /// Windows that start earlier are told, or stand in `windows`.
    var from = Int64.min
    var overlapping: OverlappingWindows?
    var windows: ArraySlice<Int64> = []
    var changes: ArraySlice<RunningChange> = []
  }

  private let owner: RefreshingWindowStore
  private let changes: WindowChanges
  private let schema: Schema
  private let rowLimit: Int
  /// All keys that may have something to tell.
  private let table: GroupTable
  private var order: GroupOrder
  private var place = 0
  private var keys: Keys?

  init(_ owner: RefreshingWindowStore, _ changes: WindowChanges, schema: Schema, rowLimit: Int) {
    self.owner = owner
    self.changes = changes
    self.schema = schema
    self.rowLimit = rowLimit
    table = owner.keys(telling: changes)
    order = GroupOrder(table)
  }

  private var store: WindowStore { owner.settled }
  private var grid: WindowGrid { store.grid }

  /// The next changes; nil when all are told, and what no window needs is freed.
  package func next() -> RunningChange? {
    while true {
      if let change = keys?.changes.popFirst() { return change }
      if let window = keys?.windows.popFirst() {
        tell(window)
      } else if keys == nil || !overlap() {
        guard beginKeys() else {
          owner.free()
          return nil
        }
      }
    }
  }

  /// Takes the next keys; whether there are any.
  private func beginKeys() -> Bool {
    keys = nil
    guard place < order.count else { return false }
    // Twice as many rows, where each is told as it was and as it is.
    let sums = max(Self.sumLimit / Int(clamping: grid.sliceCount), 32)
    let limit = max(min(owner.rowBound(rowLimit) / 2, sums), 1)
    let end = min(place + limit, order.count)
    order.sort(to: end)
    let some = GroupTable()
    for group in order.groups[place..<end] { _ = some.find(group, of: table) }
    place = end
    keys = Keys(table: some)
    return true
  }

  /// Takes the next windows that have a slice in common; whether there are any.
  private func overlap() -> Bool {
    guard let keys, let first = window(from: keys.from) else { return false }
    let kind = (isTold(first), changes.hasToldAhead(first), grid.pivot(of: first))
    var windows = [first]
    var from = first &+ grid.slide
    while windows.count < Self.windowLimit, let next = window(from: from),
      (isTold(next), changes.hasToldAhead(next), grid.pivot(of: next)) == kind
    {
      windows.append(next)
      from = next &+ grid.slide
    }
    self.keys?.from = from
    let end = windows.last.map { grid.end($0) } ?? .min
    let slices = owner.slices(from: grid.start(first), to: end).compactMap {
      owner.slice($0, of: keys.table, changes, wasAhead: kind.1)
    }
    if kind.0, slices.allSatisfy(\.changed.isEmpty) { return true }
    self.keys?.windows = windows[...]
    self.keys?.overlapping = OverlappingWindows(
      store, slices, count: keys.table.count, windows: windows)
    return true
  }

  /// The next window that has rows to tell of: one that has closed now, or one that told a result
  /// before and has changed.
  private func window(from: Int64) -> Int64? {
    if let window = changes.firstWindow(grid, from: from) { return window }
    guard !changes.tellsEarly else { return nil }
    return store.firstWindow(from: max(from, changes.opened), before: store.closedBefore)
  }

  /// Whether a window has told a result before.
  private func isTold(_ window: Int64) -> Bool { changes.tellsEarly || window < changes.opened }

  private func tell(_ window: Int64) {
    guard let keys else { return }
    let isTold = isTold(window)
    var places =
      isTold
      ? keys.overlapping?.changed(in: window) ?? [] : Array(0..<UInt32(keys.table.count))
    guard !places.isEmpty,
      let totals = self.keys?.overlapping?.totals(of: window, places)
    else { return }
    if !isTold { places = places.filter { totals.now.has($0) } }
    let bound = min(totals.now.rowBound(rowLimit), totals.before.rowBound(rowLimit))
    let step = max(bound / 2, 1)
    let found = stride(from: 0, to: places.count, by: step).compactMap { start -> RunningChange? in
      let some = Array(places[start..<min(start + step, places.count)])
      let results = { (totals: KeyTotals) in
        totals.results(at: some, keys.table, window: window, self.schema)
      }
      let none = RunningResult(groups: [], rows: nil, failed: [:])
      return RunningChange(
        some, isTold ? results(totals.before) : none, results(totals.now),
        comparedFrom: store.configuration.keys.count + 2, comparesTimes: false, hasTimes: true)
    }
    self.keys?.changes = found[...]
  }
}

extension RefreshingWindowStore {
  /// The keys that may have something to tell.
  fileprivate func keys(telling changes: WindowChanges) -> GroupTable {
    let grid = settled.grid
    var tables: [GroupTable] = []
    var known: Set<PaneKey> = []
    for span in changes.spans {
      for key in span.keys
      where grid.firstWindow(among: [key], from: span.from, before: span.end) != nil
        && known.insert(key).inserted
      {
        tables += [
          changes.settled[key]?.table, ahead.panes[key]?.table, fresh.panes[key]?.table,
        ].compactMap { $0 }
      }
    }
    if !changes.tellsEarly {
      let (from, end) = (changes.opened, settled.closedBefore)
      for key in settled.order
      where grid.firstWindow(among: [key], from: from, before: end) != nil {
        tables += [settled.panes[key]?.table].compactMap { $0 }
      }
    }
    return GroupTable.joined(tables)
  }

  /// How many rows of results make a batch; of `limit` where values are small.
  fileprivate func rowBound(_ limit: Int) -> Int {
    stores.reduce(limit) { bound, store in
      store.panes.values.reduce(bound) {
        min($0, $1.states.rowBound(limit, groups: max($1.groupCount, 1)))
      }
    }
  }

  /// The slices of a time that have rows.
  fileprivate func slices(from start: Int64, to end: Int64) -> [PaneKey] {
    WindowStore.keys(stores.map { Array($0.slices(from: start, to: end)) })
  }

  /// What a slice holds of some keys; nil if it is nothing. `wasAhead`: windows have told what was
  /// ahead.
  fileprivate func slice(
    _ key: PaneKey, of keys: GroupTable, _ changes: WindowChanges, wasAhead: Bool
  ) -> ToldSlice? {
    let panes = stores.map { $0.panes[key] }
    let now = panes.compactMap { pane in pane.flatMap { KeyPart($0, of: keys) } }
    let ahead = wasAhead ? changes.ahead[key] : nil
    let tables = [
      changes.settled[key]?.table, wasAhead ? ahead?.table : panes[1]?.table, panes[2]?.table,
    ].compactMap { $0 }
    let changed =
      tables.isEmpty
      ? []
      : (0..<UInt32(keys.count)).filter { place in
        tables.contains { $0.group(place, of: keys) != nil }
      }
    guard !changed.isEmpty else {
      return now.isEmpty ? nil : ToldSlice(key: key, now: now, before: now, changed: [])
    }
    var before = parts(panes[0], changes.settled[key], of: keys)
    if wasAhead {
      before += [changes.wasAhead[key].flatMap { KeyPart($0, of: keys) }].compactMap { $0 }
      before += parts(panes[1], ahead, of: keys)
    }
    return ToldSlice(key: key, now: now, before: before, changed: changed)
  }

  /// What a pane held of some keys before it changed.
  private func parts(
    _ pane: Pane?, _ change: ChangedPane?, of keys: GroupTable
  ) -> [KeyPart] {
    guard let change else { return [pane.flatMap { KeyPart($0, of: keys) }].compactMap { $0 } }
    let unchanged = pane.flatMap { pane in
      KeyPart(pane, of: keys) { change.table.group($0, of: keys) == nil }
    }
    return [KeyPart(change.before, of: keys), unchanged].compactMap { $0 }
  }
}
