import Schemas
import Synchronization

/// How far a source is on each worker, for the others to see: its slowest partition with data, so
/// that those too far ahead can be held; and the watermark and barrier that it last sent, so that a
/// partition that was discovered joins where the others are.
final class SourceBoard: Sendable {
  /// Microseconds between looks of a worker that waits for others.
  static let lookInterval: Int64 = 10_000

  private let places: [Place]

  private final class Place: Sendable {
    let slowest = Atomic<Int64>(.max)
    let watermark = Atomic<Int64>(Timestamp.beginning.microseconds)
    let isLive = Atomic<Bool>(false)
    let barrier = Atomic<UInt64>(0)
  }

  init(workers: Int) { places = (0..<workers).map { _ in Place() } }

  /// The slowest watermark of a worker's partitions that still have data to read; nil for none.
  func post(slowest time: Timestamp?, worker: Int) {
    places[worker].slowest.store(time?.microseconds ?? .max, ordering: .relaxed)
  }

  /// The slowest of all; nil if nobody has data.
  var least: Timestamp? {
    let least = places.map { $0.slowest.load(ordering: .relaxed) }.min() ?? .max
    return least == .max ? nil : Timestamp(microseconds: least)
  }

  /// What a worker's source says downstream: its watermark, and whether it holds that of others.
  func post(watermark: Timestamp, isLive: Bool, worker: Int) {
    places[worker].watermark.store(watermark.microseconds, ordering: .releasing)
    places[worker].isLive.store(isLive, ordering: .releasing)
  }

  /// A worker's source has sent this barrier.
  func post(_ barrier: Epoch, worker: Int) {
    places[worker].barrier.store(barrier.number, ordering: .releasing)
  }

  func havePassed(_ barrier: Epoch) -> Bool {
    places.allSatisfy { $0.barrier.load(ordering: .acquiring) >= barrier.number }
  }

  /// Not before the watermark of any step downstream of the others, as far as they had sent it when
  /// they passed the last barrier: the least of those who hold it, or else the greatest of all.
  func joining(besides worker: Int) -> Timestamp {
    let others = places.indices.filter { $0 != worker }
    let live = others.filter { places[$0].isLive.load(ordering: .acquiring) }
    let times = (live.isEmpty ? others : live).map {
      places[$0].watermark.load(ordering: .acquiring)
    }
    let time = live.isEmpty ? times.max() : times.min()
    return time.map { Timestamp(microseconds: $0) } ?? .beginning
  }
}
