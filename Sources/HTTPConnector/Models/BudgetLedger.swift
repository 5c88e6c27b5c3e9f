import Plans
import Platform
import Synchronization

/// The budgets of this process's models, each version's its own: clients of one model share its,
/// and so does the next attempt of a run.
final class BudgetLedger: Sendable {
  private struct Payer: Hashable {
    var model: ModelSpec
    var version: Int?
  }

  private let budgets = Mutex<[Payer: TokenBudgets]>([:])

  /// nil where the model has none.
  func budgets(of model: ModelSpec, version: Int?, _ clock: any Clock) -> TokenBudgets? {
    guard let budget = model.remote?.budget else { return nil }
    let payer = Payer(model: model, version: version)
    return budgets.withLock { all in
      let own = all[payer] ?? TokenBudgets(budget, clock)
      all[payer] = own
      return own
    }
  }
}
