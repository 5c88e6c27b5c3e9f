package import Columns
package import Schemas

/// What an operator holds at present, for whoever asks why nothing comes out. A reading, no state.
package struct Waiting: Hashable, Sendable {
  /// An open window; of overlapping ones the first that is open for its rows.
  package struct Window: Hashable, Sendable {
    /// The moments when it begins and ends.
    package var start: Int64
    package var end: Int64
    /// Keys that have rows in it, as far as they have come to this operator.
    package var groups: Int
    /// Rows that this operator took into it since the process began.
    package var rows: Int64

    package init(start: Int64, end: Int64, groups: Int = 0, rows: Int64 = 0) {
      self.start = start
      self.end = end
      self.groups = groups
      self.rows = rows
    }
  }

  /// Open sessions of all keys.
  package struct Sessions: Hashable, Sendable {
    package var count: Int
    /// No session ends before this moment; nil where none ends by time.
    package var earliestEnd: Int64?

    package init(count: Int, earliestEnd: Int64? = nil) {
      self.count = count
      self.earliestEnd = earliestEnd
    }
  }

  /// Tasks that wait to be called again.
  package struct Retries: Hashable, Sendable {
    package var count: Int
    /// How many of them are of which key of the table that steers them, as far as they are told;
    /// "" for none.
    package var ofKeys: [String: Int] = [:]

    package init(count: Int) { self.count = count }
  }

  /// Tasks of whose keys the table that steers them has no row, and must have one.
  package struct Rowless: Hashable, Sendable {
    package var table: String
    package var count: Int
    /// One of those keys.
    package var key: String?

    package init(table: String, count: Int, key: String? = nil) {
      self.table = table
      self.count = count
      self.key = key
    }
  }

  /// The open windows that close first.
  package var windows: [Window]
  /// Keys that something is known of.
  package var keys: Int?
  /// Rows that wait.
  package var rows: Int?
  package var sessions: Sessions?
  package var retries: Retries?
  package var rowless: Rowless?

  package init(
    windows: [Window] = [], keys: Int? = nil, rows: Int? = nil, sessions: Sessions? = nil
  ) {
    self.windows = windows
    self.sessions = sessions
    self.keys = keys
    self.rows = rows
  }
}

extension WindowStore {
  /// So many windows are told at most.
  private static let toldWindows = 100

  /// The first open windows, with the groups of their panes and the rows that came. O(panes).
  package var waiting: Waiting {
    reading(panes.map { (key: $0.key, groups: $0.value.groupCount) })
  }

  fileprivate func reading(_ panes: [(key: PaneKey, groups: Int)]) -> Waiting {
    var windows: [Int64: Waiting.Window] = [:]
    func add(_ slice: Int64, from: Int64, groups: Int, rows: Int64) {
      let window = max(grid.firstWindow(slice), from, closedBefore, shownFrom)
      guard window <= grid.lastWindow(slice) else { return }
      var known =
        windows[window]
        ?? Waiting.Window(start: grid.startMoment(window), end: grid.endMoment(window))
      known.groups += groups
      known.rows &+= rows
      windows[window] = known
    }
    for pane in panes { add(pane.key.slice, from: pane.key.from, groups: pane.groups, rows: 0) }
    for (slice, rows) in rowsTaken { add(slice, from: .min, groups: 0, rows: rows) }
    let sorted = windows.sorted { $0.key < $1.key }.prefix(Self.toldWindows)
    return Waiting(windows: sorted.map(\.value))
  }

  /// Forgets how many rows were taken into slices whose windows a watermark closes.
  package func forgetRows(before watermark: Timestamp) {
    let firstOpen = grid.firstOpen(watermark.microseconds)
    guard firstOpen > shownFrom else { return }
    shownFrom = firstOpen
    rowsTaken = rowsTaken.filter { grid.lastWindow($0.key) >= firstOpen }
  }
}

extension SessionStore {
  /// Sessions that a row may still join, or that have not been put out.
  package var sessionCount: Int { table.liveCount }
}

extension JoinStore {
  /// Rows of both sides that wait for others. O(panes).
  package var rowCount: Int {
    left.panes.reduce(0) { $0 + $1.count } + right.panes.reduce(0) { $0 + $1.count }
  }
}

extension Batch {
  /// By how much the furthest of some rows is behind the watermark of its partition, or of the
  /// operator, in microseconds. O(rows).
  package func greatestLateness(of rows: Selection, _ watermark: Timestamp) -> Int64 {
    guard let times = hidden.eventTimes?.ints else { return 0 }
    let own = hidden.lateWatermarks?.ints
    var greatest: Int64 = 0
    for place in 0..<rows.count {
      let row = Int(rows.rows[place])
      let mark = max(watermark.microseconds, own.map { $0[row] } ?? .min)
      guard mark > .min / 2, mark < .max / 2 else { continue }
      let (lateness, overflow) = mark.subtractingReportingOverflow(times[row])
      greatest = max(greatest, overflow ? .max : lateness)
    }
    return greatest
  }
}

extension RefreshingWindowStore {
  /// Each group of a slice once, whether its rows are told or not. O(groups that are not).
  package var waiting: Waiting {
    let parts = [settled, ahead, fresh]
    let keys = WindowStore.keys(parts.map(\.order))
    let panes = keys.map { key -> (key: PaneKey, groups: Int) in
      let tables = parts.compactMap { $0.panes[key]?.table }
      guard tables.count > 1 else { return (key: key, groups: tables[0].count) }
      // Those that the first has not.
      let rest = GroupTable()
      for table in tables.dropFirst() {
        for group in 0..<UInt32(table.count) where tables[0].group(group, of: table) == nil {
          _ = rest.find(group, of: table)
        }
      }
      return (key: key, groups: tables[0].count + rest.count)
    }
    return settled.reading(panes)
  }
}
