import Plans
import Schemas

/// What a condition says about nulls: the columns that hold a value where it is true, or false, or
/// no more than not the other of the two: a condition over nulls is neither.
enum Facts {
  static func whenTrue(_ condition: Expression) -> Set<String> {
    switch condition.node {
    case .column, .member: return condition.settledPath
    case .not(let operand): return whenFalse(operand)
    case .and(let operands):
      return operands.reduce(into: []) { $0.formUnion(whenTrue($1)) }
    case .or(let operands):
      return intersection(operands.map(whenTrue))
    case .call, .isIn: return settled(condition)
    default: return []
    }
  }

  static func whenFalse(_ condition: Expression) -> Set<String> {
    switch condition.node {
    case .column, .member: return condition.settledPath
    case .isNull(let operand): return settled(operand)
    case .not(let operand): return whenTrue(operand)
    case .or(let operands):
      return operands.reduce(into: []) { $0.formUnion(whenFalse($1)) }
    case .and(let operands):
      return intersection(operands.map(whenFalse))
    case .call: return settled(condition)
    default: return []
    }
  }

  /// Where it is false or null: behind an `else`, and behind the earlier operands of an `or`.
  static func whenNotTrue(_ condition: Expression) -> Set<String> {
    switch condition.node {
    case .not(let operand): return whenNotFalse(operand)
    case .or(let operands):
      return operands.reduce(into: []) { $0.formUnion(whenNotTrue($1)) }
    case .and(let operands): return intersection(operands.map(whenNotTrue))
    default: return condition.isNullable ? [] : whenFalse(condition)
    }
  }

  /// Where it is true or null: behind the earlier operands of an `and`.
  static func whenNotFalse(_ condition: Expression) -> Set<String> {
    switch condition.node {
    case .not(let operand): return whenNotTrue(operand)
    case .and(let operands):
      return operands.reduce(into: []) { $0.formUnion(whenNotFalse($1)) }
    case .or(let operands): return intersection(operands.map(whenNotFalse))
    default: return condition.isNullable ? [] : whenTrue(condition)
    }
  }

  /// The columns that must hold a value for the expression to have one.
  private static func settled(_ expression: Expression) -> Set<String> {
    switch expression.node {
    case .column, .member: return expression.settledPath
    case .each(let operation, let list, _, _) where operation == .map || operation == .filter:
      return settled(list)
    case .cast(let operand, _), .not(let operand): return settled(operand)
    case .isIn(let value, _): return settled(value)
    case .call(let name, let arguments):
      let signature = FunctionCatalogue.signature(of: name, types: arguments.map(\.type))
      switch signature?.nulls {
      case .propagates: return arguments.reduce(into: []) { $0.formUnion(settled($1)) }
      case .first: return arguments.first.map(settled) ?? []
      default: return []
      }
    default: return []
    }
  }

  private static func intersection(_ sets: [Set<String>]) -> Set<String> {
    guard let first = sets.first else { return [] }
    return sets.dropFirst().reduce(first) { $0.intersection($1) }
  }
}

extension Expression {
  /// What facts call it: a column by its name, a field of a struct `user.id`.
  var settledName: String? {
    switch node {
    case .column(let name): name
    case .member(let base, let name): base.settledName.map { "\($0).\(name)" }
    default: nil
    }
  }

  /// It and all that it is a part of.
  var settledPath: Set<String> {
    var found: Set<String> = []
    var part = self
    while true {
      if let name = part.settledName { found.insert(name) }
      guard case .member(let base, _) = part.node else { return found }
      part = base
    }
  }
}
