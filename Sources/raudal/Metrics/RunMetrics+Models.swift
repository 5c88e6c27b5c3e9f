import Dataflow
import Engine
import Instruments
import Schemas

extension RunMetrics {
  /// Of stages that ask models, each version by itself.
  static func models(_ job: JobStatus, _ text: inout PrometheusText) {
    let asked = job.stages.flatMap { stage in stage.metrics.versions.map { (stage, $0) } }
    guard !asked.isEmpty else { return }
    let counters: [(String, String, KeyPath<VersionCounts, Int64>)] = [
      ("raudal_model_calls_total", "Runs of a model's version.", \.calls),
      ("raudal_model_rows_total", "Rows that a model's version was given.", \.rows),
      ("raudal_model_failed_total", "Rows that a model's version failed over.", \.failed),
      (
        "raudal_model_cache_hits_total", "Rows whose answer by a model's version was known.",
        \.hits
      ),
    ]
    for (name, help, path) in counters {
      text.metric(name, .counter, help)
      for (stage, version) in asked {
        text.sample(name, labels(stage, version), Double(version[keyPath: path]))
      }
    }
    text.metric("raudal_model_call_seconds", .histogram, "How long runs of a model took.")
    for (stage, version) in asked {
      text.histogram(
        "raudal_model_call_seconds", labels(stage, version),
        bounds: Spans.bounds.map { Double($0) / 1e6 }, counts: version.latencies,
        sum: Double(version.latency) / 1e6)
    }
    text.metric("raudal_model_score", .histogram, "A model's first output that is a float.")
    for (stage, version) in asked where version.scores.contains(where: { $0 > 0 }) {
      text.histogram(
        "raudal_model_score", labels(stage, version), bounds: Scores.bounds,
        counts: version.scores, sum: version.scoreSum)
    }
  }

  /// The versions' drift over the last rows of all workers.
  static func drifts(_ job: JobStatus, _ text: inout PrometheusText) {
    let drifts = ModelDrift.all(of: job).filter { $0.index != nil }
    guard !drifts.isEmpty else { return }
    text.metric(
      "raudal_model_drift_psi", .gauge,
      "How far an output's last values are from its baseline: the population stability index.")
    for drift in drifts {
      let labels = [
        ("operator", drift.stage.name), ("version", drift.version),
        ("shadow", "\(drift.isShadow)"), ("output", drift.output),
      ]
      text.sample("raudal_model_drift_psi", labels, drift.index ?? 0)
    }
  }

  private static func labels(
    _ stage: JobStatus.Stage, _ version: VersionCounts
  ) -> [(String, String)] {
    [
      ("operator", stage.id.name), ("worker", "\(stage.worker)"), ("version", version.name),
      ("shadow", "\(version.isShadow)"),
    ]
  }
}
