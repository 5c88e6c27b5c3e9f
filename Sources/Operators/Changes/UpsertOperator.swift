import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Turns the newest rows of keys, as a source brings them, into changes: an insertion, an update
/// with the row as it was, a deletion. A row that is what it was before says nothing, nor does a
/// deletion of what is not there.
///
/// It stands behind an exchange by the key and holds nothing back; a row keeps its event time.
final class UpsertOperator: Operator {
  private let store: UpsertStore
  private let rowLimit: Int
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(
    _ plan: PhysicalOperator, _ upserts: PhysicalUpserts, input: Schema,
    rowLimit: Int = Batch.rowLimit
  ) throws(OperatorError) {
    self.rowLimit = rowLimit
    store = UpsertStore(
      schema: plan.schema, keys: try ColumnPlaces.find(upserts.keys, in: input, plan.id),
      tellsTimes: upserts.tellsTimes)
  }

  var states: [StateDeclaration] { [store.declaration] }

  /// Keys that have a row.
  var rowCount: Int { store.count }

  var waiting: Waiting { store.waiting }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() { store.restore(block.rows) }
    needsFull = true
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard batch.selectedCount > 0 else { return .done }
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    for change in store.absorb(batch, rowLimit: rowLimit) {
      context?.metrics.made.add(change.rowCount)
      context?.metrics.rowsOut.add(change.rowCount)
      outbox.add(change, .main, output)
    }
    return outbox.flush(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull)
  }
}
