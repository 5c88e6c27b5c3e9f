import KeyedState

/// The hottest key of a stage out of those of its workers.
///
/// A worker looks at some of its rows only, of many as of few: what it found counts for all of its
/// rows. Rows of one key come to one worker.
struct HotShares {
  private var rows: Double = 0
  private var greatest: Double = 0
  private var found: HotKeys.Hottest?

  /// `rows`: that came to the worker, whether it has a hot key or not.
  mutating func add(_ hottest: HotKeys.Hottest?, rows count: Int64) {
    rows += Double(count)
    guard let hottest else { return }
    let share = Double(hottest.count) / Double(max(hottest.samples, 1))
    guard share * Double(count) > greatest else { return }
    greatest = share * Double(count)
    found = hottest
  }

  var hottest: StatusReport.HotKey? {
    found.map {
      StatusReport.HotKey(key: $0.key, share: greatest / max(rows, 1), samples: $0.samples)
    }
  }
}
