import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// A session window whose results are told more than once: puts out what has become of them when
/// open sessions tell theirs, when sessions close, and when rows come for those that have.
///
/// It stands behind an exchange by its keys and takes rows in any order, but for sessions with a
/// limit, which stand behind an `OrderOperator`. What is too late, by more than the window's
/// allowance, a `PunctualOperator` has set aside. As with `RefreshingWindowOperator`, all that a
/// watermark lets be told goes out before anything else happens.
final class RefreshingSessionOperator: Operator {
  private let store: RefreshingSessionStore
  private let inputs: WindowInputs
  private let schema: Schema
  private let results: ResultRouting
  private let rowLimit: Int
  private var outbox = Outbox()
  private var refresh: SessionRefresh?
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ window: PhysicalWindow, input: Schema,
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    let setup = try WindowSetup(window, plan.id)
    inputs = try setup.inputs(input)
    store = try setup.refreshingSessions()
    schema = window.resultSchema
    results = ResultRouting(plan, window)
    self.rowLimit = rowLimit
  }

  var states: [StateDeclaration] { store.declarations }

  /// Sessions that rows may still join.
  var sessionCount: Int { store.sessionCount }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    var restored = RestoredSessions()
    while let block = try reader.next() { store.restore(block, into: &restored) }
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
    refresh = store.advance(to: time, schema: schema, rowLimit: rowLimit)
    return try emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { try emit(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull, writesTime: context?.worker ?? 0 == 0)
  }

  /// Emits one batch, and more as long as there is credit.
  private func emit(_ output: any Output) throws(OperatorError) -> Progress {
    try outbox.drain(output) { outbox throws(OperatorError) in
      guard let change = refresh?.next() else {
        refresh = nil
        return false
      }
      try results.add(change.batch, change.failed, to: &outbox, output, context?.metrics)
      return true
    }
  }
}
