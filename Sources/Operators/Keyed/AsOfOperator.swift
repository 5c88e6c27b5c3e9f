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
  private enum Place {
    case input(Int)
    case added(Int)
  }

  private let stage: OperatorID
  private let schema: Schema
  private let isRequired: Bool
  private let columns: [Place]
  private let store: VersionStore
  /// Rows that are not looked up yet, from a place on: where values are long texts few rows make a
  /// batch.
  private var rest: (rows: Batch, start: Int)?
  private var outbox = Outbox()
  private var context: (any OperatorContext)?
  /// Whether the next snapshot can't be a delta: nothing says what a restore brought.
  private var needsFull = true

  init(_ plan: PhysicalOperator, _ asOf: PhysicalAsOf, input: Schema) throws(OperatorError) {
    stage = plan.id
    schema = plan.schema
    isRequired = asOf.isRequired
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
    var columns: [Place] = []
    for field in plan.schema.fields {
      if let added = asOf.columns.first(where: { $0.name == field.name }) {
        let place = asOf.values.firstIndex { $0.name == added.tableColumn }
        guard let place else {
          throw OperatorError(
            stage: plan.id, reason: "the table has no column \(added.tableColumn)")
        }
        columns.append(.added(place))
      } else {
        columns.append(.input(try ColumnPlaces.find([field.name], in: input, plan.id)[0]))
      }
    }
    self.columns = columns
  }

  var states: [StateDeclaration] { [store.declaration] }

  /// Keys of which a version is kept.
  var keptCount: Int { store.count }

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
    rest = (batch.gathered(), 0)
    return goOn(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { goOn(output) }

  /// Looks up as much as there is room for.
  private func goOn(_ output: any Output) -> Progress {
    outbox.drain(output) { outbox in
      guard let (rows, start) = rest else { return false }
      let end = min(start + store.rowLimit(of: rows), rows.rowCount)
      rest = end < rows.rowCount ? (rows, end) : nil
      let isAll = start == 0 && end == rows.rowCount
      let part = isAll ? rows : rows.gathered(rows: (start..<end).map(UInt32.init))
      lookUp(part, &outbox, output)
      return true
    }
  }

  private func lookUp(_ batch: Batch, _ outbox: inout Outbox, _ output: any Output) {
    let found = store.absorb(batch)
    context?.metrics.absorbed.add(batch.rowCount - found.rows.count)
    guard !found.rows.isEmpty else { return }
    let rows = found.rows.count == batch.rowCount ? batch : batch.gathered(rows: found.rows)
    let isPart = isRequired && !found.missing.isEmpty
    let matched = isPart ? Selection.rows(of: rows, without: found.missing.map(Int.init)) : nil
    let result = Batch(
      schema: schema,
      columns: columns.map { place in
        switch place {
        case .input(let index): rows.columns[index]
        case .added(let index): found.columns[index]
        }
      }, rowCount: rows.rowCount, selection: matched, hidden: rows.hidden)
    context?.metrics.rowsOut.add(result.selectedCount)
    outbox.add(result, .main, output)
    guard isPart else { return }
    context?.metrics.unmatched.add(found.missing.count)
    outbox.add(rows.gathered(rows: found.missing), .unmatched, output)
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
