import Diagnostics
import Plans
import Schemas
import Syntax

/// Calls: special forms, aggregates, the user's functions, the catalogue's.
extension ExpressionChecker {
  func check(_ call: CallSyntax, at span: Span) -> Typed {
    let name = call.function.text
    if let receiver = call.receiver {
      if isOfLists(call) { return method(call, of: receiver, at: span) }
      var plain = call
      plain.receiver = nil
      plain.arguments.insert(ArgumentSyntax(label: nil, value: receiver), at: 0)
      return check(plain, at: span)
    }
    for argument in call.arguments {
      guard let label = argument.label else { continue }
      let place = Span(
        Int(label.span.start), Int(argument.value.span.start), in: label.span.file)
      report(TypeProblem.label(label.text, removal: Edit(place, "")), at: label.span)
    }
    if let aggregation, !AggregateCatalogue.signatures(named: name).isEmpty {
      return aggregation.check(call, at: span)
    }
    if let aggregation, name == Aggregation.previousName, aggregation.knowsPrevious {
      return aggregation.previous(call, at: span)
    }
    if let filter = call.filter {
      report(StageProblem.filterOutside(name), at: filter.span)
      return .wrong
    }
    let syntax = call.arguments.map(\.value)
    switch name {
    case "coalesce": return variadic(call, least: 1, at: span) { coalesce(syntax) }
    case "ifnull": return exactly(2, call, at: span) { coalesce(syntax) }
    case "nullif": return exactly(2, call, at: span) { nullif(syntax[0], syntax[1], at: span) }
    default: break
    }
    if let function = definitions.functions[name] {
      return inline(function, call, at: span)
    }
    if definitions.signatures(named: name).isEmpty { return unknown(call) }
    return called(name, syntax.map(check), syntax.map(\.span), at: span)
  }

  /// `items.map(x => …)`, and what lists alone can do; of many rows `x.sum()` is the aggregate, but
  /// not where a row is looked at beside them.
  private func isOfLists(_ call: CallSyntax) -> Bool {
    let hasLambda = call.arguments.contains { argument in
      if case .lambda = argument.value.kind { true } else { false }
    }
    switch call.function.text {
    case "map", "filter", "all": return true
    case "any", "sum":
      return hasLambda || aggregation.map { $0.steps?.seesRowsBefore ?? false } ?? true
    default: return false
    }
  }

  private func unknown(_ call: CallSyntax) -> Typed {
    let name = call.function.text
    // Of a misspelt aggregate it is not known whose columns its arguments are.
    if aggregation == nil {
      for argument in call.arguments { _ = check(argument.value) }
    }
    if !AggregateCatalogue.signatures(named: name).isEmpty {
      return wrong(StageProblem.aggregateOutside(name), at: call.function.span)
    }
    if Definitions.laterFunctions.contains(name) {
      return wrong(StageProblem.later("`\(name)`"), at: call.function.span)
    }
    if name == Aggregation.previousName, aggregation?.steps != nil || !scope.steps.isEmpty {
      return wrong(MatchProblem.previousElsewhere, at: call.function.span)
    }
    if definitions.lacksImports { return .wrong }
    if Definitions.inconstantFunctions.contains(name.lowercased()) {
      return wrong(NameProblem.inconstant(name), at: call.function.span)
    }
    if Definitions.optionCalls.contains(name) {
      return wrong(NameProblem.onlyInOptions(name), at: call.function.span)
    }
    var known = definitions.callableNames
    if aggregation != nil { known = AggregateCatalogue.names + known }
    return wrong(NameProblem.unknownFunction(name, known: known), at: call.function.span)
  }

  private func exactly(
    _ count: Int, _ call: CallSyntax, at span: Span, _ body: () -> Typed
  ) -> Typed {
    guard call.arguments.count == count else {
      return wrongCount(call.function.text, plural(count), call.arguments.count, at: span)
    }
    return body()
  }

  private func variadic(
    _ call: CallSyntax, least: Int, at span: Span, _ body: () -> Typed
  ) -> Typed {
    guard call.arguments.count >= least else {
      return wrongCount(
        call.function.text, "at least \(plural(least))", call.arguments.count, at: span)
    }
    return body()
  }

  func wrongCount(_ name: String, _ expected: String, _ found: Int, at span: Span) -> Typed {
    wrong(TypeProblem.argumentCount(function: name, expected: expected, found: found), at: span)
  }

