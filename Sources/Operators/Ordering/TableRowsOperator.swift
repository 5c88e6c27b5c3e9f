import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Makes the rows of a table ready to stand in event-time order among the rows that look them up:
/// of one time they come first, and since when each counts, and whether it deletes its key, stands
/// in two columns behind its own.
///
/// Of a table of latest rows times say only how old a row is, where they are there at all, and what
/// a row was before an update says nothing.
final class TableRowsOperator: Operator {
  private let stage: OperatorID
  private let schema: Schema
  private let isTimed: Bool
  private var outbox = Outbox()
  private var context: (any OperatorContext)?

  init(_ plan: PhysicalOperator, isTimed: Bool = true) {
    stage = plan.id
    schema = plan.schema
    self.isTimed = isTimed
  }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard isTimed ? try Intake.hasRows(batch, stage) : batch.selectedCount > 0 else { return .done }
    let versions =
      batch.hidden.eventTimes ?? .repeating(0, .timestamp, rowCount: batch.rowCount)
    let count = batch.selectedCount
    batch.dropOlderHalves()
    context?.metrics.rowsIn.add(count)
    context?.metrics.filtered.add(count - batch.selectedCount)
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
