import Columns
import Plans

/// A part that stands in an expression several times, as the argument of a function that uses its
/// parameter more than once does: computed once for the same rows.
final class SharedEvaluator: Evaluator {
  private let inner: Evaluator
  private let slot: Int

  init(_ inner: Evaluator, slot: Int) {
    self.inner = inner
    self.slot = slot
    super.init(inner.type)
  }

  override func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    if let known = frame.shared[slot], known.selection == nil || known.selection === selection {
      return known.column
    }
    let column = inner.evaluate(frame, selection)
    frame.shared[slot] = (column, selection)
    return column
  }

  override var isInfallible: Bool { inner.isInfallible }
  override var cost: Int { inner.cost }
}

/// Finds the parts of an expression that stand in it several times.
final class SharedNodes {
  private var slots: [Expression: Int] = [:]
  /// Of each slot, once it is bound.
  var evaluators: [Int: Evaluator] = [:]

  init(of whole: Expression) {
    var seen: Set<Expression> = []
    visit(whole, &seen)
  }

  func slot(of expression: Expression) -> Int? { slots.isEmpty ? nil : slots[expression] }

  /// What a repeated part consists of is repeated with it, and not counted by itself.
  private func visit(_ expression: Expression, _ seen: inout Set<Expression>) {
    switch expression.node {
    case .column, .literal, .eventTime: return
    default: break
    }
    guard seen.insert(expression).inserted else {
      if slots[expression] == nil { slots[expression] = slots.count }
      return
    }
    for operand in expression.operands { visit(operand, &seen) }
  }
}
