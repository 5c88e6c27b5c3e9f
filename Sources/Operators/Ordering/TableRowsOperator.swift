import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Makes the rows of a table ready to stand in event-time order among the rows that look them up,
/// before they change workers: of one time they come first, and since when each counts stands in a
/// column behind its own.
///
/// One that is behind the watermark is no less the newest of its key for that: it comes as of the
/// watermark.
final class TableRowsOperator: Operator {
  private let stage: OperatorID
  private let schema: Schema
  private var watermark = Timestamp.beginning
  private var outbox = Outbox()
  private var context: (any OperatorContext)?

  init(_ plan: PhysicalOperator) {
    stage = plan.id
    schema = plan.schema
  }

  var states: [StateDeclaration] { [WindowProgress.declaration] }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  /// The least of all workers, as the first phase of a window.
  func restore(from reader: any StateReader) throws {
    watermark = max(watermark, try WindowProgress.least(reader))
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    JoinedSnapshot([], blocks: [WindowProgress.block(watermark)], isDelta: false)
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage), let versions = batch.hidden.eventTimes else {
      return .done
    }
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.rowsOut.add(batch.selectedCount)
    var hidden = batch.hidden
    hidden.eventTimes = batch.forwardedTimes(to: watermark)
    hidden.lateWatermarks = nil
    // No lane of a source is negative.
    hidden.lanes = batch.hidden.lanes?.mapInts(.int) { $0 | .min }
    outbox.add(
      Batch(
        schema: schema, columns: batch.columns + [versions], rowCount: batch.rowCount,
        selection: batch.selection, hidden: hidden), .main, output)
    return outbox.flush(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    watermark = max(watermark, time)
    return .done
  }
}
