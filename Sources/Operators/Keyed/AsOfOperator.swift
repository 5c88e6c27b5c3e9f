import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Adds to each row what a table held for its key at its event time.
///
/// It stands directly behind an `OrderOperator`, which brings it the table's rows and those that
/// look them up in event-time order. A row without a match keeps nulls, or goes to the `unmatched`
/// output, with all of its input's columns, where a match is required.
final class AsOfOperator: Operator {
  private let stage: OperatorID
  private let found: FoundRows
  private let store: VersionStore
  private var rest = RowsInTurn()
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(_ plan: PhysicalOperator, _ asOf: PhysicalAsOf, input: Schema) throws(OperatorError) {
    stage = plan.id
    let places = VersionStore.Places(
      keys: try ColumnPlaces.find(asOf.keys.map(\.name), in: input, plan.id),
      version: try ColumnPlaces.find([asOf.version], in: input, plan.id)[0],
      deleted: try ColumnPlaces.find([asOf.deleted], in: input, plan.id)[0],
      values: try ColumnPlaces.find(asOf.values.map(\.name), in: input, plan.id))
    store = VersionStore(
      table: asOf.table,
      keys: zip(asOf.tableKeys, asOf.keys).map { Field($0, $1.fieldType, hidden: $1.isHidden) },
      values: asOf.values, places: places,
      expiry: asOf.expiry)
    found = try FoundRows(
      plan, input: input, values: asOf.values, added: asOf.columns, isRequired: asOf.isRequired)
  }

  var states: [StateDeclaration] { [store.declaration] }

  /// Keys of which a version is kept.
  var keptCount: Int { store.count }

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
    rest.add(batch.gathered())
    return goOn(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { goOn(output) }

  /// Looks up as much as there is room for.
  private func goOn(_ output: any Output) -> Progress {
    outbox.drain(output) { outbox in
      guard let part = rest.next(limit: { store.rowLimit(of: $0) }) else { return false }
      lookUp(part, &outbox, output)
      return true
    }
  }

  private func lookUp(_ batch: Batch, _ outbox: inout Outbox, _ output: any Output) {
    let seen = store.absorb(batch)
    context?.metrics.absorbed.add(batch.rowCount - seen.rows.count)
    guard !seen.rows.isEmpty else { return }
    let rows = seen.rows.count == batch.rowCount ? batch : batch.gathered(rows: seen.rows)
    found.put(rows, seen.columns, missing: seen.missing, context?.metrics, &outbox, output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    store.expire(time)
    return .done
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    defer { needsFull = false }
    return store.snapshot(full: full || needsFull)
  }
}
