/// The hottest key of a stage out of those of its workers.
///
/// A worker looks at some of its rows only, of many as of few: what it found counts for all of its
/// rows. Rows of one key may come to several workers, where they are not yet exchanged.
package struct HotShares {
  /// A key and which share of all rows has it, by so many samples of its worker.
  package struct Share: Hashable, Sendable {
    package var key: String
    package var share: Double
    package var samples: Int
  }

  private var rows: Double = 0
  /// By key: of how many rows it is the key, and by how many samples that is known.
  private var found: [String: (rows: Double, samples: Int)] = [:]

  package init() {}

  /// `rows`: that came to the worker, whether it has a hot key or not.
  package mutating func add(_ hottest: HotKeys.Hottest?, rows count: Int64) {
    rows += Double(count)
    guard let hottest else { return }
    let share = Double(hottest.count) / Double(max(hottest.samples, 1))
    let known = found[hottest.key] ?? (0, 0)
    found[hottest.key] = (known.rows + share * Double(count), known.samples + hottest.samples)
  }

  package var hottest: Share? {
    found.max { ($0.value.rows, $1.key) < ($1.value.rows, $0.key) }
      .map { Share(key: $0, share: $1.rows / max(rows, 1), samples: $1.samples) }
  }
}
