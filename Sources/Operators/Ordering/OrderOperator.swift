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
///
/// What it has no room to put out it holds, and takes further rows meanwhile: they are behind the
/// watermark. How far it has come is in its snapshots, so a barrier does not wait for the rest, but
/// for that of the event time at hand: rows of one time have no barrier between them.
final class OrderOperator: HoldingOperator {
  /// Batches in one call, so that others have their turn.
  private static let stepLimit = 16

  private let stage: OperatorID
  private let rows: OrderedRows
  private let rowLimit: Int
  private var watermark = Timestamp.beginning
  private var isEmitting = false
  /// A barrier waits for the rest of an event time.
  private var isAtBarrier = false
  private(set) var releasedWatermark = Timestamp.beginning
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, keys: [String], input: Schema, rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    rows = OrderedRows(schema: input, keys: try ColumnPlaces.find(keys, in: input, plan.id))
    self.rowLimit = rowLimit
  }

  var states: [StateDeclaration] {
    [rows.declaration, WindowProgress.declaration, PassedRows.declaration]
  }

  /// Rows that wait for the watermark don't count: it comes.
  var holdsRows: Bool { isEmitting }

  var hasMore: Bool { isEmitting }

  /// Rows that came now would wait until there is room again.
  var isFull: Bool { isEmitting }

  var waiting: Waiting { rows.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    var places = PassedRows()
    while let block = try reader.next() {
      if block.state == OrderedRows.stateName {
        rows.restore(block)
      } else if block.state == WindowProgress.declaration.name {
        watermark = max(watermark, WindowProgress.watermark(block.rows))
      } else if block.state == PassedRows.declaration.name {
        places.restore(block.rows)
      }
    }
    rows.finishRestore(places, watermark)
    isEmitting = rows.holds(before: watermark)
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage) else { return .done }
    try Intake.refuseLate(batch, watermark, stage)
    Intake.letGoOfRecords(batch)
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    rows.add(batch.gathered())
    return .done
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    if time > watermark {
      watermark = time
      isEmitting = true
      emit(output)
    } else if !isEmitting {
      releasedWatermark = max(releasedWatermark, time)
    }
    return .done
  }

  func barrier(_ epoch: Epoch, output: any Output) throws(OperatorError) -> Progress {
    isAtBarrier = isEmitting
    return finishTime(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress {
    if isAtBarrier { return finishTime(output) }
    emit(output)
    return .done
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    let isFull = full || needsFull
    needsFull = false
    let held = rows.snapshot(full: isFull)
    var blocks = [rows.passed(of: context?.keyGroups ?? 0..<KeyGroup.count)]
    if context?.worker ?? 0 == 0 { blocks.append(WindowProgress.block(watermark)) }
    return JoinedSnapshot([held], blocks: blocks, isDelta: !isFull)
  }

  /// Emits what is left of the event time at hand.
  private func finishTime(_ output: any Output) -> Progress {
    let mark = rows.endOfPassedTime
    var isFirst = true
    while isAtBarrier, rows.holds(before: mark) {
      guard isFirst || output.hasCredit else { return .more }
      isFirst = false
      put(rows.take(before: mark, limit: rowLimit), output)
    }
    isAtBarrier = false
    return .done
  }

  private func put(_ batch: Batch?, _ output: any Output) {
    guard let batch else { return }
    context?.metrics.made.add(batch.rowCount)
    context?.metrics.rowsOut.add(batch.rowCount)
    output.emit(batch, port: .main)
  }

  /// Emits one batch, and more as long as there is credit.
  private func emit(_ output: any Output) {
    for step in 0..<Self.stepLimit where isEmitting {
      guard step == 0 || output.hasCredit else { return }
      guard let batch = rows.take(before: watermark, limit: rowLimit) else {
        isEmitting = false
        releasedWatermark = max(releasedWatermark, watermark)
        return
      }
      put(batch, output)
    }
  }
}
