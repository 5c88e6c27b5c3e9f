public import Schemas

/// Expressions as the language writes them, with as few parentheses as their meaning needs.
extension Expression: CustomStringConvertible {
  public var description: String { text(above: 0) }

  /// In parentheses if what surrounds it binds tighter than it does.
  private func text(above outer: Int) -> String {
    let (text, own) = plain
    return own < outer ? "(\(text))" : text
  }

  private var plain: (String, Int) {
    switch node {
    case .column(let name): return (LambdaParameter.written(name), 20)
    case .literal(let literal): return (literal.description(as: type), 20)
    case .eventTime: return ("event time", 20)
    case .call(let name, let arguments): return callText(name, arguments)
    case .cast(let operand, let isTry):
      return ("\(isTry ? "try_cast" : "cast")(\(operand) as \(type))", 20)
    case .branch(let branches, let otherwise):
      let cases = branches.map { "\($0.condition) => \($0.value)" }
      let all = cases + (otherwise.map { ["else => \($0)"] } ?? [])
      return ("case { \(all.joined(separator: ", ")) }", 20)
    case .coalesce(let operands): return (joined(operands, " ?? ", 10), 10)
    case .and(let operands): return (joined(operands, " and ", 5), 5)
    case .or(let operands): return (joined(operands, " or ", 4), 4)
    case .not(let operand):
      if case .isNull(let value) = operand.node {
        return ("\(value.text(above: 10)) is not null", 8)
      }
      return ("not \(operand.text(above: 6))", 6)
    case .isNull(let operand): return ("\(operand.text(above: 10)) is null", 8)
    case .isIn(let value, let members):
      let list = members.map(\.description).joined(separator: ", ")
      return ("\(value.text(above: 10)) in [\(list)]", 8)
    case .member, .list, .structure, .each: return (nestedText, 20)
    }
  }

  private var nestedText: String {
    switch node {
    case .member(let base, let name): return "\(base.text(above: 20)).\(name)"
    case .list(let elements): return "[\(elements.map(\.description).joined(separator: ", "))]"
    case .structure(let values):
      guard case .structure(let fields) = type else { return "{}" }
      let members = zip(fields, values).map { "\($0.name): \($1)" }
      return members.isEmpty ? "{}" : "{ \(members.joined(separator: ", ")) }"
    case .each(let operation, let list, let parameter, let body):
      let name = LambdaParameter.written(parameter.name)
      return "\(list.text(above: 20)).\(operation.rawValue)(\(name) => \(body))"
    default: return ""
    }
  }

  private static let symbols: [String: (String, Int)] = [
    "add": ("+", 13), "subtract": ("-", 13), "multiply": ("*", 14), "divide": ("/", 14),
    "modulo": ("%", 14), "concat": ("++", 12), "equal": ("==", 8), "not_equal": ("!=", 8),
    "less": ("<", 8), "less_equal": ("<=", 8), "greater": (">", 8), "greater_equal": (">=", 8),
    "like": ("like", 8), "matches": ("matches", 8),
  ]

  private func callText(_ name: String, _ arguments: [Expression]) -> (String, Int) {
    if name == "at", arguments.count == 2 {
      return ("\(arguments[0].text(above: 20))[\(arguments[1])]", 20)
    }
    if name == "negate", arguments.count == 1 { return ("-\(arguments[0].text(above: 15))", 15) }
    if let (symbol, level) = Self.symbols[name], arguments.count >= 2 {
      let left = arguments[0].text(above: level == 8 ? 9 : level)
      let rest = arguments.dropFirst().map { $0.text(above: level + 1) }
      return (([left] + rest).joined(separator: " \(symbol) "), level)
    }
    return ("\(name)(\(arguments.map(\.description).joined(separator: ", ")))", 20)
  }

  private func joined(_ operands: [Expression], _ separator: String, _ level: Int) -> String {
    operands.map { $0.text(above: level + 1) }.joined(separator: separator)
  }
}

extension Literal {
  /// As the language writes a value of this type.
  public func description(as type: DataType) -> String {
    switch self {
    case .null: return "null"
    case .bool(let value): return "\(value)"
    case .int(let value): return "\(value)"
    case .float(let value): return "\(value)"
    case .decimal(let unscaled, let scale): return DecimalText.text(unscaled, scale: scale)
    case .string(let value): return Self.quoted(value)
    case .bytes(let value): return "\(value.count) bytes"
    case .timestamp(let value): return "timestamp \"\(TimeRendering.timestamp(value))\""
    case .date(let value): return "date \"\(TimeRendering.date(value))\""
    case .duration(let value): return TimeRendering.duration(value)
    case .list(let values):
      return "[\(values.map { $0.description(as: type) }.joined(separator: ", "))]"
    }
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text.unicodeScalars {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default: result.unicodeScalars.append(character)
      }
    }
    return result + "\""
  }
}
