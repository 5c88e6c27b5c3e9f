import Diagnostics
import Plans
import Schemas
import Syntax

/// What a task says of the rows of a stream: values that are computed in front of the stage, each
/// once, and what needs none.
final class RowValues {
  let checker: ExpressionChecker
  private let options: OptionChecker
  private(set) var values: [NamedExpression] = []

  init(_ options: OptionChecker, _ checker: ExpressionChecker) {
    self.options = options
    self.checker = checker
  }

  /// The name under which the task finds the value.
  func name(of value: Expression) -> String {
    if let known = values.first(where: { $0.expression == value }) { return known.name }
    let name = ExecuteSpec.valueName(values.count)
    values.append(NamedExpression(name, value))
    return name
  }

  /// A member of JSON: a constant, what only a start knows, or a value of any type. Nil where it
  /// was reported.
  func member(_ syntax: ExpressionSyntax) -> OptionValue? {
    if isPlain(syntax) { return options.plain(syntax) }
    let value = checker.check(syntax)
    if value.isNull { return .null }
    return settled(value, at: syntax.span).map(option)
  }

  /// A part of a text.
  func text(_ syntax: ExpressionSyntax) -> OptionValue? {
    if isPlain(syntax) { return options.plain(syntax) }
    let value = checker.check(syntax)
    return settled(value, at: syntax.span).map { option(Conversion.cast($0, to: .string)) }
  }

  /// A text that stands in the row as a whole.
  func whole(_ syntax: ExpressionSyntax, place: String) -> OptionValue? {
    if isPlain(syntax) { return options.plain(syntax) }
    let value = checker.check(syntax, as: FieldType(.string, nullable: true), place: place)
    return value.type == .unknown ? nil : option(value)
  }

  /// A value that tells tasks apart. Nil where it was reported.
  func group(_ syntax: ExpressionSyntax, _ option: String) -> String? {
    guard let value = settled(checker.check(syntax), at: syntax.span) else { return nil }
    if value.isConstant {
      checker.report(TaskProblem.sameForAll(option), at: syntax.span)
      return nil
    }
    return name(of: value)
  }

  /// A value of a wanted type.
  func value(_ syntax: ExpressionSyntax, as type: FieldType, _ option: String) -> String? {
    let value = checker.check(syntax, as: type, place: "`\(option)`")
    return value.type == .unknown ? nil : name(of: value)
  }

  /// Null needs a type.
  private func settled(_ value: Typed, at span: Span) -> Expression? {
    if value.isUntyped { checker.report(TypeProblem.untyped(value.type), at: span) }
    return value.type.holdsUnknown ? nil : value.expression
  }

  /// Literals, and what only a start knows.
  private func isPlain(_ syntax: ExpressionSyntax) -> Bool {
    switch syntax.kind {
    case .literal(let literal):
      switch literal {
      case .bool, .int, .float, .decimal: true
      default: false
      }
    case .call(let call):
      call.receiver == nil && Definitions.optionCalls.contains(call.function.text)
    default: false
    }
  }

  /// A constant stands in the task itself, if JSON has its type.
  private func option(_ value: Expression) -> OptionValue {
    guard value.isConstant, let literal = ConstantEvaluation.value(of: value) else {
      return .key(name(of: value))
    }
    switch literal {
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value): return .float(value)
    case .string(let text) where value.type == .string: return .string(text)
    default: return .key(name(of: value))
    }
  }
}
