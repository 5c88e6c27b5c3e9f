package import Plans
import Schemas

/// Moves filters towards the sources, so that fewer rows are computed and looked up.
///
/// A filter changes places with the step before it only if nobody else reads that step, no row can
/// fail in it, and no row is set aside in it that somebody reads. One that can fail itself stays
/// behind the steps that drop rows.
package struct FilterPushdown: OptimizerRule {
  package let name = "FilterPushdown"

  package init() {}

  /// O(nodes + exchanges): each exchange moves a filter one step up.
  package func apply(_ plan: LogicalPlan) -> LogicalPlan {
    var result = plan
    // An exchange leaves it at that how often each place is read.
    let readers = ReaderCounts(plan)
    // Errors are read by the filter's place.
    for id in plan.nodes.indices where !readers.readsErrors(of: id) {
      var place = id
      while let next = move(&result, place, readers) { place = next }
    }
    return result
  }

  /// Moves the filter at a place before the step that it reads; where it is then, nil if it stays.
  private func move(_ plan: inout LogicalPlan, _ id: Int, _ readers: ReaderCounts) -> Int? {
    guard case .filter(let condition) = plan.nodes[id].kind,
      let input = plan.nodes[id].inputs.first, input.output == .main,
      readers.hasOne(input.node),
      let moved = moved(condition, past: plan.nodes[input.node], input.node, readers)
    else { return nil }
    return exchange(&plan, id, input.node, moved) ? input.node : nil
  }

  /// The condition as it stands before the step; nil if it can't.
  private func moved(
    _ condition: Expression, past node: LogicalNode, _ id: Int, _ readers: ReaderCounts
  ) -> Expression? {
    guard !node.kind.isFallible else { return nil }
    switch node.kind {
    case .project(let columns):
      let values = Dictionary(
        columns.map { ($0.name, $0.expression) }, uniquingKeysWith: { first, _ in first })
      // What is computed for the filter and again for the column must be cheap.
      let isCheap = condition.columnNames.allSatisfy { name in
        switch values[name]?.node {
        case .column, .literal: true
        default: false
        }
      }
      return isCheap ? condition.substituting(values) : nil
    case .enrich(let spec):
      // A row that the step drops, or that it sets aside, must not fail before it.
      if spec.isRequired, condition.isFallible || readers.isRead(id, .unmatched) { return nil }
      let added = Set(spec.columns.map(\.name))
      return condition.columnNames.isDisjoint(with: added) ? condition : nil
    case .flatten(let spec):
      // The same for a row with an empty list; and one that fails does so for each element.
      let stays = condition.isFallible || condition.columnNames.contains(spec.name)
      return stays ? nil : condition
    default: return nil
    }
  }

  /// The step's place gets the filter, the filter's place the step; both keep their ids.
  private func exchange(
    _ plan: inout LogicalPlan, _ filter: Int, _ step: Int, _ condition: Expression
  ) -> Bool {
    guard let source = plan.nodes[step].inputs.first else { return false }
    var above = plan.nodes[filter]
    above.kind = .filter(condition)
    above.inputs = [source]
    above.schema = PlanVerifier.schema(of: source, in: plan)
    above.hasEventTime = plan.nodes[step].hasEventTime
    var below = plan.nodes[step]
    below.inputs = [LogicalInput(node: step)]
    plan.nodes[step] = above
    plan.nodes[filter] = below
    // An enrich's table stands before the enrich's old place, so before its new one too.
    return true
  }
}
