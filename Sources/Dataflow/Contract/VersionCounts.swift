package import Instruments

/// A reading of what an operator counts of one version of a model.
package struct VersionCounts: Hashable, Sendable {
  package var name: String
  /// Its answers are only counted.
  package var isShadow: Bool
  package var calls: Int64
  package var rows: Int64
  package var failed: Int64
  /// Rows whose answer was in the cache.
  package var hits: Int64
  /// Calls by how long they took, as `Spans.bounds` has it, and all together in microseconds.
  package var latencies: [Int64]
  package var latency: Int64
  /// Scores by how high they were, as `Scores.bounds` has it, and their sum.
  package var scores: [Int64]
  package var scoreSum: Double
  /// Outputs that are held against a baseline, with their last rows by class.
  package var drifts: [Drift]

  package struct Drift: Hashable, Sendable {
    package var baseline: ScoreDrift.Baseline
    package var rows: [Int64]
  }

  init(_ metrics: VersionMetrics) {
    name = metrics.name
    isShadow = metrics.isShadow
    calls = metrics.calls.value
    rows = metrics.rows.value
    failed = metrics.failed.value
    hits = metrics.hits.value
    latencies = metrics.latency.counts
    latency = metrics.latency.sum
    scores = metrics.scores.counts
    scoreSum = metrics.scores.sum
    drifts = metrics.drifts.map { Drift(baseline: $0.baseline, rows: $0.counts) }
  }
}
