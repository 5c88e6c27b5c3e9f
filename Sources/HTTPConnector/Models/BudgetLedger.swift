import Plans
import Platform
import Synchronization

/// The budgets of this process's models: clients of one model share its, and so does the next
/// attempt of a run.
final class BudgetLedger: Sendable {
  private let budgets = Mutex<[ModelSpec: TokenBudgets]>([:])

  /// nil where the model has none.
  func budgets(of model: ModelSpec, _ clock: any Clock) -> TokenBudgets? {
    guard let budget = model.remote?.budget else { return nil }
    return budgets.withLock { all in
      let own = all[model] ?? TokenBudgets(budget, clock)
      all[model] = own
      return own
    }
  }
}
