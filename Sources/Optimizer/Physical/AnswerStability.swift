import Plans

/// Decides whose answers are written down before they leave: those of models whose rows come to an
/// end that may show them twice, where the definition does not say otherwise. Shown twice they are
/// the same.
enum AnswerStability {
  /// O(operators + edges).
  static func decide(_ plan: inout PhysicalPlan) {
    let shown = stepsShownTwice(in: plan)
    let fleeting = stepsOfFleetingTimes(in: plan)
    for (index, step) in plan.operators.enumerated() {
      guard case .ask(let lookup, _, _, _) = step.kind, let policy = plan.lookups[lookup].lookup
      else { continue }
      for lookup in plan.asked(from: lookup) {
        if plan.lookups[lookup].model != nil, policy.isStable == nil {
          plan.lookups[lookup].lookup?.isStable = shown.contains(index)
        }
        if fleeting.contains(index) { plan.lookups[lookup].lookup?.hasLastingTimes = false }
      }
    }
  }

  /// Those whose rows come to a sink that is at least once, or into a call.
  private static func stepsShownTwice(in plan: PhysicalPlan) -> Set<PhysicalPlan.Index> {
    var found: Set<PhysicalPlan.Index> = []
    for (index, step) in plan.operators.enumerated().reversed() {
      switch step.kind {
      case .sink(let sink) where sink.delivery == .atLeastOnce: found.insert(index)
      case .execute: found.insert(index)
      default: break
      }
      if found.contains(index) { found.formUnion(step.inputs.map(\.from)) }
    }
    return found
  }

  /// Those whose rows have the time of their arrival, or that of the end of a call, which is
  /// another one when they come again.
  private static func stepsOfFleetingTimes(in plan: PhysicalPlan) -> Set<PhysicalPlan.Index> {
    var found: Set<PhysicalPlan.Index> = []
    for (index, step) in plan.operators.enumerated() {
      let isFleeting =
        switch step.kind {
        case .source(let source): source.eventTime?.origin == .arrival
        case .execute: true
        default: step.inputs.contains { found.contains($0.from) }
        }
      if isFleeting { found.insert(index) }
    }
    return found
  }
}
