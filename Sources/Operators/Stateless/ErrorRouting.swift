import Columns
import KeyedState
import Plans
import Schemas

/// What a stage does with rows that fail: stops the pipeline, leaves them out, or sends them to its
/// `errors` output.
struct ErrorRouting {
  let stage: OperatorID
  let route: PhysicalErrorRoute

  init(_ plan: PhysicalOperator) {
    stage = plan.id
    route = plan.errorRoute
  }

  /// The rows for the `errors` output, if that is the route; throws if the route is `fail`.
  func route(_ failed: [FailedRow], of batch: Batch) throws(OperatorError) -> Batch? {
    guard let first = failed.first else { return nil }
    switch route {
    case .fail:
      throw OperatorError.row(
        first.stage ?? stage, first.reason, row: first.row, of: batch,
        place: "the end of this stage", separator: "")
    case .skip:
      return nil
    case .output:
      return FailedRows.batch(
        failed, of: batch, stage: stage, schema: PhysicalOperator.errorSchema)
    }
  }
}
