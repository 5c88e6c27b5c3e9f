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
  /// What a failure of each expression names.
  private let origins: [NamedExpression.Origin]
  private let schema: Schema
  private let routing: ErrorRouting
  private var outbox = Outbox()
  private var context: (any OperatorContext)?

  init(
    _ plan: PhysicalOperator, _ expressions: [NamedExpression], input: Schema,
    functions: ForeignFunctions = [:]
  ) throws(OperatorError) {
    var bound: [BoundExpression] = []
    for named in expressions {
      do {
        bound.append(
          try BoundExpression(named.expression, schema: input, functions: functions))
      } catch {
        throw OperatorError(stage: plan.id, reason: "\(named.name): \(error.description)")
      }
    }
    self.expressions = bound
    origins = expressions.map {
      $0.origin ?? NamedExpression.Origin(stage: plan.id, column: $0.name)
    }
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
    var failures: [Int: FailedRow] = [:]
    for (expression, origin) in zip(expressions, origins) {
      let result = expression.evaluate(batch)
      columns.append(result.column)
      for failure in result.failures where failures[failure.row] == nil {
        let column = origin.column.map { "column `\($0)`: " } ?? ""
        failures[failure.row] = FailedRow(
          row: failure.row, reason: "\(column)\(failure.reason)", stage: origin.stage)
      }
    }
    var selection = batch.selection
    if !failures.isEmpty {
      let rows = failures.keys.sorted()
      let failed = rows.compactMap { failures[$0] }.present(in: batch)
      context?.metrics.failed.add(failed.count)
      context?.metrics.filtered.add(rows.count - failed.count)
      if let errors = try routing.route(failed, of: batch) { outbox.add(errors, .errors, output) }
      selection = .rows(of: batch, without: rows)
    }
    let projected = Batch(
      schema: schema, columns: columns, rowCount: batch.rowCount, selection: selection,
      hidden: batch.hidden)
    if !failures.isEmpty { projected.mendPairs() }
    context?.metrics.rowsOut.add(projected.selectedCount)
    outbox.add(projected, .main, output)
    return outbox.flush(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }
}
