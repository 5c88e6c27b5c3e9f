import Diagnostics
import Plans
import Schemas
import Syntax

/// Arithmetic and comparisons.
extension ExpressionChecker {
  func negated(_ operand: ExpressionSyntax, at span: Span) -> Typed {
    let value = check(operand)
    if value.isWrong { return .wrong }
    guard case .success(let call) = resolve("negate", [value], [operand.span]) else {
      return wrong(TypeProblem.operand("-", value.fieldType), at: operand.span)
    }
    return Typed(call)
  }

  func check(_ binary: BinarySyntax, at span: Span) -> Typed {
    switch binary.operator {
    case .coalesce: return coalesce([binary.left, binary.right])
    case .equal: return comparison("equal", binary, at: span)
    case .notEqual: return comparison("not_equal", binary, at: span)
    case .less: return comparison("less", binary, at: span)
    case .lessOrEqual: return comparison("less_equal", binary, at: span)
    case .greater: return comparison("greater", binary, at: span)
    case .greaterOrEqual: return comparison("greater_equal", binary, at: span)
    case .add: return arithmetic("add", binary, at: span)
    case .subtract: return arithmetic("subtract", binary, at: span)
    case .multiply: return arithmetic("multiply", binary, at: span)
    case .divide: return arithmetic("divide", binary, at: span)
    case .remainder: return arithmetic("modulo", binary, at: span)
    case .concatenate: return arithmetic("concat", binary, at: span)
    }
  }

  private func arithmetic(_ name: String, _ binary: BinarySyntax, at span: Span) -> Typed {
    let left = check(binary.left)
    let right = check(binary.right)
    if left.isWrong || right.isWrong { return .wrong }
    if left.isNull, right.isNull { return wrong(TypeProblem.untyped(.unknown), at: span) }
    switch resolve(name, [left, right], [binary.left.span, binary.right.span]) {
    case .success(let call):
      return Typed(call, isLiteral: false)
    case .failure(.decimalWithFloat):
      return wrong(TypeProblem.decimalWithFloat, at: span)
    case .failure:
      let symbol = binary.operator.rawValue
      return wrong(
        TypeProblem.operands(
          symbol, left.fieldType, right.fieldType, fix: Edit(binary.operatorSpan, "++")),
        at: span)
    }
  }

  private func comparison(_ name: String, _ binary: BinarySyntax, at span: Span) -> Typed {
    let left = check(binary.left)
    let right = check(binary.right)
    if left.isNull || right.isNull {
      let shown = left.isNull ? binary.right : binary.left
      let isEqual = binary.operator != .notEqual
      let text = definitions.text(shown.span)
      let test = isEqual ? "is null" : "is not null"
      let isExact = binary.operator == .equal || binary.operator == .notEqual
      let fix =
        left.isNull
        ? Edit(span, "\(text) \(test)")
        : Edit(binary.operatorSpan.joined(binary.right.span), test)
      return wrong(
        TypeProblem.comparedWithNull(isEqual: isEqual, left: text, fix: isExact ? fix : nil),
        at: span)
    }
    return compare(name, left, right, at: span)
  }

  /// Two values in a comparison, each in the type that they share.
  func compare(_ name: String, _ left: Typed, _ right: Typed, at span: Span) -> Typed {
    if left.isWrong || right.isWrong { return .wrong }
    let isEquality = name == "equal" || name == "not_equal"
    guard let type = Conversion.common(left, right), type.isScalar || isEquality && type.isNested
    else {
      reportIncomparable(left, right, at: span)
      return .wrong
    }
    let operands = [Conversion.toCommon(left, type), Conversion.toCommon(right, type)]
    let nullable = operands.contains(where: \.isNullable)
    return Typed(.call(name, operands), .bool, nullable: nullable)
  }

