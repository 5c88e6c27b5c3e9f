import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Keeps the rows that are there, and when the input ends puts out those that the last ending did
/// not leave.
///
/// Which these are lies beside the rows. No barrier comes while they are put out, so a checkpoint
/// knows none or all of them as told, and an attempt that dies behind it puts none out again.
///
/// Rows are taken back by their values, so it stands behind an exchange by all columns.
final class FinalOperator: Operator {
  private let schema: Schema
  private let store: RunningStore
  private let inputs: WindowInputs
  private let rowLimit: Int
  private var leaving: RemainingRows?
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, origin: String, rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    schema = plan.schema
    self.rowLimit = rowLimit
    do throws(UnknownAggregate) {
      store = try RunningStore(
        keys: plan.schema.fields, aggregates: [], results: plan.schema, takesBack: true,
        tellsRemaining: true, origin: origin)
    } catch {
      throw WindowSetup.unknown(error.spec, plan.id)
    }
    inputs = WindowInputs(keys: Array(plan.schema.fields.indices), aggregates: [])
  }

  var states: [StateDeclaration] { store.declarations }

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
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    store.keep(batch, inputs)
    return .done
  }

  func finish(_ output: any Output) throws(OperatorError) -> Progress {
    leaving = store.remaining()
    return emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { emit(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull)
  }

  private func emit(_ output: any Output) -> Progress {
    outbox.drain(output) { outbox in
      guard let batch = leaving?.next(schema, rowLimit: rowLimit) else {
        leaving = nil
        return false
      }
      context?.metrics.made.add(batch.rowCount)
      context?.metrics.rowsOut.add(batch.rowCount)
      outbox.add(batch, .main, output)
      return true
    }
  }
}
