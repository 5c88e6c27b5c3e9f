import Columns
import Expressions
import Instruments
import KeyedState
import Plans
import Schemas

/// Keeps the rows for which a condition is true.
final class FilterOperator: Operator {
  private let filter: BoundFilter
  private let routing: ErrorRouting
  private var outbox = Outbox()
  private var context: (any OperatorContext)?

  init(
    _ plan: PhysicalOperator, _ condition: Expression, input: Schema,
    functions: ForeignFunctions = [:]
  ) throws(OperatorError) {
    do {
      filter = try BoundFilter(condition, schema: input, functions: functions)
    } catch {
      throw OperatorError(stage: plan.id, reason: error.description)
    }
    routing = ErrorRouting(plan)
  }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    let count = batch.selectedCount
    guard count > 0 else { return .done }
    let failures = filter.apply(batch).present(in: batch)
    batch.mendPairs()
    if let metrics = context?.metrics {
      metrics.rowsIn.add(count)
      metrics.rowsOut.add(batch.selectedCount)
      metrics.failed.add(failures.count)
      metrics.filtered.add(count - batch.selectedCount - failures.count)
    }
    if !failures.isEmpty {
      let failed = failures.map { FailedRow(row: $0.row, reason: $0.reason.description) }
      if let errors = try routing.route(failed, of: batch) { outbox.add(errors, .errors, output) }
    }
    outbox.add(batch, .main, output)
    return outbox.flush(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }
}
