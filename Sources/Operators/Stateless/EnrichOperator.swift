import Columns
import KeyedState
import Instruments
import Plans
import Schemas

/// Adds a table's columns to each row. A row without a match keeps nulls, or goes to the
/// `unmatched` output where a match is required.
final class EnrichOperator: Operator {
  private enum Place {
    case input(Int)
    case added(Int)
  }

  private let schema: Schema
  private let isRequired: Bool
  private let keys: [Int]
  private let places: [Place]
  private let added: [String]
  private let table: SharedTable
  /// That of the table to which it belongs.
  private var version: Int
  private var lookup: TableLookup
  private var outbox = Outbox()
  private var context: (any OperatorContext)?

  init(
    _ plan: PhysicalOperator, input: Schema, table: SharedTable, keys: [String],
    columns: [EnrichedColumn], isRequired: Bool
  ) throws(OperatorError) {
    added = columns.map(\.tableColumn)
    self.table = table
    // In front of the table: one that comes in between is taken twice.
    version = table.version
    let current = table.current
    guard let lookup = TableLookup(current, added: added) else {
      let wanted = added.joined(separator: ", ")
      throw OperatorError(
        stage: plan.id, reason: "the table has columns \(current.schema), not all of \(wanted)")
    }
    self.lookup = lookup
    self.isRequired = isRequired
    self.keys = try ColumnPlaces.find(keys, in: input, plan.id)
    schema = plan.schema
    var places: [Place] = []
    for field in plan.schema.fields {
      if let added = columns.firstIndex(where: { $0.name == field.name }) {
        places.append(.added(added))
      } else {
        places.append(.input(try ColumnPlaces.find([field.name], in: input, plan.id)[0]))
      }
    }
    self.places = places
  }

  func open(_ context: any OperatorContext) throws(OperatorError) { self.context = context }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    context?.metrics.rowsIn.add(batch.selectedCount)
    guard batch.selectedCount > 0 else { return .done }
    if table.version != version { takeAnew() }
    let found = lookup.find(keys.map { batch.columns[$0] }, of: batch)
    let columns = places.map { place in
      switch place {
      case .input(let index): batch.columns[index]
      case .added(let index): found.columns[index]
      }
    }
    let selection = isRequired ? found.matched ?? batch.selection : batch.selection
    let enriched = Batch(
      schema: schema, columns: columns, rowCount: batch.rowCount, selection: selection,
      hidden: batch.hidden)
    if isRequired { enriched.mendPairs() }
    context?.metrics.rowsOut.add(enriched.selectedCount)
    outbox.add(enriched, .main, output)
    if isRequired, let unmatched = found.unmatched {
      context?.metrics.unmatched.add(unmatched.count)
      batch.selection = unmatched
      batch.mendPairs()
      outbox.add(batch, .unmatched, output)
    }
    return outbox.flush(output)
  }

  /// The table was read anew; its columns are the same.
  private func takeAnew() {
    version = table.version
    lookup = TableLookup(table.current, added: added) ?? lookup
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { outbox.flush(output) }
}
