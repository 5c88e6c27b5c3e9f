import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// What becomes of a window's results: those whose aggregates do not fit their types go the way of
/// failed rows, the others on.
struct ResultRouting {
  private let schema: Schema
  /// What is said of an aggregate whose value does not fit, by its name.
  private let overflows: [String: String]
  private let routing: ErrorRouting

  init(_ plan: PhysicalOperator, _ window: PhysicalWindow) {
    self.init(plan, window.aggregates, window.resultSchema)
  }

  init(_ plan: PhysicalOperator, _ aggregates: [PhysicalWindow.Aggregate], _ schema: Schema) {
    self.schema = schema
    overflows = aggregates.reduce(into: [:]) { texts, aggregate in
      texts[aggregate.name] =
        "column `\(aggregate.result)`: the result of `\(aggregate.function)` is too large for "
        + "\(aggregate.fieldType.type)"
    }
    routing = ErrorRouting(plan)
  }

  /// Puts results into the outbox. `broken`: by row, why it is no result at all.
  func add(
    _ batch: Batch, _ failures: [FailedResult], broken: [Int: String] = [:],
    to outbox: inout Outbox, _ output: any Output, _ metrics: OperatorMetrics?
  ) throws(OperatorError) {
    metrics?.made.add(batch.rowCount)
    if !failures.isEmpty || !broken.isEmpty {
      var reasons = broken
      for failure in failures where reasons[failure.row] == nil {
        reasons[failure.row] = overflows[failure.aggregate]
      }
      let rows = reasons.keys.sorted()
      let failed = rows.map { FailedRow(row: $0, reason: reasons[$0] ?? "") }
      let sound = hiding(Set(failures.map(\.aggregate)), of: batch)
      if let errors = try routing.route(failed, of: sound) {
        outbox.add(errors, .errors, output)
      }
      batch.selection = .rows(of: batch, without: rows)
      metrics?.failed.add(rows.count)
    }
    metrics?.rowsOut.add(batch.selectedCount)
    outbox.add(batch, .main, output)
  }

  /// The rows as a message or dead letter shows them: a value that does not fit is none.
  private func hiding(_ names: Set<String>, of batch: Batch) -> Batch {
    var shown = schema
    for index in shown.fields.indices where names.contains(shown.fields[index].name) {
      shown.fields[index].isHidden = true
    }
    return Batch(
      schema: shown, columns: batch.columns, rowCount: batch.rowCount, selection: batch.selection,
      hidden: batch.hidden)
  }
}
