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

  package func apply(_ plan: LogicalPlan) -> LogicalPlan {
    var result = plan
    while let next = step(result) { result = next }
    return result
  }

  private func step(_ plan: LogicalPlan) -> LogicalPlan? {
    for id in plan.nodes.indices {
      guard let input = plan.nodes[id].inputs.first, input.output == .main,
        plan.readers(of: input.node).count == 1,
        plan.route(of: id) == plan.route(of: input.node), !plan.isRead(id, .errors)
      else { continue }
      if let kind = fused(plan.nodes[input.node], plan.nodes[id].kind) {
        var result = plan
        result.nodes[id].kind = kind
        if result.nodes[id].documentation.isEmpty {
          result.nodes[id].documentation = plan.nodes[input.node].documentation
        }
        return result.bypassing(input.node)
      }
    }
    return nil
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
    for column in outer { count(column.expression, &uses) }
    var values: [String: Expression] = [:]
    var origins: [String: NamedExpression.Origin] = [:]
    for column in inner {
      let times = uses[column.name] ?? 0
      if column.expression.isFallible {
        // Behind a branch it would be computed for some rows only.
        let isCarried = outer.contains { $0.expression.node == .column(column.name) }
        if times != 1 || !isCarried { return nil }
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
  }
}
