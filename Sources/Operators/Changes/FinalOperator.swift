import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Keeps the rows that are there, and puts them out when the input ends.
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
  /// Whether all rows are out and none has come since: an attempt that dies behind a checkpoint
  /// which says so must not put them out again.
  private var isTold = false
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
        origin: origin)
    } catch {
      throw WindowSetup.unknown(error.spec, plan.id)
    }
    inputs = WindowInputs(keys: Array(plan.schema.fields.indices), aggregates: [])
  }

  var states: [StateDeclaration] { store.declarations + [ToldRows.declaration] }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      if block.state == ToldRows.declaration.name {
        isTold = ToldRows.areTold(block.rows)
      } else {
        store.restore(block)
      }
    }
    store.finishRestore()
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    if batch.selectedCount > 0 { isTold = false }
    store.keep(batch, inputs)
    return .done
  }

  func finish(_ output: any Output) throws(OperatorError) -> Progress {
    if !isTold { leaving = store.remaining() }
    return emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { emit(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    let isFull = full || needsFull
    return JoinedSnapshot(
      [store.snapshot(full: isFull)], blocks: [ToldRows.block(isTold)], isDelta: !isFull)
  }

  private func emit(_ output: any Output) -> Progress {
    outbox.drain(output) { outbox in
      guard let batch = leaving?.next(schema, rowLimit: rowLimit) else {
        leaving = nil
        isTold = true
        return false
      }
      context?.metrics.made.add(batch.rowCount)
      context?.metrics.rowsOut.add(batch.rowCount)
      outbox.add(batch, .main, output)
      return true
    }
  }
}
