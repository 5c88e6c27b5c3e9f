import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Passes on the first row of each key in a time span, at once, and drops the others.
///
/// It stands behind an exchange by key. Rows that are further behind the watermark than keys are
/// remembered go to output `late`, for nobody could say any more whether they came before.
final class DedupeOperator: Operator {
  private let stage: OperatorID
  private let store: SightingStore
  private let keys: [Int]
  private var watermark = Timestamp.beginning
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, keys: [String], span: Int64, input: Schema
  ) throws(OperatorError) {
    stage = plan.id
    let places = try ColumnPlaces.find(keys, in: input, plan.id)
    self.keys = places
    store = SightingStore(
      keys: places.map { input[$0] }, span: span, allowance: DedupeSpec.allowance(of: span))
  }

  var states: [StateDeclaration] { [store.declaration, WindowProgress.declaration] }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      if block.state == SightingStore.stateName {
        store.restore(block.rows)
      } else if block.state == WindowProgress.declaration.name {
        watermark = max(watermark, WindowProgress.watermark(block.rows))
      }
    }
    store.expire(watermark)
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage) else { return .done }
    let verdict = store.judge(batch, keys: keys, watermark: watermark)
    let late = verdict.late?.count ?? 0
    if let metrics = context?.metrics {
      metrics.rowsIn.add(batch.selectedCount)
      metrics.rowsOut.add(verdict.first.count)
      metrics.filtered.add(batch.selectedCount - verdict.first.count - late)
      metrics.late.add(late)
      metrics.lateAfterIdle.add(verdict.lateAfterIdle)
      if let late = verdict.late {
        metrics.lateness.raise(to: batch.greatestLateness(of: late, watermark))
      }
    }
    if let late = verdict.late, output.isRead(.late) {
      outbox.add(
        Batch(
          schema: batch.schema, columns: batch.columns, rowCount: batch.rowCount, selection: late,
          hidden: batch.hidden), .late, output)
    }
    batch.selection = verdict.first
    outbox.add(batch, .main, output)
    return outbox.flush(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    watermark = max(watermark, time)
    store.expire(watermark)
    return .done
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    let isFull = full || needsFull
    needsFull = false
    let seen = store.snapshot(full: isFull)
    guard context?.worker ?? 0 == 0 else { return seen }
    return JoinedSnapshot(
      [seen], blocks: [WindowProgress.block(watermark)], isDelta: !isFull)
  }
}
