import Schemas
import Synchronization

/// How far the slowest partition of a source is on each worker, so that all of them can hold those
/// too far ahead. One for a source, shared by the workers.
final class DriftBoard: Sendable {
  /// Microseconds between looks of a worker that holds a partition.
  static let lookInterval: Int64 = 10_000

  private let slowest: [SlowestTime]

  private final class SlowestTime: Sendable {
    let microseconds = Atomic<Int64>(.max)
  }

  init(workers: Int) { slowest = (0..<workers).map { _ in SlowestTime() } }

  /// The slowest watermark of a worker's partitions that still have data to read; nil for none.
  func post(_ time: Timestamp?, worker: Int) {
    slowest[worker].microseconds.store(time?.microseconds ?? .max, ordering: .relaxed)
  }

  /// The slowest of all; nil if nobody has data.
  var least: Timestamp? {
    let least = slowest.map { $0.microseconds.load(ordering: .relaxed) }.min() ?? .max
    return least == .max ? nil : Timestamp(microseconds: least)
  }
}
