import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Passes rows on by their order tags (event time, lane, place), each when the watermark is past
/// it: what stages that look at rows in event-time order stand behind.
///
/// It stands behind an exchange by the stage's key, so that what waits follows its key, and before
/// that a `PunctualOperator` sets aside what is too late: so which rows those are, and the order of
/// the others, does not depend on how partitions are read.
final class OrderOperator: Operator {
  private let stage: OperatorID
  private let rows: OrderedRows
  private var watermark = Timestamp.beginning
  private var isEmitting = false
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(_ plan: PhysicalOperator, keys: [String], input: Schema) throws(OperatorError) {
    stage = plan.id
    rows = OrderedRows(schema: input, keys: try ColumnPlaces.find(keys, in: input, plan.id))
  }

  var states: [StateDeclaration] { [rows.declaration, WindowProgress.declaration] }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      if block.state == OrderedRows.stateName {
        rows.restore(block)
      } else if block.state == WindowProgress.declaration.name {
        watermark = max(watermark, WindowProgress.watermark(block.rows))
      }
    }
    rows.finishRestore(watermark)
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard batch.selectedCount > 0 else { return .done }
    guard batch.hidden.eventTimes != nil else {
      throw OperatorError(stage: stage, reason: "rows without an event time came to it")
    }
    // Nothing would put them out in their order any more: better to stop than to mislead.
    guard LateSplit(batch, watermark).late == nil else {
      throw OperatorError(
        stage: stage,
        reason: "rows came behind the watermark \(watermark), which the step before never sends: "
          + "a bug of the engine, report it")
    }
    // Held rows would hold whole fetches of their source as well.
    batch.hidden.records = nil
    batch.hidden.recordRows = nil
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    rows.add(batch.gathered())
    return .done
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    guard time > watermark else { return .done }
    watermark = time
    isEmitting = true
    return emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { emit(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    let isFull = full || needsFull
    needsFull = false
    let held = rows.snapshot(full: isFull)
    guard context?.worker ?? 0 == 0 else { return held }
    return JoinedSnapshot(
      [held], blocks: [WindowProgress.block(watermark)], isDelta: !isFull)
  }

  /// Emits one batch, and more as long as there is credit.
  private func emit(_ output: any Output) -> Progress {
    outbox.drain(output) { outbox in
      guard isEmitting, let batch = rows.take(before: watermark) else {
        isEmitting = false
        return false
      }
      context?.metrics.made.add(batch.rowCount)
      context?.metrics.rowsOut.add(batch.rowCount)
      outbox.add(batch, .main, output)
      return true
    }
  }
}
