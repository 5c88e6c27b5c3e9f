/// The hottest key of a stage out of those of its workers.
///
/// A worker looks at some of its rows only, of many as of few: what it found counts for all of its
/// rows. Rows of one key come to one worker.
package struct HotShares {
  /// A key and which share of all rows has it, by so many samples of its worker.
  package struct Share: Hashable, Sendable {
    package var key: String
    package var share: Double
    package var samples: Int
  }

  private var rows: Double = 0
  private var greatest: Double = 0
  private var found: HotKeys.Hottest?

  package init() {}

  /// `rows`: that came to the worker, whether it has a hot key or not.
  package mutating func add(_ hottest: HotKeys.Hottest?, rows count: Int64) {
    rows += Double(count)
    guard let hottest else { return }
    let share = Double(hottest.count) / Double(max(hottest.samples, 1))
    guard share * Double(count) > greatest else { return }
    greatest = share * Double(count)
    found = hottest
  }

  package var hottest: Share? {
    found.map { Share(key: $0.key, share: greatest / max(rows, 1), samples: $0.samples) }
  }
}
