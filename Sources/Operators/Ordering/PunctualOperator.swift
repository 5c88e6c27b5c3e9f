import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Sets aside what is behind the watermark of its partition, or behind the operator's, before rows
/// change workers: what stands behind it and follows the same time is given nothing too late.
///
/// Its watermark is kept, so that this also holds after a restore.
final class PunctualOperator: Operator {
  private let stage: OperatorID
  private var watermark = Timestamp.beginning
  private var outbox = Outbox()
  private var context: (any OperatorContext)?

  init(_ plan: PhysicalOperator) { stage = plan.id }

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
    guard try Intake.hasRows(batch, stage) else { return .done }
    let count = batch.selectedCount
    let split = LateSplit(batch, watermark)
    let late = split.late?.count ?? 0
    context?.metrics.rowsIn.add(count)
    context?.metrics.rowsOut.add(count - late)
    context?.metrics.late.add(late)
    context?.metrics.lateAfterIdle.add(split.lateAfterIdle)
    if let late = split.late { outbox.add(batch.selecting(late), .late, output) }
    if let onTime = split.onTime { batch.selection = onTime }
    batch.hidden.lateWatermarks = nil
    if late < count { outbox.add(batch, .main, output) }
    return outbox.flush(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    watermark = max(watermark, time)
    return .done
  }
}
