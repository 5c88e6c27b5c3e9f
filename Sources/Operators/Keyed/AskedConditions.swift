import Columns
import Expressions
import KeyedState
import Plans
import Schemas

/// What the steps of a `match` ask of rows that were taken before, bound to those rows' values.
final class AskedConditions: MatchConditions {
  private let filters: [Int: BoundFilter]
  private let steps: [String]

  init(
    _ asks: [PhysicalMatch.Ask], _ steps: [String], _ schema: Schema, _ stage: OperatorID,
    _ functions: ForeignFunctions
  ) throws(OperatorError) {
    var filters: [Int: BoundFilter] = [:]
    for ask in asks {
      do {
        filters[ask.step] = try BoundFilter(ask.condition, schema: schema, functions: functions)
      } catch {
        throw OperatorError(stage: stage, reason: "\(steps[ask.step]): \(error.description)")
      }
    }
    self.filters = filters
    self.steps = steps
  }

  func answer(_ step: Int, _ rows: Batch) -> (met: [Int], failed: [(row: Int, reason: String)]) {
    let asked = Batch(
      schema: rows.schema, columns: rows.columns, rowCount: rows.rowCount, hidden: rows.hidden)
    let failures = filters[step]?.apply(asked) ?? []
    let met = asked.selection?.rowNumbers ?? Array(0..<asked.rowCount)
    return (met, failures.map { ($0.row, "the condition of `\(steps[step])`: \($0.reason)") })
  }
}
