import Columns
import Expressions
import Instruments
import KeyedState
import Plans
import Schemas

/// A row for each element of a list; a row whose list is empty or null gives none.
///
/// An element has its row's order tag with its number in the list below it. One row may give a
/// million: what was taken in is put out batch by batch, as long as there is credit, each within
/// the limits of rows and bytes.
final class FlattenOperator: Operator {
  private let list: BoundExpression
  private let element: DataType
  /// For each column behind: the one of the input; nil for the element.
  private let places: [Int?]
  private let schema: Schema
  private let routing: ErrorRouting
  private let rowLimit: Int
  private let byteLimit: Int
  private var outbox = Outbox()
  /// The batch that is being put out.
  private var pending: (batch: Batch, lists: ListUnfolding)?
  private var context: (any OperatorContext)?

  init(
    _ plan: PhysicalOperator, _ spec: FlattenSpec, input: Schema, rowLimit: Int = Batch.rowLimit,
    byteLimit: Int = TextLimit.batchBytes
  ) throws(OperatorError) {
    do {
      list = try BoundExpression(spec.list, schema: input)
    } catch {
      throw OperatorError(stage: plan.id, reason: error.description)
    }
    element = spec.element.type
    schema = plan.schema
    var places: [Int?] = []
    for field in plan.schema.fields {
      places.append(
        field.name == spec.name
          ? nil : try ColumnPlaces.find([field.name], in: input, plan.id)[0])
    }
    self.places = places
    routing = ErrorRouting(plan)
    self.rowLimit = rowLimit
    self.byteLimit = byteLimit
  }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard batch.selectedCount > 0 else { return .done }
    context?.metrics.rowsIn.add(batch.selectedCount)
    let result = list.evaluate(batch)
    var rows = batch.selection?.rowNumbers ?? Array(0..<batch.rowCount)
    if !result.failures.isEmpty {
      let all = result.failures.map {
        FailedRow(row: $0.row, reason: "column `\(schema.fields.last?.name ?? "")`: \($0.reason)")
      }
      let failed = all.present(in: batch)
      context?.metrics.failed.add(failed.count)
      context?.metrics.filtered.add(all.count - failed.count)
      if let errors = try routing.route(failed, of: batch) { outbox.add(errors, .errors, output) }
      let numbers = Set(all.map(\.row))
      rows.removeAll { numbers.contains($0) }
    }
    let lists = ListUnfolding(
      batch, lists: result.column, of: element, rows: rows, carrying: places.compactMap { $0 })
    pending = (batch, lists)
    return emit(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { emit(output) }

  /// Emits one batch, and more as long as there is credit.
  private func emit(_ output: any Output) -> Progress {
    outbox.drain(output) { outbox in
      guard let batch = next() else { return false }
      context?.metrics.rowsOut.add(batch.rowCount)
      outbox.add(batch, .main, output)
      return true
    }
  }

  /// The next rows; nil where all are out.
  private func next() -> Batch? {
    guard let batch = pending?.batch,
      let step = pending?.lists.step(rowLimit: rowLimit, byteLimit: byteLimit)
    else {
      pending = nil
      return nil
    }
    let columns = places.map { place in
      place.map { batch.columns[$0].gathered(rows: step.rows) } ?? step.elements
    }
    let result = Batch(
      schema: schema, columns: columns, rowCount: step.rows.count,
      hidden: batch.hidden.gathered(rows: step.rows))
    // Elements of a row before and of the row behind it are no pairs.
    result.partPairs()
    result.hidden.places = result.hidden.places.map { places in
      places.mapInts(.int, step.numbers) { OrderTag.place(of: $1, in: $0) }
    }
    return result
  }
}
