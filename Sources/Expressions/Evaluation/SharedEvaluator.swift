import Columns
import Plans

/// A part that stands several times in expressions that are evaluated together, as the argument of
/// a function that uses its parameter more than once does: computed once for the same rows.
final class SharedEvaluator: Evaluator {
  private let inner: Evaluator
  private let slot: Int

  init(_ inner: Evaluator, slot: Int) {
    self.inner = inner
    self.slot = slot
    super.init(inner.type)
  }

  override func evaluate(_ frame: Frame, _ selection: Selection?) -> Column {
    if let known = frame.shared(slot), Self.covers(known.selection, selection) {
      return known.column
    }
    let column = inner.evaluate(frame, selection)
    frame.share(slot, column, selection)
    return column
  }

  /// Whether what was computed for some rows holds all of others: those of a branch are found again
  /// in each expression that has it.
  private static func covers(_ known: Selection?, _ wanted: Selection?) -> Bool {
    guard let known, known !== wanted else { return true }
    guard let wanted, known.count == wanted.count else { return false }
    for place in 0..<known.count where known.rows[place] != wanted.rows[place] { return false }
    return true
  }

  override var isInfallible: Bool { inner.isInfallible }
  override var cost: Int { inner.cost }
}

/// Finds the parts of expressions that stand in them several times.
final class SharedNodes {
  private var slots: [Expression: Int] = [:]
  /// Of each slot, once it is bound.
  var evaluators: [Int: Evaluator] = [:]

  init(of whole: [Expression]) {
    var seen: Set<Expression> = []
    for expression in whole { visit(expression, &seen) }
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
