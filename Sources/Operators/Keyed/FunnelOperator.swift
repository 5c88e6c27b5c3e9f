import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Follows each key through the steps of a funnel, and puts out a row for each attempt that ends.
///
/// It stands directly behind an `OrderOperator`, which brings it rows in event-time order. What a
/// row ends has the row's time, what time ends has the last at which a step counted: neither is
/// behind the watermark that was passed on.
final class FunnelOperator: Operator {
  private let stage: OperatorID
  private let store: FunnelStore
  private let keys: [Int]
  private let mask: Int
  /// The watermark that closes what is put out; nil while rows do.
  private var closing: Timestamp?
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ funnel: PhysicalFunnel, input: Schema,
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    keys = try ColumnPlaces.find(funnel.keys.map(\.name), in: input, plan.id)
    mask = try ColumnPlaces.find([funnel.mask], in: input, plan.id)[0]
    store = FunnelStore(
      keys: funnel.keys, steps: funnel.steps.count, span: funnel.span, isStrict: funnel.isStrict,
      schema: funnel.schema, rowLimit: rowLimit)
  }

  var states: [StateDeclaration] { [store.declaration] }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() { store.restore(block.rows) }
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard try Intake.hasRows(batch, stage) else { return .done }
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    store.take(batch.gathered(), keys: keys, mask: mask)
    closing = nil
    return emit(output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    closing = time
    return emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { emit(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull)
  }

  /// Emits one batch, and more as long as there is credit.
  private func emit(_ output: any Output) -> Progress {
    outbox.drain(output) { outbox in
      guard let rows = store.next(closing) else { return false }
      context?.metrics.made.add(rows.rowCount)
      context?.metrics.rowsOut.add(rows.rowCount)
      outbox.add(rows, .main, output)
      return true
    }
  }
}
