import Checkpoints
import Plans
import Schemas

/// Who takes rows back must have had them: a step behind one that updates can't begin without its
/// state where the other goes on with its own.
struct UpdateLedger {
  let plan: PhysicalPlan

  /// `stored`: the steps of which the checkpoint holds state; `dropped`: those that lose it.
  func refuseStrangers(_ stored: Set<OperatorID>, dropped: Set<OperatorID>) throws {
    let kept = stored.subtracting(dropped)
    for (index, step) in plan.operators.enumerated()
    where takesBack(step.kind) && !kept.contains(step.id) {
      guard let giver = givers(of: index).first(where: kept.contains) else { continue }
      throw RunFailure(
        .final,
        "`\(step.id)` takes back rows that `\(giver)` gave before, and has none of them. "
          + "`--fresh` begins anew; or give the stage of `\(giver)` another name "
          + "(`aggregate … as NAME`), so that it begins anew with `--allow-drop \(giver)`")
    }
  }

  private func takesBack(_ kind: PhysicalKind) -> Bool {
    switch kind {
    case .running(let running): running.takesUpdates
    case .changes(.final(let origin)): !origin.isEmpty
    default: false
    }
  }

  /// The nearest steps before one that give rows which update.
  private func givers(of index: PhysicalPlan.Index) -> [OperatorID] {
    var found: [OperatorID] = []
    var open = plan.operators[index].inputs.map(\.from)
    var seen = Set(open)
    while let next = open.popLast() {
      if case .running = plan.operators[next].kind {
        found.append(plan.operators[next].id)
        continue
      }
      for edge in plan.operators[next].inputs where seen.insert(edge.from).inserted {
        open.append(edge.from)
      }
    }
    return found
  }
}
