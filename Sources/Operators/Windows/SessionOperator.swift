import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// A session or count window: gathers rows of a key that follow each other within a gap, or so many
/// rows, and emits a window when the watermark has passed its end.
///
/// It stands directly behind an `OrderOperator`, which brings it rows in event-time order.
final class SessionOperator: Operator {
  private let stage: OperatorID
  private let store: SessionStore
  private let inputs: WindowInputs
  private let schema: Schema
  private let results: ResultRouting
  private let rowLimit: Int
  private var outbox = Outbox()
  private var emission: SessionEmission?
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ window: PhysicalWindow, input: Schema,
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    let setup = try WindowSetup(window, plan.id)
    stage = plan.id
    inputs = try setup.inputs(input)
    store = try setup.sessions()
    schema = window.resultSchema
    results = ResultRouting(plan, window)
    self.rowLimit = rowLimit
  }

  var states: [StateDeclaration] { [store.declaration] }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    var restored = RestoredSessions()
    while let block = try reader.next() { store.restore(block.rows, into: &restored) }
    store.finishRestore(restored)
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    store.absorb(batch, inputs)
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    return .done
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    emission = SessionEmission(
      closing: store, watermark: time, schema: schema, rowLimit: rowLimit)
    return try emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { try emit(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull)
  }

  /// Emits one batch, and more as long as there is credit.
  private func emit(_ output: any Output) throws(OperatorError) -> Progress {
    try outbox.drain(output) { (outbox) throws(OperatorError) in
      guard let next = emission?.next() else {
        emission = nil
        return false
      }
      try results.add(next.rows, next.failed, to: &outbox, output, context?.metrics)
      return true
    }
  }
}
