extension Expression {
  /// The expression with its direct operands replaced, in the order of `operands`.
  public func replacingOperands(_ change: (Expression) -> Expression) -> Expression {
    var result = self
    switch node {
    case .column, .literal, .eventTime: break
    case .call(let name, let arguments): result.node = .call(name, arguments.map(change))
    case .cast(let operand, let isTry): result.node = .cast(change(operand), isTry: isTry)
    case .not(let operand): result.node = .not(change(operand))
    case .isNull(let operand): result.node = .isNull(change(operand))
    case .branch(let branches, let otherwise):
      result.node = .branch(
        branches.map { Branch(condition: change($0.condition), value: change($0.value)) },
        otherwise: otherwise.map(change))
    case .coalesce(let operands): result.node = .coalesce(operands.map(change))
    case .and(let operands): result.node = .and(operands.map(change))
    case .or(let operands): result.node = .or(operands.map(change))
    case .isIn(let value, let members): result.node = .isIn(change(value), members.map(change))
    case .member(let base, let name): result.node = .member(change(base), name)
    case .list(let elements): result.node = .list(elements.map(change))
    case .structure(let fields): result.node = .structure(fields.map(change))
    case .each(let operation, let list, let parameter, let body):
      result.node = .each(operation, change(list), parameter: parameter, body: change(body))
    }
    return result
  }

  /// With other expressions in the place of columns.
  public func substituting(_ columns: [String: Expression]) -> Expression {
    if case .column(let name) = node { return columns[name] ?? self }
    return replacingOperands { $0.substituting(columns) }
  }

  /// With other names for columns.
  public func renaming(_ names: [String: String]) -> Expression {
    if case .column(let name) = node {
      return Expression(.column(names[name] ?? name), fieldType)
    }
    return replacingOperands { $0.renaming(names) }
  }
}
