package import Plans
import Schemas

/// Computes one field of a function's struct by the function of that field: `utm(url).source` by
/// `utm_source(url)`, so that the others are not looked for.
package struct PartReading: OptimizerRule {
  package let name = "PartReading"

  package init() {}

  package func apply(_ plan: LogicalPlan) -> LogicalPlan {
    var result = plan
    result.nodes = plan.nodes.map { $0.mapExpressions(rewrite) }
    return result
  }

  private func rewrite(_ expression: Expression) -> Expression {
    let inner = expression.replacingOperands(rewrite)
    guard case .member(let base, let field) = inner.node,
      case .call(let whole, let arguments) = base.node,
      let part = FunctionCatalogue.function(giving: field, of: whole)
    else { return inner }
    return Expression(.call(part, arguments), inner.fieldType)
  }
}
