import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Keeps a share of the rows, chosen by their values.
final class SampleOperator: Operator {
  private let sample: RowSample
  private var context: (any OperatorContext)?

  init(_ plan: PhysicalOperator, _ spec: SampleSpec, input: Schema) throws(OperatorError) {
    let places = try ColumnPlaces.find(spec.columns, in: input, plan.id)
    sample = RowSample(columns: places, share: spec.share, salt: spec.salt)
  }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    let count = batch.selectedCount
    guard count > 0 else { return .done }
    batch.selection = sample.rows(of: batch)
    let kept = batch.selectedCount
    if let metrics = context?.metrics {
      metrics.rowsIn.add(count)
      metrics.rowsOut.add(kept)
      metrics.filtered.add(count - kept)
    }
    if kept > 0 { output.emit(batch, port: .main) }
    return .done
  }
}
