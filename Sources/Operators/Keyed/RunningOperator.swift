import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// A running aggregate: takes the rows of its keys as they come, and puts out what has become of
/// the results of each batch's groups.
///
/// It holds nothing back. A result's event time is the largest of its rows so far, and its lane is
/// its key's hash.
final class RunningOperator: Operator {
  private let stage: OperatorID
  private let store: RunningStore
  private let inputs: WindowInputs
  private let results: ResultRouting
  private let rowLimit: Int
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ running: PhysicalRunning, input: Schema,
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    stage = plan.id
    self.rowLimit = rowLimit
    let specs = running.aggregates.map { WindowSetup.spec($0) }
    do throws(UnknownAggregate) {
      store = try RunningStore(
        keys: running.keys, aggregates: specs, results: running.resultSchema,
        takesBack: running.takesUpdates, tellsTimes: running.tellsTimes, origin: running.origin)
    } catch {
      throw WindowSetup.unknown(error.spec, plan.id)
    }
    inputs = try WindowSetup.inputs(running.keys, running.aggregates, input, plan.id)
    results = ResultRouting(plan, running.aggregates, running.resultSchema)
  }

  var states: [StateDeclaration] { store.declarations }

  /// Groups that have a result.
  var groupCount: Int { store.count }

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
    guard batch.selectedCount > 0 else { return .done }
    guard store.takesBack || batch.hidden.rowKinds == nil else {
      throw Intake.bug(stage, "rows are taken back, and the plan has none")
    }
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    for change in store.absorb(batch, inputs, rowLimit: rowLimit) {
      try results.add(change.batch, change.failed, to: &outbox, output, context?.metrics)
    }
    return outbox.flush(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull)
  }
}