  private func nullif(_ left: ExpressionSyntax, _ right: ExpressionSyntax, at span: Span) -> Typed {
    let first = check(left)
    let equal = compare("equal", first, check(right), at: span)
    if equal.isWrong { return .wrong }
    let null = Expression.literal(.null, first.type)
    let branch = Expression.Branch(condition: equal.expression, value: null)
    return Typed(.branch([branch], otherwise: first.expression), first.type, nullable: true)
  }

  /// A call of the catalogue; reports what does not fit.
  func called(_ name: String, _ arguments: [Typed], _ spans: [Span], at span: Span) -> Typed {
    if arguments.contains(where: \.isWrong) { return .wrong }
    switch resolve(name, arguments, spans) {
    case .success(let call): return hasFlaw(call, spans, at: span) ? .wrong : Typed(call)
    case .failure(.count), .failure(.unknown):
      let signatures = definitions.signatures(named: name)
      return wrongCount(name, expectedCount(signatures), arguments.count, at: span)
    case .failure(.argument(let index, let expected)):
      let found = arguments[index].fieldType
      return wrong(
        TypeProblem.argument(function: name, index: index, expected: expected, found: found),
        at: spans[index])
    case .failure(.untyped(let index)):
      let value = arguments[index].expression
      let isEmpty = if case .list(let elements) = value.node { elements.isEmpty } else { false }
      let empty = isEmpty && value.type != .unknown ? Edit(spans[index], "json_array()") : nil
      return wrong(TypeProblem.untyped(value.type, inJSON: empty), at: spans[index])
    case .failure(.decimalWithFloat): return wrong(TypeProblem.decimalWithFloat, at: span)
    case .failure(.notConstant(let index)):
      let place = "argument \(index + 1) of `\(name)`"
      return wrong(TypeProblem.notConstant(place), at: spans[index])
    case .failure(.choice(let index, let text, let choices)):
      return wrong(TypeProblem.badChoice(text, among: choices), at: spans[index])
    }
  }

  /// The first signature that fits; else the misfit that came furthest.
  func resolve(
    _ name: String, _ arguments: [Typed], _ spans: [Span]
  ) -> Result<Expression, Misfit> {
    var worst = Misfit.unknown
    for signature in definitions.signatures(named: name) {
      do {
        return .success(try SignatureFit(signature: signature, arguments: arguments).fit())
      } catch {
        if rank(error) > rank(worst) { worst = error }
      }
    }
    return .failure(worst)
  }

  private func rank(_ misfit: Misfit) -> Int {
    switch misfit {
    case .unknown: 0
    case .count: 1
    case .argument(let index, _), .untyped(let index): 2 + index
    case .decimalWithFloat: 50
    case .notConstant(let index), .choice(let index, _, _): 60 + index
    }
  }

  private func expectedCount(_ signatures: [FunctionSignature]) -> String {
    let least = signatures.map { $0.parameters.count - $0.optionalCount }.min() ?? 0
    let most = signatures.map(\.parameters.count).max() ?? 0
    if signatures.contains(where: \.isPaired) { return "pairs of arguments" }
    if signatures.contains(where: \.isVariadic) { return "at least \(plural(least))" }
    return least == most ? plural(least) : "\(least) to \(plural(most))"
  }

  func plural(_ count: Int) -> String {
    count == 0 ? "no arguments" : count == 1 ? "1 argument" : "\(count) arguments"
  }

  /// The user's function with the arguments in the place of its parameters.
  private func inline(_ function: UserFunction, _ call: CallSyntax, at span: Span) -> Typed {
    guard call.arguments.count == function.parameters.count else {
      let expected = plural(function.parameters.count)
      return wrongCount(call.function.text, expected, call.arguments.count, at: span)
    }
    var arguments: [Expression] = []
    for (parameter, argument) in zip(function.parameters, call.arguments) {
      let name = parameter.name.text
      let place = "parameter `\(name)` of `\(call.function.text)`"
      let remedy = "or let the function take nulls: `\(name): \(parameter.fieldType)?`"
      arguments.append(
        check(argument.value, as: parameter.fieldType, place: place, ofNulls: remedy))
    }
    if arguments.contains(where: { $0.type == .unknown }) { return .wrong }
    return definitions.call(function, arguments, at: span)
  }
}
