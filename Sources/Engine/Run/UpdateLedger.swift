import Checkpoints
import Plans
import Schemas

/// Who takes rows back must have had them, and is told of all that are gone: a step behind one that
/// updates and that one go on with their states together, or begin together.
struct UpdateLedger {
  let plan: PhysicalPlan

  /// `stored`: the steps of which the checkpoint holds state; `dropped`: those that lose it;
  /// `steered`: those that follow a table from here on.
  func refuseStrangers(
    _ stored: Set<OperatorID>, dropped: Set<OperatorID>, steered: Set<OperatorID>
  ) throws {
    let kept = stored.subtracting(dropped)
    for (index, step) in plan.operators.enumerated() where takesBack(step.kind) {
      let givers = plan.updateGivers(of: index).map { plan.operators[$0].id }
      if kept.contains(step.id) {
        guard let giver = givers.first(where: { !kept.contains($0) }) else { continue }
        throw forgotten(step.id, giver)
      }
      guard let giver = givers.first(where: kept.contains) else { continue }
      throw unknown(step.id, giver)
    }
    for step in plan.operators where !kept.contains(step.id) || steered.contains(step.id) {
      if let table = table(lookedIntoBy: step.kind), kept.contains(OperatorID(table)) {
        throw empty(step.id, table)
      }
    }
  }

  /// The table of a connector whose rows a step keeps: they are read once, for all steps.
  private func table(lookedIntoBy kind: PhysicalKind) -> String? {
    let name: String?
    switch kind {
    case .asOf(let asOf): name = asOf.table
    case .latest(let latest): name = latest.table
    case .execute(let task) where task.steering?.loaded == nil: name = task.steering?.table
    default: return nil
    }
    return plan.sources.contains { $0.spec.isTable && $0.spec.name == name } ? name : nil
  }

  private func empty(_ taker: OperatorID, _ table: String) -> RunFailure {
    RunFailure(
      .final,
      "`\(taker)` begins to look rows up in table `\(table)`, which was read already for other "
        + "steps: it would find none of the rows that came so far. `--fresh` begins anew; or "
        + "declare the table a second time under another name, look rows up in that one here, "
        + "and it is read from its beginning")
  }

  private func forgotten(_ taker: OperatorID, _ giver: OperatorID) -> RunFailure {
    RunFailure(
      .final,
      "`\(taker)` holds rows of `\(giver)`, which begins without its state and would never take "
        + "them back. `--fresh` begins anew; or give the stage of `\(taker)` another name too "
        + "(`aggregate … as NAME`; of `updates: final` the sink's), so that it begins anew with "
        + "`--allow-drop \(taker)`")
  }

  private func unknown(_ taker: OperatorID, _ giver: OperatorID) -> RunFailure {
    RunFailure(
      .final,
      "`\(taker)` takes back rows that `\(giver)` gave before, and has none of them. "
        + "`--fresh` begins anew; or give the stage of `\(giver)` another name "
        + "(`aggregate … as NAME`), so that it begins anew with `--allow-drop \(giver)`")
  }

  private func takesBack(_ kind: PhysicalKind) -> Bool {
    switch kind {
    case .running(let running): running.takesUpdates
    case .runningTop(let running): running.takesUpdates
    case .runningJoin(let join): join.running.takesUpdates
    case .latest(let latest): latest.takesUpdates
    case .changes(.final(let origin)): !origin.isEmpty
    default: false
    }
  }
}
