import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Makes the rows of a table ready to stand in event-time order among the rows that look them up:
/// of one time they come first, and since when each counts, and whether it deletes its key, stands
/// in two columns behind its own.
final class TableRowsOperator: Operator {
  private let stage: OperatorID
  private let schema: Schema
  private var outbox = Outbox()
  private var context: (any OperatorContext)?

  init(_ plan: PhysicalOperator) {
    stage = plan.id
    schema = plan.schema
  }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage), let versions = batch.hidden.eventTimes else {
      return .done
    }
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.rowsOut.add(batch.selectedCount)
    var hidden = batch.hidden
    hidden.rowKinds = nil
    // No lane of a source is negative.
    hidden.lanes = batch.hidden.lanes?.mapInts(.int) { $0 | .min }
    outbox.add(
      Batch(
        schema: schema, columns: batch.columns + [versions, batch.deletions],
        rowCount: batch.rowCount, selection: batch.selection, hidden: hidden), .main, output)
    return outbox.flush(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }
}
