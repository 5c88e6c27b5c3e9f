import Columns
import Expressions
import Instruments
import KeyedState
import Plans
import Schemas

/// Makes rows and their answers the rows of the stage's outputs.
struct AnsweredRows {
  private enum Place {
    case input(Int)
    /// Of the table's columns that are read, and the one row of its fallback.
    case added(Int, fallback: Column)
  }

  private let stage: OperatorID
  /// What messages call the table.
  private let table: String
  private let isModel: Bool
  private let routing: ErrorRouting
  private let schema: Schema
  private let isRequired: Bool
  private let places: [Place]

  init(
    _ plan: PhysicalOperator, input: Schema, table: TableSpec, columns: [EnrichedColumn],
    isRequired: Bool
  ) throws(OperatorError) {
    stage = plan.id
    self.table = table.place
    isModel = table.model != nil
    routing = ErrorRouting(plan)
    schema = plan.schema
    self.isRequired = isRequired
    let read = table.decoding.columns.map(\.field)
    var places: [Place] = []
    for field in plan.schema.fields {
      guard let added = columns.first(where: { $0.name == field.name }) else {
        places.append(.input(try ColumnPlaces.find([field.name], in: input, plan.id)[0]))
        continue
      }
      guard let place = read.firstIndex(where: { $0.name == added.tableColumn }) else {
        throw OperatorError(stage: plan.id, reason: "the table has no column \(added.tableColumn)")
      }
      let value = table.lookup?.fallback?.values.first { $0.column == added.tableColumn }?.value
      do throws(BindingError) {
        let fallback = try LiteralColumn.make(value ?? .null, read[place].type)
        places.append(.added(place, fallback: fallback))
      } catch {
        throw OperatorError(stage: plan.id, reason: "the fallback of \(field.name): \(error)")
      }
    }
    self.places = places
  }

  /// Whether a row that fails does not stop the pipeline.
  var goesOn: Bool { routing.route != .fail }

  /// Puts out what of a piece's rows has no answer that adds columns, and says which have. All of
  /// them have their answers. `rows` ascend.
  func sort(
    _ piece: AskedRows, _ rows: [UInt32], _ metrics: OperatorMetrics?, _ outbox: inout Outbox,
    _ output: any Output
  ) throws(OperatorError) -> [UInt32] {
    var matched: [UInt32] = []
    var unmatched: [UInt32] = []
    var failed: [FailedRow] = []
    matched.reserveCapacity(rows.count)
    for row in rows {
      switch piece.found[Int(row)] {
      case .failed(let failure)?:
        if !goesOn { throw stopping(failure, noAnswer, Int(row), of: piece.rows) }
        failed.append(FailedRow(row: Int(row), reason: failure.reason))
      case .unreadable(let reason)?:
        let failure = LookupFailure(reason, isRetriable: false)
        if !goesOn {
          throw stopping(failure, isModel ? noAnswer : Self.mend, Int(row), of: piece.rows)
        }
        failed.append(FailedRow(row: Int(row), reason: reason))
      case .missing? where isRequired: unmatched.append(row)
      default: matched.append(row)
      }
    }
    metrics?.made.add(rows.count)
    metrics?.rowsOut.add(matched.count)
    metrics?.unmatched.add(unmatched.count)
    metrics?.failed.add(failed.count)
    if !unmatched.isEmpty {
      outbox.add(piece.rows.gathered(rows: unmatched), .unmatched, output)
    }
    if let errors = try routing.route(failed, of: piece.rows) {
      outbox.add(errors, .errors, output)
    }
    return matched
  }

  /// How many of these rows, from the first on, make one batch: many may have one large answer,
  /// and a batch holds only so much text.
  func part(of rows: ArraySlice<UInt32>, _ piece: AskedRows) -> Int {
    let largest = rows.reduce(0) { max($0, piece.found[Int($1)]?.batch?.textBytes ?? 0) }
    let (most, overflows) = largest.multipliedReportingOverflow(by: rows.count)
    guard overflows || most > TextLimit.batchBytes else { return rows.count }
    var left = TextLimit.batchBytes
    for (count, row) in rows.enumerated() {
      guard case .row(let batch, let found)? = piece.found[Int(row)] else { continue }
      left -= batch.textBytes(found)
      if left < 0, count > 0 { return count }
    }
    return rows.count
  }

  /// The rows with their answers.
  func enriched(_ piece: AskedRows, _ rows: [UInt32]) -> Batch {
    let own =
      rows.count == piece.rows.rowCount ? piece.rows : piece.rows.gathered(rows: rows)
    let columns = places.map { place in
      switch place {
      case .input(let index): own.columns[index]
      case .added(let index, let fallback): column(index, fallback, piece, rows)
      }
    }
    return Batch(schema: schema, columns: columns, rowCount: rows.count, hidden: own.hidden)
  }

  private func column(
    _ index: Int, _ fallback: Column, _ piece: AskedRows, _ rows: [UInt32]
  ) -> Column {
    let builder = ColumnBuilder(fallback.type, capacity: rows.count)
    for row in rows {
      switch piece.found[Int(row)] {
      case .row(let batch, let found)?:
        builder.append(from: batch.rows.columns[index], row: found)
      case .fallback?: builder.append(from: fallback, row: 0)
      default: builder.appendNull()
      }
    }
    return builder.finish()
  }

  private static let routes =
    "write `on_error skip` or `on_error dead_letter to …` at the end of this stage"

  private static let mend =
    "Mend the row under that key, or let the pipeline go on without it: \(routes)"

  private var noAnswer: String {
    "Let the pipeline go on without an answer: give \(table) a `fallback`, or "
      + Self.routes
  }

  private func stopping(
    _ failure: LookupFailure, _ advice: String, _ row: Int, of batch: Batch
  ) -> OperatorError {
    OperatorError(
      stage: stage, reason: "\(failure.reason). \(advice)",
      origin: FailedRows.origin(of: row, in: batch), isRetriable: failure.isRetriable)
  }
}
