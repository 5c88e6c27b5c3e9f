import Diagnostics
import Plans
import Schemas
import Syntax

/// Gives an expression its types, in the sight of one row's columns. What is wrong is reported once
/// and becomes `Typed.wrong`, which fits everywhere and stays silent.
final class ExpressionChecker {
  /// Whose names an expression sees besides those of its row.
  enum Place {
    case stage
    /// A function's body: its row are the parameters. One that is imported sees no params, for it
    /// does not know who imports it.
    case function(isImported: Bool)
  }

  let definitions: Definitions
  let scope: RowScope
  /// Columns that are known to hold a value at this place.
  var settled: Set<String> = []
  /// What the parameters of the lambdas around stand for.
  var bindings: [String: Typed] = [:]
  var place = Place.stage
  /// Where many rows are aggregated: takes the calls up.
  let aggregation: Aggregation?

  init(_ definitions: Definitions, _ scope: RowScope, aggregation: Aggregation? = nil) {
    self.definitions = definitions
    self.scope = scope
    self.aggregation = aggregation
    settled = scope.settledParts
  }

  func report<P: Problem>(_ problem: @autoclosure () -> P, at span: Span) {
    definitions.log.report(problem(), at: span)
  }

  /// The expression with its own type.
  func check(_ syntax: ExpressionSyntax) -> Typed {
    let value = checked(syntax)
    if !value.isWrong { definitions.recorder?.record(value.fieldType, at: syntax.span) }
    return value
  }

  private func checked(_ syntax: ExpressionSyntax) -> Typed {
    switch syntax.kind {
    case .literal(let literal): return check(literal, at: syntax.span)
    case .text(let text): return check(text)
    case .name(let name): return column(name)
    case .member(let base, let name): return member(base, name, at: syntax.span)
    case .call(let call): return check(call, at: syntax.span)
    case .negated(let operand): return negated(operand, at: syntax.span)
    case .not(let operand): return not(operand)
    case .binary(let binary): return check(binary, at: syntax.span)
    case .and(let operands): return and(operands)
    case .or(let operands): return or(operands)
    case .isNull(let operand, let isNegated): return isNull(operand, isNegated)
    case .contained(let value, let list, let isNegated):
      return contained(value, list, isNegated)
    case .between(let value, let low, let high, let isNegated):
      return between(value, low, high, isNegated)
    case .like(let text, let pattern, let isNegated):
      return matching("like", text, pattern, isNegated, at: syntax.span)
    case .matches(let text, let pattern, let isNegated):
      return matching("matches", text, pattern, isNegated, at: syntax.span)
    case .conditional(let condition, let value, let otherwise):
      return branches([(condition, value)], otherwise: otherwise)
    case .cases(let cases, let otherwise):
      return branches(cases.map { ($0.condition, $0.value) }, otherwise: otherwise)
    case .cast(let operand, let type, let isTry):
      return cast(operand, type, isTry, at: syntax.span)
    case .element(let base, let index): return element(base, index, at: syntax.span)
    case .list(let items): return listLiteral(items, at: syntax.span)
    case .object(let object): return structLiteral(object)
    case .lambda: return wrong(TypeProblem.noValueHere("a lambda"), at: syntax.span)
    case .missing: return .wrong
    }
  }

  func wrong<P: Problem>(_ problem: @autoclosure () -> P, at span: Span) -> Typed {
    report(problem(), at: span)
    return .wrong
  }

  /// Whether `null` stands there, and nothing else.
  func isNull(_ syntax: ExpressionSyntax) -> Bool {
    if case .literal(.null) = syntax.kind { true } else { false }
  }

  /// The expression in a wanted type; `place` is what a message calls it, `ofNulls` what it says
  /// besides where a null can't stand there.
  func check(
    _ syntax: ExpressionSyntax, as type: FieldType, place: String, ofNulls remedy: String? = nil
  ) -> Expression {
    if let parts = partwise(syntax, as: type, place: place) { return parts }
    let value = check(syntax)
    guard let expression = Conversion.adapt(value, to: type.type) else {
      reportMisfit(value, expected: type.type, place: place, at: syntax.span)
      return Typed.wrong.expression
    }
    if expression.isNullable, !type.isNullable, !value.isWrong {
      let fix = value.isNull ? [] : syntax.settling(to: type.type)
      let settling = scope.fields.isEmpty ? "" : ", or with `| where … is not null` before"
      let hints =
        [Hint("settle it with `?? value`\(settling)", edits: fix)]
        + (remedy.map { [Hint($0)] } ?? [])
      report(TypeProblem.nullable(value.fieldType, where: place, hints: hints), at: syntax.span)
      return Typed.wrong.expression
    }
    return expression
  }

  /// A condition: bool, null counting as false.
  func condition(_ syntax: ExpressionSyntax, place: String) -> Expression {
    check(syntax, as: FieldType(.bool, nullable: true), place: place)
  }

  /// A value that is known before the first row.
  func constant(_ syntax: ExpressionSyntax, as type: DataType, place: String) -> Literal? {
    constant(syntax, as: FieldType(type), place: place)
  }

  func constant(_ syntax: ExpressionSyntax, as type: FieldType, place: String) -> Literal? {
    let expression = check(syntax, as: type, place: place)
    if expression.type == .unknown { return nil }
    if let value = ConstantEvaluation.value(of: expression) { return value }
    if expression.isConstant {
      report(overflow(of: expression, place), at: syntax.span)
    } else {
      report(TypeProblem.notConstant(place), at: syntax.span)
    }
    return nil
  }

  /// A number that is written with more digits than its type has is told with both.
  private func overflow(of expression: Expression, _ place: String) -> TypeProblem {
    guard case .decimal(let precision, let scale) = expression.type,
      case .cast(let operand, _) = expression.node,
      case .decimal(let unscaled, let digits)? = ConstantEvaluation.value(of: operand)
    else { return .overflow("\(place) can't be computed") }
    return .tooManyDigits(
      DecimalText.text(unscaled, scale: digits), where: place, before: precision - scale,
      behind: scale)
  }

  func reportMisfit(_ value: Typed, expected: DataType, place: String, at span: Span) {
    if value.isLiteral, case .literal(.string(let text)) = value.expression.node {
      if expected == .timestamp {
        let example = "\"2026-01-01T00:00:00Z\""
        return report(TypeProblem.badText(text, as: "timestamp", example: example), at: span)
      }
      if expected == .date {
        return report(
          TypeProblem.badText(text, as: "date", example: "\"2026-01-01\""), at: span)
      }
    }
    if value.isLiteral, value.type.isNumeric, case .decimal = expected {
      return report(TypeProblem.outOfRange("this number", type: expected), at: span)
    }
    if isDecimalWithFloat(value.type, expected) {
      return report(TypeProblem.decimalWithFloat, at: span)
    }
    if value.type.isNumeric, case .decimal = expected {
      return report(
        TypeProblem.tooWide(
          expected, found: value.fieldType, where: place, text: definitions.text(span)), at: span)
    }
    report(
      TypeProblem.expected(article(FieldType(expected)), found: value.fieldType, where: place),
      at: span)
  }

  func isDecimalWithFloat(_ a: DataType, _ b: DataType) -> Bool {
    switch (a, b) {
    case (.decimal, .float), (.float, .decimal): true
    default: false
    }
  }

  /// Checks with more columns known to hold a value.
  func with<Result>(settled more: Set<String>, _ body: () -> Result) -> Result {
    let before = settled
    settled.formUnion(more)
    defer { settled = before }
    return body()
  }
}
