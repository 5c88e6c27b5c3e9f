import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Passes on the last row of each key in a time span, when the watermark has passed the span's end.
///
/// It stands directly behind an `OrderOperator`. Rows keep their event time, so what follows is
/// told no more of time than the start of the first span that is open.
final class KeepLastOperator: HoldingOperator {
  private let stage: OperatorID
  private let store: LatestRows
  private let rowLimit: Int
  private var watermark = Timestamp.beginning
  private(set) var releasedWatermark = Timestamp.beginning
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, keys: [String], span: Int64, input: Schema,
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    self.rowLimit = rowLimit
    store = LatestRows(
      schema: input, keys: try ColumnPlaces.find(keys, in: input, plan.id), length: span)
  }

  var states: [StateDeclaration] { [store.declaration, PassedRows.declaration] }

  // What is held waits for time alone, as in a window: nobody need wait for it.
  var holdsRows: Bool { false }
  var isFull: Bool { false }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    var rows: [StateBlock] = []
    var places = PassedRows()
    while let block = try reader.next() {
      if block.state == LatestRows.stateName {
        rows.append(block)
      } else if block.state == PassedRows.declaration.name {
        places.restore(block.rows)
      }
    }
    store.finishRestore(rows, places)
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage) else { return .done }
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    store.add(batch)
    return .done
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    watermark = max(watermark, time)
    return emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { emit(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    let isFull = full || needsFull
    needsFull = false
    let held = store.snapshot(full: isFull)
    let passed = store.passed(watermark, of: context?.keyGroups ?? 0..<KeyGroup.count)
    return JoinedSnapshot([held], blocks: [passed], isDelta: !isFull)
  }

  /// Emits one batch, and more as long as there is credit.
  private func emit(_ output: any Output) -> Progress {
    let progress = outbox.drain(output) { outbox in
      guard let batch = store.take(watermark, limit: rowLimit) else { return false }
      context?.metrics.made.add(batch.rowCount)
      context?.metrics.rowsOut.add(batch.rowCount)
      outbox.add(batch, .main, output)
      return true
    }
    if progress == .done {
      releasedWatermark = max(releasedWatermark, min(watermark, store.earliest ?? watermark))
    }
    return progress
  }
}
