import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Passes rows on as long as few enough of their key passed before, and puts the others out at
/// `capped`.
///
/// It stands directly behind an `OrderOperator`, so that which rows those are does not depend on
/// how partitions are read.
final class FrequencyCapOperator: Operator {
  private let stage: OperatorID
  private let store: FrequencyCapStore
  private let keys: [Int]
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, keys: [String], _ caps: [FrequencyCap], input: Schema
  ) throws(OperatorError) {
    stage = plan.id
    self.keys = try ColumnPlaces.find(keys, in: input, plan.id)
    store = FrequencyCapStore(
      keys: self.keys.map { input[$0] },
      caps: caps.map { FrequencyCapStore.Cap(count: $0.count, span: $0.span) })
  }

  var states: [StateDeclaration] { [store.declaration] }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    var blocks: [Batch] = []
    while let block = try reader.next() { blocks.append(block.rows) }
    store.finishRestore(blocks)
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage) else { return .done }
    let batch = batch.gathered()
    let (passed, capped) = store.take(batch, keys: keys)
    context?.metrics.rowsIn.add(batch.rowCount)
    context?.metrics.rowsOut.add(passed.count)
    context?.metrics.filtered.add(capped.count)
    if capped.count > 0 { outbox.add(batch.selecting(capped), .capped, output) }
    if passed.count > 0 { outbox.add(batch.selecting(passed), .main, output) }
    return outbox.flush(output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    store.advance(to: time)
    return .done
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull)
  }
}
