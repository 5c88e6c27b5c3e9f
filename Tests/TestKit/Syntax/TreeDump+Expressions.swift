import Syntax

extension ExpressionSyntax {
  var dump: String {
    switch kind {
    case .literal(let literal): literal.dump
    case .text(let text): text.dump
    case .name(let name): name.text
    case .member(let operand, let name): "\(operand.dump).\(name.text)"
    case .element(let list, let index): "\(list.dump)[\(index.dump)]"
    case .call(let call): call.dump
    case .negated(let operand): "(- \(operand.dump))"
    case .not(let operand): "(not \(operand.dump))"
    case .binary(let it): "(\(it.operator.rawValue) \(it.left.dump) \(it.right.dump))"
    case .and(let operands): "(and \(operands.map(\.dump).joined(separator: " ")))"
    case .or(let operands): "(or \(operands.map(\.dump).joined(separator: " ")))"
    case .isNull(let operand, let isNegated):
      "(is\(isNegated ? " not" : "") null \(operand.dump))"
    case .contained(let operand, let list, let isNegated):
      "(\(isNegated ? "not " : "")in \(operand.dump) \(list.dump))"
    case .between(let operand, let low, let high, let isNegated):
      "(\(isNegated ? "not " : "")between \(operand.dump) \(low.dump) \(high.dump))"
    case .like(let operand, let pattern, let isNegated):
      "(\(isNegated ? "not " : "")like \(operand.dump) \(pattern.dump))"
    case .matches(let operand, let pattern, let isNegated):
      "(\(isNegated ? "not " : "")matches \(operand.dump) \(pattern.dump))"
    case .conditional(let condition, let value, let otherwise):
      "(if \(condition.dump) \(value.dump) \(otherwise.dump))"
    case .cases(let branches, let otherwise):
      "(case "
        + branches.map { "\($0.condition.dump) => \($0.value.dump), " }.joined()
        + "else => \(otherwise?.dump ?? "-"))"
    case .cast(let operand, let type, let isTry):
      "(\(isTry ? "try_cast" : "cast") \(operand.dump) \(type.dump))"
    case .list(let elements): "[" + elements.map(\.dump).joined(separator: ", ") + "]"
    case .object(let object): object.dump
    case .lambda(let parameters, let body):
      "(\(parameters.map(\.text).joined(separator: " ")) => \(body.dump))"
    case .missing: "?"
    }
  }
}

extension ObjectSyntax {
  var dump: String {
    "{" + members.map { "\($0.name.text): \($0.value.dump)" }.joined(separator: "; ") + "}"
  }
}

extension LiteralSyntax {
  var dump: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .decimal(let unscaled, let scale): "\(unscaled)e-\(scale)"
    case .float(let value): "\(value)f"
    case .duration(let micros): "\(micros)us"
    case .percentage(let share): "share \(share)"
    case .rate(let rate): "\(rate)/s"
    case .timestamp(let text): "timestamp \(text.debugDescription)"
    case .date(let text): "date \(text.debugDescription)"
    }
  }
}

extension TextSyntax {
  var dump: String {
    if let constant { return constant.debugDescription }
    let parts = pieces.map { piece in
      switch piece {
      case .text(let text): text.debugDescription
      case .expression(let value): value.dump
      }
    }
    return "(text \(parts.joined(separator: " ")))"
  }
}

extension ArgumentSyntax {
  var dump: String { (label.map { "\($0.text): " } ?? "") + value.dump }
}

extension CallSyntax {
  var dump: String {
    (receiver.map { "\($0.dump)." } ?? "") + function.text + "("
      + arguments.map(\.dump).joined(separator: ", ")
      + (filter.map { " where \($0.dump)" } ?? "") + ")"
  }
}
