import Columns
import Expressions
import Instruments
import KeyedState
import Plans
import Schemas

/// Computes a new row from each row. A row of which one expression fails takes the error route,
/// once.
final class ProjectOperator: Operator {
  private let expressions: [BoundExpression]
  private let schema: Schema
  private let routing: ErrorRouting
  private var outbox = Outbox()
  private var context: (any OperatorContext)?

  init(
    _ plan: PhysicalOperator, _ expressions: [NamedExpression], input: Schema
  ) throws(OperatorError) {
    var bound: [BoundExpression] = []
    for named in expressions {
      do {
        bound.append(try BoundExpression(named.expression, schema: input))
      } catch {
        throw OperatorError(stage: plan.id, reason: "\(named.name): \(error.description)")
      }
    }
    self.expressions = bound
    schema = plan.schema
    routing = ErrorRouting(plan)
  }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard batch.selectedCount > 0 else { return .done }
    context?.metrics.rowsIn.add(batch.selectedCount)
    var columns: [Column] = []
    var reasons: [Int: String] = [:]
    for expression in expressions {
      let result = expression.evaluate(batch)
      columns.append(result.column)
      for failure in result.failures where reasons[failure.row] == nil {
        reasons[failure.row] = failure.reason.description
      }
    }
    var selection = batch.selection
    if !reasons.isEmpty {
      let rows = reasons.keys.sorted()
      let failed = rows.map { FailedRow(row: $0, reason: reasons[$0] ?? "") }
      context?.metrics.failed.add(rows.count)
      if let errors = try routing.route(failed, of: batch) { outbox.add(errors, .errors, output) }
      selection = .rows(of: batch, without: rows)
    }
    let projected = Batch(
      schema: schema, columns: columns, rowCount: batch.rowCount, selection: selection,
      hidden: batch.hidden)
    context?.metrics.rowsOut.add(projected.selectedCount)
    outbox.add(projected, .main, output)
    return outbox.flush(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }
}
