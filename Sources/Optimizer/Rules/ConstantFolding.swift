package import Plans
import Schemas

/// Computes what is the same for every row, and leaves out conditions that always hold.
///
/// Only what can be computed without a doubt is: an expression that would fail stays and fails its
/// rows.
package struct ConstantFolding: OptimizerRule {
  package let name = "ConstantFolding"

  package init() {}

  package func apply(_ plan: LogicalPlan) -> LogicalPlan {
    var result = plan
    result.nodes = plan.nodes.map { $0.mapExpressions(fold) }
    let readers = ReaderCounts(result)
    let idle = result.nodes.indices.filter { index in
      guard case .filter(let condition) = result.nodes[index].kind else { return false }
      return condition.node == .literal(.bool(true)) && !readers.readsErrors(of: index)
    }
    return result.bypassing(Set(idle))
  }

  func fold(_ expression: Expression) -> Expression {
    let inner = expression.replacingOperands(fold)
    if case .literal = inner.node { return inner }
    if inner.isConstant, let value = ConstantEvaluation.value(of: inner) {
      return Expression(.literal(value), inner.fieldType)
    }
    return simplify(inner)
  }

  private func simplify(_ expression: Expression) -> Expression {
    switch expression.node {
    case .and(let operands): return connect(operands, neutral: true, expression)
    case .or(let operands): return connect(operands, neutral: false, expression)
    case .not(let operand):
      if case .not(let inner) = operand.node { return inner }
      return expression
    case .branch(let branches, let otherwise):
      return branch(branches, otherwise, expression)
    default: return expression
    }
  }

  /// `x and true` is `x`; what follows `and false` is never looked at.
  private func connect(
    _ operands: [Expression], neutral: Bool, _ whole: Expression
  ) -> Expression {
    var kept: [Expression] = []
    for operand in operands where operand.node != .literal(.bool(neutral)) {
      kept.append(operand)
      if operand.node == .literal(.bool(!neutral)) { break }
    }
    // A decisive operand in front decides all.
    if kept.first?.node == .literal(.bool(!neutral)) { return kept[0] }
    if kept.isEmpty { return .literal(.bool(neutral), .bool) }
    if kept.count == 1 { return kept[0] }
    var result = whole
    result.node = neutral ? .and(kept) : .or(kept)
    return result
  }

  /// Branches that are never taken go; one that always is ends the list.
  private func branch(
    _ branches: [Expression.Branch], _ otherwise: Expression?, _ whole: Expression
  ) -> Expression {
    var kept: [Expression.Branch] = []
    var last = otherwise
    for branch in branches {
      if case .literal(let value) = branch.condition.node {
        if value == .bool(true) {
          last = branch.value
          break
        }
        continue
      }
      kept.append(branch)
    }
    if kept.isEmpty { return last ?? .literal(.null, whole.type) }
    var result = whole
    result.node = .branch(kept, otherwise: last)
    return result
  }
}
