import Dataflow
import Instruments
import Schemas

/// An output of a model's version beside its baseline, over the last rows of all workers.
struct ModelDrift {
  var stage: OperatorID
  var version: String
  var isShadow: Bool
  var baseline: ScoreDrift.Baseline
  /// Of the last rows, by class.
  var rows: [Int64]

  var output: String { baseline.output }
  /// nil where there are too few rows.
  var index: Double? { baseline.index(rows) }

  /// In the order of the stages.
  static func all(of job: JobStatus) -> [ModelDrift] {
    var drifts: [ModelDrift] = []
    for stage in job.stages {
      for version in stage.metrics.versions {
        for drift in version.drifts {
          let place = drifts.firstIndex {
            $0.stage == stage.id && $0.version == version.name && $0.isShadow == version.isShadow
              && $0.baseline == drift.baseline
          }
          guard let place else {
            drifts.append(
              ModelDrift(
                stage: stage.id, version: version.name, isShadow: version.isShadow,
                baseline: drift.baseline, rows: drift.rows))
            continue
          }
          drifts[place].rows = zip(drifts[place].rows, drift.rows).map(+)
        }
      }
    }
    return drifts
  }
}
