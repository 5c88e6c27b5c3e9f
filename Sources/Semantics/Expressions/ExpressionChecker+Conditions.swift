import Diagnostics
import Plans
import Schemas
import Syntax

/// Three-valued logic, nulls and branches, and what each says about nulls for what follows it.
extension ExpressionChecker {
  func not(_ operand: ExpressionSyntax) -> Typed {
    let value = condition(operand, place: "what `not` takes")
    if value.type == .unknown { return .wrong }
    return Typed(.not(value), .bool, nullable: value.isNullable)
  }

  func and(_ operands: [ExpressionSyntax]) -> Typed {
    connect(operands, place: "what `and` takes", facts: Facts.whenNotFalse) { .and($0) }
  }

  func or(_ operands: [ExpressionSyntax]) -> Typed {
    connect(operands, place: "what `or` takes", facts: Facts.whenNotTrue) { .or($0) }
  }

  private func connect(
    _ operands: [ExpressionSyntax], place: String, facts: (Expression) -> Set<String>,
    _ node: ([Expression]) -> Expression.Node
  ) -> Typed {
    var checked: [Expression] = []
    let before = settled
    defer { settled = before }
    for operand in operands {
      let value = condition(operand, place: place)
      checked.append(value)
      settled.formUnion(facts(value))
    }
    if checked.contains(where: { $0.type == .unknown }) { return .wrong }
    return Typed(node(checked), .bool, nullable: checked.contains(where: \.isNullable))
  }

  func isNull(_ operand: ExpressionSyntax, _ isNegated: Bool) -> Typed {
    let value = check(operand)
    if value.isWrong { return .wrong }
    let test = Expression(.isNull(value.expression), FieldType(.bool))
    return Typed(isNegated ? Expression(.not(test), FieldType(.bool)) : test)
  }

  /// The first operand that is not null.
  func coalesce(_ operands: [ExpressionSyntax]) -> Typed {
    // `a ?? b ?? c` is one list.
    var flat: [ExpressionSyntax] = []
    for operand in operands {
      var rest = operand
      while case .binary(let binary) = rest.kind, binary.operator == .coalesce {
        flat.append(binary.left)
        rest = binary.right
      }
      flat.append(rest)
    }
    let values = flat.map(check)
    if values.contains(where: \.isWrong) { return .wrong }
    guard let type = commonType(values, flat.map(\.span)) else { return .wrong }
    let converted = values.map { Conversion.toCommon($0, type) }
    let end = converted.firstIndex { !$0.isNullable } ?? converted.count - 1
    if end == 0 { return Typed(converted[0]) }
    return Typed(
      .coalesce(Array(converted[...end])), type, nullable: converted[end].isNullable)
  }

  /// The type that all share; reports where there is none.
  func commonType(_ values: [Typed], _ spans: [Span]) -> DataType? {
    if let type = Conversion.common(values) {
      if type != .unknown { return type }
      report(TypeProblem.untyped(.unknown), at: spans[0].joined(spans[spans.count - 1]))
      return nil
    }
    for (index, value) in values.enumerated().dropFirst() {
      let before = Array(values[..<index])
      guard let type = Conversion.common(before), Conversion.common(before + [value]) == nil
      else { continue }
      if isDecimalWithFloat(type, value.type) {
        report(TypeProblem.decimalWithFloat, at: spans[index])
      } else {
        report(TypeProblem.branches(FieldType(type), value.fieldType), at: spans[index])
      }
      return nil
    }
    return nil
  }

  func branches(
    _ cases: [(ExpressionSyntax, ExpressionSyntax)], otherwise: ExpressionSyntax?
  ) -> Typed {
    let before = settled
    defer { settled = before }
    var conditions: [Expression] = []
    var values: [Typed] = []
    for (conditionSyntax, valueSyntax) in cases {
      let condition = condition(conditionSyntax, place: "the condition")
      conditions.append(condition)
      values.append(with(settled: Facts.whenTrue(condition)) { check(valueSyntax) })
      settled.formUnion(Facts.whenNotTrue(condition))
    }
    let last = otherwise.map(check)
    let all = values + (last.map { [$0] } ?? [])
    let spans = cases.map(\.1.span) + (otherwise.map { [$0.span] } ?? [])
    if all.contains(where: \.isWrong) || conditions.contains(where: { $0.type == .unknown }) {
      return .wrong
    }
    guard let type = commonType(all, spans) else { return .wrong }
    let converted = all.map { Conversion.toCommon($0, type) }
    let branches = zip(conditions, converted).map {
      Expression.Branch(condition: $0, value: $1)
    }
    let nullable = last == nil || converted.contains(where: \.isNullable)
    return Typed(
      .branch(branches, otherwise: last == nil ? nil : converted.last), type,
      nullable: nullable)
  }
}
