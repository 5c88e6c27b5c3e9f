import Columns
import Instruments
import Schemas

extension ScoreDrift.Baseline {
  /// Of those outputs that are read.
  static func all(of baseline: ModelBaseline?, _ outputs: Schema) -> [ScoreDrift.Baseline] {
    let spreads = baseline?.spreads.filter { outputs.index(of: $0.output) != nil } ?? []
    return spreads.map {
      ScoreDrift.Baseline(output: $0.output, bounds: $0.bounds, rows: $0.rows)
    }
  }
}
