import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Sets aside what is behind the watermark of its partition, or behind the operator's, before rows
/// change workers: what stands behind it and follows the same time is given nothing too late.
///
/// Versions of a table that are behind are brought forward to the time instead: one that comes late
/// is no less the newest of its key for that. Rows that look something up beside them and are
/// behind the time of both are left out and counted: their source was idle, and has not known of
/// it.
///
/// Its watermark is kept, so that this also holds after a restore.
final class PunctualOperator: Operator {
  private let stage: OperatorID
  /// The column of which a value says that the row is a version.
  private let version: Int?
  /// Microseconds by which rows may be behind.
  private let allowance: Int64
  private var watermark = Timestamp.beginning
  private var outbox = Outbox()
  private var context: (any OperatorContext)?

  init(_ plan: PhysicalOperator, allowance: Int64 = 0) {
    stage = plan.id
    version = nil
    self.allowance = allowance
  }

  init(_ plan: PhysicalOperator, version: String, input: Schema) throws(OperatorError) {
    stage = plan.id
    allowance = 0
    self.version = try ColumnPlaces.find([version], in: input, plan.id)[0]
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
    guard try Intake.hasRows(batch, stage) else { return .done }
    if let version {
      batch.hidden.eventTimes = batch.forwardedTimes(to: watermark, of: batch.columns[version])
      batch.hidden.lateWatermarks = nil
    }
    let count = batch.selectedCount
    let split = LateSplit(batch, watermark, allowance: allowance)
    let late = split.late?.count ?? 0
    context?.metrics.rowsIn.add(count)
    context?.metrics.rowsOut.add(count - late)
    context?.metrics.late.add(late)
    context?.metrics.lateAfterIdle.add(split.lateAfterIdle)
    if let late = split.late {
      context?.metrics.lateness.raise(to: batch.greatestLateness(of: late, watermark))
    }
    if version == nil, let late = split.late { outbox.add(batch.selecting(late), .late, output) }
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
