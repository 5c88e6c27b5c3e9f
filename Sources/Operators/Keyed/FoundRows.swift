import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Makes rows, and what a table holds for them, the rows of a look-up's result.
struct FoundRows {
  private enum Place {
    case input(Int)
    case added(Int)
  }

  private let schema: Schema
  private let isRequired: Bool
  private let columns: [Place]

  /// `values` are the table's columns, in the order in which they are found.
  init(
    _ plan: PhysicalOperator, input: Schema, values: [Field], added: [EnrichedColumn],
    isRequired: Bool
  ) throws(OperatorError) {
    schema = plan.schema
    self.isRequired = isRequired
    var columns: [Place] = []
    for field in plan.schema.fields {
      guard let added = added.first(where: { $0.name == field.name }) else {
        columns.append(.input(try ColumnPlaces.find([field.name], in: input, plan.id)[0]))
        continue
      }
      guard let place = values.firstIndex(where: { $0.name == added.tableColumn }) else {
        throw OperatorError(
          stage: plan.id, reason: "the table has no column \(added.tableColumn)")
      }
      columns.append(.added(place))
    }
    self.columns = columns
  }

  /// Puts rows out with what was found for each, or to `unmatched` as they are where a match is
  /// required. `missing`: those that found nothing, ascending.
  func put(
    _ rows: Batch, _ found: [Column], missing: [UInt32], _ metrics: OperatorMetrics?,
    _ outbox: inout Outbox, _ output: any Output
  ) {
    let isPart = isRequired && !missing.isEmpty
    let matched = isPart ? Selection.rows(of: rows, without: missing.map(Int.init)) : nil
    let result = Batch(
      schema: schema,
      columns: columns.map { place in
        switch place {
        case .input(let index): rows.columns[index]
        case .added(let index): found[index]
        }
      }, rowCount: rows.rowCount, selection: matched, hidden: rows.hidden)
    metrics?.rowsOut.add(result.selectedCount)
    outbox.add(result, .main, output)
    guard isPart else { return }
    metrics?.unmatched.add(missing.count)
    outbox.add(rows.gathered(rows: missing), .unmatched, output)
  }
}

/// A batch that is gone through piece by piece: where values are long texts few rows make a batch.
struct RowsInTurn {
  private var rest: (rows: Batch, start: Int)?

  /// `rows` have no selection.
  mutating func add(_ rows: Batch) { rest = (rows, 0) }

  /// The next of the rows, so many at most as are said of all; nil if there are none left.
  mutating func next(limit: (Batch) -> Int) -> Batch? {
    guard let (rows, start) = rest else { return nil }
    let end = min(start + limit(rows), rows.rowCount)
    rest = end < rows.rowCount ? (rows, end) : nil
    if start == 0 && end == rows.rowCount { return rows }
    return rows.gathered(rows: (start..<end).map(UInt32.init))
  }
}