  func reportIncomparable(_ left: Typed, _ right: Typed, at span: Span) {
    let (literal, other) = left.isLiteral ? (left, right) : (right, left)
    if literal.isLiteral, literal.type == .string,
      other.type == .timestamp || other.type == .date
    {
      return reportMisfit(literal, expected: other.type, place: "this", at: span)
    }
    if isDecimalWithFloat(left.type, right.type) {
      return report(TypeProblem.decimalWithFloat, at: span)
    }
    report(TypeProblem.incomparable(left.fieldType, right.fieldType), at: span)
  }

  func between(
    _ value: ExpressionSyntax, _ low: ExpressionSyntax, _ high: ExpressionSyntax,
    _ isNegated: Bool
  ) -> Typed {
    let middle = check(value)
    let span = value.span.joined(high.span)
    let above = compare("greater_equal", middle, check(low), at: value.span.joined(low.span))
    let below = compare("less_equal", middle, check(high), at: span)
    if above.isWrong || below.isWrong { return .wrong }
    let nullable = above.fieldType.isNullable || below.fieldType.isNullable
    let both = Typed(.and([above.expression, below.expression]), .bool, nullable: nullable)
    return isNegated ? Typed(.not(both.expression), .bool, nullable: nullable) : both
  }

  func contained(
    _ value: ExpressionSyntax, _ list: ExpressionSyntax, _ isNegated: Bool
  ) -> Typed {
    guard case .list(let items) = list.kind else {
      return contained(value, among: list, isNegated)
    }
    let needle = check(value)
    let members = items.map(check)
    if needle.isWrong || members.contains(where: \.isWrong) { return .wrong }
    if needle.isNull { return wrong(TypeProblem.untyped(.unknown), at: value.span) }
    var type = needle.type
    for (member, item) in zip(members, items) {
      guard let common = Conversion.common(Typed(needle.expression), member) else {
        reportIncomparable(needle, member, at: item.span)
        return .wrong
      }
      if common != needle.type { type = common }
    }
    let converted = members.map { Conversion.toCommon($0, type) }
    let nullable = needle.fieldType.isNullable || converted.contains(where: \.isNullable)
    let test = Expression(
      .isIn(Conversion.toCommon(needle, type), converted), FieldType(.bool, nullable: nullable))
    return isNegated ? Typed(.not(test), .bool, nullable: nullable) : Typed(test)
  }

  /// `x in items`: whether an element equals it; null if none does and one is null.
  private func contained(
    _ value: ExpressionSyntax, among list: ExpressionSyntax, _ isNegated: Bool
  ) -> Typed {
    let items = check(list)
    // Lambdas of the value stand within the one that this becomes.
    definitions.lambdaDepth += 1
    defer { definitions.lambdaDepth -= 1 }
    let needle = check(value)
    if needle.isWrong || items.isWrong { return .wrong }
    guard case .list(let element) = items.type else {
      return wrong(NestedProblem.notAList("`in`", found: items.fieldType), at: list.span)
    }
    if needle.isNull { return wrong(TypeProblem.untyped(.unknown), at: value.span) }
    if items.isUntyped { return wrong(TypeProblem.untyped(items.type), at: list.span) }
    let parameter = Field(LambdaParameter.name("element", depth: definitions.lambdaDepth), element)
    let span = value.span.joined(list.span)
    let test = compare("equal", Typed(.column(parameter)), needle, at: span)
    if test.isWrong { return .wrong }
    let any = each(.any, items, parameter, test.expression)
    return isNegated ? Typed(.not(any.expression), .bool, nullable: any.fieldType.isNullable) : any
  }

  func matching(
    _ name: String, _ text: ExpressionSyntax, _ pattern: ExpressionSyntax, _ isNegated: Bool,
    at span: Span
  ) -> Typed {
    let call = called(name, [check(text), check(pattern)], [text.span, pattern.span], at: span)
    if call.isWrong || !isNegated { return call }
    return Typed(.not(call.expression), .bool, nullable: call.fieldType.isNullable)
  }
}
