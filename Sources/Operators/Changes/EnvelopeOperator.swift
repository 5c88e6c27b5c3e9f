import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Turns changes into rows that only append: one for each, which holds the row before, the row
/// after, and what was done, `c`, `u` or `d`, as Debezium writes it.
final class EnvelopeOperator: Operator {
  private let schema: Schema
  private let row: Int
  /// For each column behind `before`, `after` and `op` the one of the input.
  private let carried: [Int]
  private var outbox = Outbox()
  private var context: (any OperatorContext)?

  init(_ plan: PhysicalOperator, row: String, input: Schema) throws(OperatorError) {
    schema = plan.schema
    self.row = try ColumnPlaces.find([row], in: input, plan.id)[0]
    carried = try ColumnPlaces.find(
      plan.schema.fields.dropFirst(3).map(\.name), in: input, plan.id)
  }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    let count = batch.selectedCount
    guard count > 0 else { return .done }
    context?.metrics.rowsIn.add(count)
    let changes = batch.changes
    let (value, newest) = (batch.columns[row], changes.map(\.newest))
    let word = ColumnBuilder(.string, capacity: changes.count)
    for change in changes { word.append(string: change.word) }
    let columns = [
      value.gathered(changes.map(\.before)), value.gathered(changes.map(\.after)), word.finish(),
    ]
    let result = Batch(
      schema: schema,
      columns: columns + carried.map { batch.columns[$0].gathered(rows: newest) },
      rowCount: changes.count, hidden: batch.hidden.gathered(rows: newest))
    result.hidden.rowKinds = nil
    context?.metrics.rowsOut.add(changes.count)
    // A pair has become one row.
    context?.metrics.absorbed.add(count - changes.count)
    outbox.add(result, .main, output)
    return outbox.flush(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }
}

extension Column {
  /// The rows at these places, null where there is none.
  fileprivate func gathered(_ places: [UInt32?]) -> Column {
    let builder = ColumnBuilder(type, capacity: places.count)
    for place in places {
      if let place { builder.append(from: self, row: Int(place)) } else { builder.appendNull() }
    }
    return builder.finish()
  }
}
