import Columns
import KeyedState
import Instruments
import Plans
import Schemas

/// Puts the rows of several inputs with the same columns into one stream, as they come.
///
/// One row of a source may come by several inputs: each makes an order tag of its own of it.
final class UnionOperator: Operator {
  private let schema: Schema
  /// For each input the place of each output column; nil where they stand in order already.
  private let places: [[Int]?]
  private var context: (any OperatorContext)?

  init(_ plan: PhysicalOperator, inputs: [Schema]) throws(OperatorError) {
    schema = plan.schema
    var places: [[Int]?] = []
    for input in inputs {
      let columns = try ColumnPlaces.find(
        plan.schema.fields.map(\.name), in: input, plan.id)
      places.append(columns == Array(0..<input.count) ? nil : columns)
    }
    self.places = places
  }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    let columns = places[input].map { $0.map { batch.columns[$0] } } ?? batch.columns
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.rowsOut.add(batch.selectedCount)
    guard batch.selectedCount > 0 else { return .done }
    let result = Batch(
      schema: schema, columns: columns, rowCount: batch.rowCount, selection: batch.selection,
      hidden: batch.hidden)
    let inputs = places.count
    result.hidden.places = batch.hidden.places.map { places in
      places.mapInts(.int) { $0 &* Int64(inputs) &+ Int64(input) }
    }
    output.emit(result, port: .main)
    return .done
  }
}
