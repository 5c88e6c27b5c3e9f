import Schemas

/// Workers that were refused by one limit, in the order in which they asked: who came later does
/// not take what an earlier one waits for. One that does not come for it loses its turn.
struct WorkerTurns {
  private struct Turn {
    var worker: Int
    /// Since when there has been something for it.
    var offered: Int64?
  }

  /// For so long what there is waits for the one whose turn it is, in microseconds.
  static let patience: Int64 = 20_000

  private var turns: [Turn] = []

  var isEmpty: Bool { turns.isEmpty }
  var workers: [Int] { turns.map(\.worker) }

  /// Whether a worker may have one of so many that are there, which are for those in front first.
  mutating func allows(_ worker: Int, of available: Int, at now: Timestamp) -> Bool {
    guard !turns.isEmpty else { return available > 0 }
    for place in turns.indices.prefix(max(available, 0))
    where turns[place].offered == nil {
      turns[place].offered = now.microseconds
    }
    turns.removeAll { turn in
      guard turn.worker != worker, let offered = turn.offered else { return false }
      return now.microseconds - offered > Self.patience
    }
    let place = turns.firstIndex { $0.worker == worker } ?? turns.count
    return place < available
  }

  /// Those in front of a worker.
  func ahead(of worker: Int) -> Int {
    turns.firstIndex { $0.worker == worker } ?? turns.count
  }

  mutating func wait(_ worker: Int) {
    if !turns.contains(where: { $0.worker == worker }) { turns.append(Turn(worker: worker)) }
  }

  mutating func end(_ worker: Int) {
    if !turns.isEmpty { turns.removeAll { $0.worker == worker } }
  }
}
