package import Plans

/// A rewriting of a plan into one that gives the same rows for less work.
///
/// No rule moves a fallible expression before a filter that stood before it, nor a filter past a
/// fallible step: the rows that fail stay the same.
package protocol OptimizerRule: Sendable {
  var name: String { get }
  func apply(_ plan: LogicalPlan) -> LogicalPlan
}

/// Applies the rules in their order. Each result is verified; one that is no sound plan is thrown
/// away, so that a mistake of a rule costs speed and never rows.
package enum Optimization {
  package struct Outcome: Sendable {
    package var plan: LogicalPlan
    /// The rules that changed something.
    package var applied: [String]
    /// Rules whose result was no sound plan, and why. Empty unless there is a mistake in a rule.
    package var rejected: [(rule: String, reasons: [String])]
  }

  package static let rules: [any OptimizerRule] = [
    UnusedStepRemoval(), ConstantFolding(), FilterPushdown(), Fusion(), PartReading(),
    ProjectionPushdown(), PartPruning(),
  ]

  package static func optimise(
    _ plan: LogicalPlan, rules: [any OptimizerRule] = Optimization.rules
  ) -> Outcome {
    var outcome = Outcome(plan: plan, applied: [], rejected: [])
    for rule in rules {
      let result = rule.apply(outcome.plan)
      if result == outcome.plan { continue }
      let violations = PlanVerifier.violations(in: result)
      if violations.isEmpty {
        outcome.plan = result
        outcome.applied.append(rule.name)
      } else {
        outcome.rejected.append((rule.name, violations))
      }
    }
    return outcome
  }
}
