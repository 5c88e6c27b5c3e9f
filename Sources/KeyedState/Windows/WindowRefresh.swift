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
    /// What changed in them.
    let changes: [PaneKey: ChangedPane]
  }

  private let owner: RefreshingWindowStore
  private let changed: [ChangedPane]
  private let keys: [PaneKey]
  /// Windows that start before it told a result when they closed; nil: all tell early.
  private let told: Int64?
  private var from = Int64.min
  private var telling: Telling?
  private let schema: Schema
  private let rowLimit: Int

  init(
    _ owner: RefreshingWindowStore, _ changed: [ChangedPane], told: Int64?, schema: Schema,
    rowLimit: Int
  ) {
    self.owner = owner
    self.changed = changed
    keys = changed.map(\.key)
    self.told = told
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
    let grid = store.grid
    guard let told else { return grid.firstWindow(among: keys, from: from, before: .max) }
    let again = grid.firstWindow(among: keys, from: from, before: told)
    return again ?? store.firstWindow(from: max(from, told), before: store.closedBefore)
  }

  private func begin(_ window: Int64) -> Telling {
    let isTold = told.map { window < $0 } ?? true
    let held = store.slices(of: window)
    let mine = changed.filter { change in held.contains { $0.key == change.key } }
    let tables = isTold ? mine.map(\.table) : held.map(\.table)
    var table = tables.first ?? GroupTable()
    if tables.count > 1 {
      table = GroupTable()
      for other in tables {
        for group in 0..<UInt32(other.count) { _ = table.find(group, of: other) }
      }
    }
    var changes: [PaneKey: ChangedPane] = [:]
    for change in mine { changes[change.key] = change }
    return Telling(
      window: window, isTold: isTold, table: table, order: GroupOrder(table), panes: held,
      changes: changes)
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
    if telling.panes.count == 1, let change = telling.changes[telling.panes[0].key] {
      return change.before
    }
    let whole = store.makePane(PaneKey(slice: 0, from: .min))
    for pane in telling.panes {
      guard let change = telling.changes[pane.key] else {
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

extension WindowStore {
  /// The panes that hold rows of a window, in their order.
  func slices(of window: Int64) -> [Pane] {
    let first = place(of: PaneKey(slice: grid.start(window), from: .min))
    let keys = order[first...].prefix { $0.slice < grid.end(window) }
    return keys.filter { $0.from <= window }.compactMap { panes[$0] }
  }
}
