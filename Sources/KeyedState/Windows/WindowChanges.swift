/// What an advance of time changes of windows that tell more than once, and which of them tell.
struct WindowChanges {
  /// Windows in a range, of which those tell that hold a slice that has changed.
  struct Span {
    let keys: [PaneKey]
    let from: Int64
    let end: Int64
  }

  /// Windows from it to `opened` have told what was ahead, too.
  let aheadFrom: Int64
  /// The first window that was open before.
  let opened: Int64
  /// Whether all windows may have told before, not only those that have closed.
  let tellsEarly: Bool
  /// In their order.
  var spans: [Span] = []
  /// The settled panes to which rows were added.
  var settled: [PaneKey: ChangedPane] = [:]
  /// The panes ahead to which rows were added.
  var ahead: [PaneKey: ChangedPane] = [:]
  /// The panes that were ahead and are settled now.
  var wasAhead: [PaneKey: Pane] = [:]

  func firstWindow(_ grid: WindowGrid, from: Int64) -> Int64? {
    for span in spans {
      let least = max(from, span.from)
      guard least < span.end else { continue }
      if let window = grid.firstWindow(among: span.keys, from: least, before: span.end) {
        return window
      }
    }
    return nil
  }

  /// Whether a window has told what was ahead.
  func hasToldAhead(_ window: Int64) -> Bool {
    tellsEarly && aheadFrom <= window && window < opened
  }
}

/// A pane to which rows were added.
struct ChangedPane {
  /// The groups that changed.
  let table: GroupTable
  /// What there was of them before.
  let before: Pane
}

extension GroupTable {
  /// The groups of all tables.
  static func joined(_ tables: [GroupTable]) -> GroupTable {
    if tables.count == 1 { return tables[0] }
    let joined = GroupTable()
    for table in tables {
      for group in 0..<UInt32(table.count) { _ = joined.find(group, of: table) }
    }
    return joined
  }
}

extension WindowStore {
  /// The slices of a window that have rows, in their order.
  func slices(of window: Int64) -> [PaneKey] {
    slices(from: grid.start(window), to: grid.end(window)).filter { $0.from <= window }
  }

  /// The slices of a time that have rows, in their order.
  func slices(from start: Int64, to end: Int64) -> ArraySlice<PaneKey> {
    let first = place(of: PaneKey(slice: start, from: .min))
    return order[first...].prefix { $0.slice < end }
  }

  /// The keys of all lists, each once, in their order.
  static func keys(_ lists: [[PaneKey]]) -> [PaneKey] {
    let some = lists.filter { !$0.isEmpty }
    return some.count > 1 ? Set(some.joined()).sorted() : some.first ?? []
  }
}
