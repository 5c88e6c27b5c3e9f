import Columns
import Connectors
import Plans
import Platform
import Synchronization

/// Tells that a model's budget is used up, once in its span: rows that wait for it say nothing.
final class BudgetNotices: Sendable {
  private let place: String
  private let budget: TokenBudget
  private let environment: ConnectorEnvironment
  private let toldAt = Mutex<UInt64?>(nil)

  /// nil where there is no budget. `table`: of a model, or one of its versions.
  init?(_ table: TableSpec, _ environment: ConnectorEnvironment) {
    guard let budget = table.model?.remote?.budget else { return nil }
    place = table.place
    self.budget = budget
    self.environment = environment
  }

  /// Any thread. `goesOn`: rows do not wait.
  func look(at result: Result<LookupAnswer, LookupFailure>, goesOn: Bool) {
    guard case .success(let answer) = result else { return }
    let waits = answer.postponed.values.filter(\.isUsedUp).map(\.time)
    guard let wait = waits.min() else { return }
    let now = environment.clock.monotonic()
    let isNews = toldAt.withLock { toldAt in
      if let before = toldAt, (now &- before) / 1_000 < UInt64(max(budget.span, 0)) { return false }
      toldAt = now
      return true
    }
    guard isNews else { return }
    let span = TimeRendering.duration(budget.span)
    let whose = budget.column.map { ", which a value of `\($0)` has" } ?? ""
    // Whole milliseconds, or it would be told to the microsecond.
    let left = TimeRendering.duration(max((wait + 999) / 1_000, 1) * 1_000)
    environment.notify(
      "\(place) has used up its budget of \(budget.tokens) tokens in \(span)\(whose); "
        + (goesOn
          ? "rows go on without its answer, for \(left) at first"
          : "rows wait for it, at first for \(left)"))
  }
}
