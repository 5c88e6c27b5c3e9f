/// How fast a job's tasks end, of late: the pipeline tells it in steps, with each checkpoint, so it
/// is taken over half a minute.
package struct JobPace {
  /// Seconds that are looked back.
  static let span = 30.0

  private var samples: [(at: Double, ended: Int64)] = []

  package init() {}

  /// `at`: seconds by any clock that goes on.
  package mutating func add(_ standing: JobStanding, at: Double) {
    samples.append((at, standing.done + standing.counts.undone))
    while samples.count > 2, samples[1].at <= at - Self.span { samples.removeFirst() }
  }

  /// Tasks a second; nil while nobody knows.
  package var rate: Double? {
    guard let first = samples.first, let last = samples.last, last.at > first.at else { return nil }
    return Double(last.ended - first.ended) / (last.at - first.at)
  }

  /// Seconds until none waits any more, if it goes on so.
  package func remaining(_ standing: JobStanding) -> Double? {
    guard let rate, rate > 0 else { return nil }
    return Double(standing.waiting) / rate
  }
}
