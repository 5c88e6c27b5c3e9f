package import Plans
import Schemas

/// Makes one step of two neighbours of a kind: filters, projections.
///
/// Filters: `a and b` looks at `b` for rows where `a` is null too, so `b` must not be able to fail,
/// unless `a` is never null; nor may `a`, whose failures the one step would name as those of `b`.
/// Projections: no value is computed twice, none that can fail is lost, and each such value
/// remembers its stage.
package struct Fusion: OptimizerRule {
  package let name = "Fusion"

  package init() {}

  /// O(nodes): each step takes up those before it, which stand fused already.
  package func apply(_ plan: LogicalPlan) -> LogicalPlan {
    var result = plan
    let readers = ReaderCounts(plan)
    var gone: Set<Int> = []
    for id in plan.nodes.indices {
      while let before = takeUp(&result, id, readers) { gone.insert(before) }
    }
    return gone.isEmpty ? plan : result.keeping(Set(plan.nodes.indices).subtracting(gone))
  }

  /// Puts the step that a step reads into it; nil if it can't.
  private func takeUp(_ plan: inout LogicalPlan, _ id: Int, _ readers: ReaderCounts) -> Int? {
    guard plan.nodes[id].inputs.count == 1, let input = plan.nodes[id].inputs.first,
      input.output == .main, readers.hasOne(input.node),
      plan.route(of: id) == plan.route(of: input.node), !readers.readsErrors(of: id),
      let kind = fused(plan.nodes[input.node], plan.nodes[id].kind)
    else { return nil }
    plan.nodes[id].kind = kind
    if plan.nodes[id].documentation.isEmpty {
      plan.nodes[id].documentation = plan.nodes[input.node].documentation
    }
    plan.nodes[id].inputs = plan.nodes[input.node].inputs
    return input.node
  }

  private func fused(_ first: LogicalNode, _ second: LogicalKind) -> LogicalKind? {
    switch (first.kind, second) {
    case (.filter(let a), .filter(let b)):
      guard !a.isFallible, !b.isFallible || !a.isNullable else { return nil }
      let nullable = a.isNullable || b.isNullable
      let both = Expression(
        .and(operands(a) + operands(b)), FieldType(.bool, nullable: nullable))
      return .filter(both)
    case (.project(let inner), .project(let outer)): return fused(inner, of: first.id, outer)
    default: return nil
    }
  }

  private func operands(_ condition: Expression) -> [Expression] {
    if case .and(let operands) = condition.node { return operands }
    return [condition]
  }

  private func fused(
    _ inner: [NamedExpression], of stage: OperatorID, _ outer: [NamedExpression]
  ) -> LogicalKind? {
    var uses: [String: Int] = [:]
    var carried: Set<String> = []
    for column in outer {
      count(column.expression, &uses)
      if case .column(let name) = column.expression.node { carried.insert(name) }
    }
    var values: [String: Expression] = [:]
    var origins: [String: NamedExpression.Origin] = [:]
    for column in inner {
      let times = uses[column.name] ?? 0
      if column.expression.isFallible {
        // Behind a branch it would be computed for some rows only.
        if times != 1 || !carried.contains(column.name) { return nil }
        origins[column.name] =
          column.origin ?? NamedExpression.Origin(stage: stage, column: column.name)
      }
      let isPlain =
        switch column.expression.node {
        case .column, .literal: true
        default: false
        }
      if times > 1, !isPlain { return nil }
      values[column.name] = column.expression
    }
    return .project(
      outer.map { column in
        var result = column.replacing(column.expression.substituting(values))
        if case .column(let name) = column.expression.node, let origin = origins[name] {
          result.origin = origin
        }
        return result
      })
  }

  private func count(_ expression: Expression, _ uses: inout [String: Int]) {
    if case .column(let name) = expression.node { uses[name, default: 0] += 1 }
    for operand in expression.operands { count(operand, &uses) }
    // What a lambda reads of its row would be computed for each element.
    if case .each(_, _, _, let body) = expression.node { count(body, &uses) }
  }
}
