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

  /// A value of more nodes is not put into others: a long chain of steps would become one deep
  /// expression, which is gone through again with each of them.
  private static let mostNodes = 64

  /// O(nodes): each step takes up those before it, which stand fused already.
  package func apply(_ plan: LogicalPlan) -> LogicalPlan {
    var result = plan
    let readers = ReaderCounts(plan)
    var gone: Set<Int> = []
    // Filters that took up others, none of which can fail but the last: it is asked of each once.
    var fallible: [Int: Bool] = [:]
    for id in plan.nodes.indices {
      while let before = takeUp(&result, id, readers, &fallible) { gone.insert(before) }
    }
    return gone.isEmpty ? plan : result.keeping(Set(plan.nodes.indices).subtracting(gone))
  }

  /// Puts the step that a step reads into it; nil if it can't.
  private func takeUp(
    _ plan: inout LogicalPlan, _ id: Int, _ readers: ReaderCounts, _ fallible: inout [Int: Bool]
  ) -> Int? {
    guard plan.nodes[id].inputs.count == 1, let input = plan.nodes[id].inputs.first,
      input.output == .main, readers.hasOne(input.node),
      plan.route(of: id) == plan.route(of: input.node), !readers.readsErrors(of: id)
    else { return nil }
    if canConnect(plan.nodes[input.node].kind, input.node, plan.nodes[id].kind, id, &fallible) {
      connectFilters(&plan, input.node, id)
    } else if case .project(let inner) = plan.nodes[input.node].kind,
      case .project(let outer) = plan.nodes[id].kind,
      let kind = fused(inner, of: plan.nodes[input.node].id, outer)
    {
      plan.nodes[id].kind = kind
    } else {
      return nil
    }
    if plan.nodes[id].documentation.isEmpty {
      plan.nodes[id].documentation = plan.nodes[input.node].documentation
    }
    plan.nodes[id].inputs = plan.nodes[input.node].inputs
    return input.node
  }

  private func canConnect(
    _ first: LogicalKind, _ firstID: Int, _ second: LogicalKind, _ secondID: Int,
    _ fallible: inout [Int: Bool]
  ) -> Bool {
    guard case .filter(let a) = first, case .filter(let b) = second else { return false }
    let canFirstFail = fallible[firstID] ?? a.isFallible
    let canSecondFail = fallible[secondID] ?? b.isFallible
    fallible[firstID] = canFirstFail
    fallible[secondID] = canSecondFail
    return !canFirstFail && (!canSecondFail || !a.isNullable)
  }

  /// Puts the condition of the first filter before that of the second.
  private func connectFilters(_ plan: inout LogicalPlan, _ first: Int, _ second: Int) {
    guard case .filter(let a) = plan.nodes[first].kind,
      case .filter(let b) = plan.nodes[second].kind
    else { return }
    let type = FieldType(.bool, nullable: a.isNullable || b.isNullable)
    // The step goes, so its operands are taken and not copied: a chain may have thousands.
    plan.nodes[first].kind = .union
    var both = operands(consume a)
    both += operands(b)
    plan.nodes[second].kind = .filter(Expression(.and(both), type))
  }

  private func operands(_ condition: consuming Expression) -> [Expression] {
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
      if isPlain {
        values[column.name] = column.expression
        continue
      }
      let isBuried = times > 0 && !carried.contains(column.name)
      if times > 1 || isBuried && column.expression.hasMoreNodes(than: Self.mostNodes) {
        return nil
      }
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

extension Expression {
  /// O(limit).
  fileprivate func hasMoreNodes(than limit: Int) -> Bool {
    var open = [self]
    var count = 0
    while let next = open.popLast() {
      count += 1
      if count > limit { return true }
      open += next.operands
    }
    return false
  }
}
