import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// The second phase of a window whose results are told more than once: merges partial rows, and
/// puts out what has become of results when open windows tell theirs, when windows close, and when
/// rows come for windows that have.
///
/// All that a watermark lets be told goes out before anything else happens, also before a barrier:
/// so no checkpoint stands between a result and what is kept of it. A result's event time is the
/// last microsecond of its window, also of an early one, and its lane is its key's hash.
final class RefreshingWindowOperator: Operator {
  private let stage: OperatorID
  private let store: RefreshingWindowStore
  private let schema: Schema
  private let results: ResultRouting
  private let rowLimit: Int
  private var outbox = Outbox()
  private var refresh: WindowRefresh?
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ window: PhysicalWindow, rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    store = try WindowSetup(window, plan.id).refreshingStore()
    schema = window.resultSchema
    results = ResultRouting(plan, window)
    self.rowLimit = rowLimit
  }

  var states: [StateDeclaration] { store.declarations }

  /// Groups in all panes.
  var groupCount: Int { store.groupCount }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() { store.restore(block) }
    store.finishRestore()
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    let late = store.merge(batch)
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    // Nobody could say any more which rows those were: better to stop than to lose them.
    guard late == 0 else {
      throw Intake.bug(
        stage, "\(late) groups came for windows that the watermark \(store.watermark) has ended")
    }
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
