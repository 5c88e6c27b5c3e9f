import Diagnostics
import Plans
import Schemas
import Syntax

/// Parts of lists, maps and structs, and values made of others.
extension ExpressionChecker {
  /// `value.name` of a struct.
  func part(_ value: Typed, _ name: Identifier) -> Typed? {
    guard case .structure(let fields) = value.type else { return nil }
    guard let field = fields.first(where: { $0.name == name.text }) else {
      return wrong(NestedProblem.noField(name.text, of: fields.map(\.name)), at: name.span)
    }
    let nullable = field.isNullable || value.fieldType.isNullable
    var part = Expression(
      .member(value.expression, name.text), FieldType(field.type, nullable: nullable))
    if let path = part.settledName, settled.contains(path) { part.fieldType.isNullable = false }
    return Typed(part)
  }

  /// `list[i]`, `map["k"]`.
  func indexed(_ base: ExpressionSyntax, _ index: ExpressionSyntax) -> Typed {
    let value = check(base)
    if value.isWrong {
      _ = check(index)
      return .wrong
    }
    let keyType: DataType
    switch value.type {
    case .list: keyType = .int
    case .map: keyType = .string
    default:
      let text = definitions.file.text(base.span)
      return wrong(NestedProblem.notIndexed(value.fieldType, base: text), at: base.span)
    }
    let place = keyType == .int ? "the index of a list" : "the key of a map"
    let key = check(index, as: FieldType(keyType, nullable: true), place: place)
    if key.type == .unknown { return .wrong }
    return called("at", [value, Typed(key)], [base.span, index.span], at: base.span)
  }

  /// `[a, b]`: all elements in the type that they share.
  func listLiteral(_ items: [ExpressionSyntax], at span: Span) -> Typed {
    let values = items.map(check)
    if values.contains(where: \.isWrong) { return .wrong }
    guard let type = elementType(values, items) else { return .wrong }
    let elements = values.map { Conversion.toCommon($0, type) }
    let nullable = elements.contains(where: \.isNullable) || elements.isEmpty
    let list = DataType.list(FieldType(type, nullable: nullable))
    guard list.isWithinBounds else { return wrong(NestedProblem.tooLarge, at: span) }
    return Typed(
      Expression(.list(elements), FieldType(list)), isLiteral: values.allSatisfy(\.isLiteral))
  }

  /// Of no elements, or of nulls alone, the type is unknown until something says it.
  private func elementType(_ values: [Typed], _ items: [ExpressionSyntax]) -> DataType? {
    if values.isEmpty { return .unknown }
    if let type = Conversion.common(values) { return type }
    for (index, value) in values.enumerated().dropFirst() {
      let before = Array(values[..<index])
      guard let type = Conversion.common(before), Conversion.common(before + [value]) == nil
      else { continue }
      if isDecimalWithFloat(type, value.type) {
        report(TypeProblem.decimalWithFloat, at: items[index].span)
      } else {
        report(NestedProblem.mixedList(FieldType(type), value.fieldType), at: items[index].span)
      }
      return nil
    }
    return nil
  }

  /// `{ a: 1, b: x }`: a struct of these fields.
  func structLiteral(_ object: ObjectSyntax) -> Typed {
    var fields: [Field] = []
    var values: [Typed] = []
    var seen: [String: Span] = [:]
    var isWrong = false
    for member in object.members {
      let value = check(member.value)
      isWrong = isWrong || value.isWrong
      if let first = seen[member.name.text] {
        report(
          NestedProblem.fieldTwice(member.name.text, first: first), at: member.name.span)
        continue
      }
      seen[member.name.text] = member.name.span
      fields.append(Field(member.name.text, value.fieldType))
      values.append(value)
    }
    if isWrong { return .wrong }
    let type = DataType.structure(fields)
    // Each stage may put a value into itself twice.
    guard type.isWithinBounds else {
      return wrong(NestedProblem.tooLarge, at: object.span)
    }
    return Typed(
      Expression(.structure(values.map(\.expression)), FieldType(type)),
      isLiteral: values.allSatisfy(\.isLiteral))
  }
}

/// What lists do with lambdas.
extension ExpressionChecker {
  /// `items.map(x => …)`, `.filter`, `.any`, `.all`, `.sum`; without a lambda `.any`, `.all` and
  /// `.sum` are of the elements themselves.
  func method(_ call: CallSyntax, of receiver: ExpressionSyntax, at span: Span) -> Typed {
    let name = call.function.text
    let list = check(receiver)
    if list.isWrong { return .wrong }
    guard case .list(let element) = list.type else {
      return wrong(NestedProblem.notAList("`.\(name)`", found: list.fieldType), at: receiver.span)
    }
    guard call.arguments.count <= 1 else {
      return wrongCount(".\(name)", plural(1), call.arguments.count, at: span)
    }
    var values = list
    if let argument = call.arguments.first {
      guard let operation = Expression.ElementOperation(rawValue: name == "sum" ? "map" : name)
      else { return wrong(NestedProblem.notAList("`.\(name)`", found: list.fieldType), at: span) }
      values = each(operation, list, element, argument.value, method: name)
      if values.isWrong || name != "sum" { return values }
    } else if name == "any" || name == "all" {
      let parameter = Field(LambdaParameter.name("x", depth: 1), element)
      guard element.type == .bool else {
        return wrong(NestedProblem.noLambda(name), at: call.function.span)
      }
      return each(name == "any" ? .any : .all, list, parameter, .column(parameter))
    } else if name != "sum" {
      return wrong(NestedProblem.noLambda(name), at: call.function.span)
    }
    return called("array_sum", [values], [receiver.span], at: receiver.span)
  }

  private func each(
    _ operation: Expression.ElementOperation, _ list: Typed, _ element: FieldType,
    _ argument: ExpressionSyntax, method: String
  ) -> Typed {
    guard case .lambda(let names, let body) = argument.kind else {
      return wrong(NestedProblem.noLambda(method), at: argument.span)
    }
    guard names.count == 1 else {
      return wrong(NestedProblem.lambdaParameters(names.count), at: argument.span)
    }
    definitions.lambdaDepth += 1
    defer { definitions.lambdaDepth -= 1 }
    let parameter = Field(
      LambdaParameter.name(names[0].text, depth: definitions.lambdaDepth), element)
    let before = bindings
    bindings[names[0].text] = Typed(.column(parameter))
    defer { bindings = before }
    let value: Typed
    switch operation {
    case .map: value = check(body)
    default:
      value = Typed(condition(body, place: "what the lambda of `.\(method)` gives"))
      if value.type == .unknown { return .wrong }
    }
    if value.isWrong { return .wrong }
    if value.isUntyped { return wrong(TypeProblem.untyped(value.type), at: body.span) }
    if !names[0].text.hasPrefix("_"), !body.names.contains(names[0].text) {
      report(NestedProblem.unusedParameter(names[0].text), at: names[0].span)
    }
    return each(operation, list, parameter, value.expression)
  }

  func each(
    _ operation: Expression.ElementOperation, _ list: Typed, _ parameter: Field,
    _ body: Expression
  ) -> Typed {
    var nullable = list.fieldType.isNullable
    let type: DataType
    switch operation {
    case .map: type = .list(body.fieldType)
    case .filter: type = list.type
    case .any, .all:
      type = .bool
      nullable = nullable || body.isNullable
    }
    return Typed(
      .each(operation, list.expression, parameter: parameter, body: body), type,
      nullable: nullable)
  }
}
