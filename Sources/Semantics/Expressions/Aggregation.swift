import Diagnostics
import Plans
import Schemas
import Syntax

/// The aggregates of one window, frame or match: takes up each call and puts a column (`$0`, `$1`)
/// in its place.
final class Aggregation {
  /// Checks what stands inside aggregates, in the sight of the rows.
  let input: ExpressionChecker
  let keyNames: [String]
  /// Whether nothing says which row came first.
  private let lacksOrder: Bool
  /// Whether rows may be taken back.
  private let takesUpdates: Bool
  /// Of a match: whose rows are aggregated.
  let steps: MatchSteps?
  private(set) var calls: [AggregateCall] = []
  /// The calls without their names, and these.
  private var names: [AggregateCall: String] = [:]

  init(
    input: ExpressionChecker, keyNames: [String], lacksOrder: Bool = false,
    takesUpdates: Bool = false, steps: MatchSteps? = nil
  ) {
    self.lacksOrder = lacksOrder
    self.takesUpdates = takesUpdates
    self.input = input
    self.keyNames = keyNames
    self.steps = steps
  }

  func check(_ call: CallSyntax, at span: Span) -> Typed {
    let name = call.function.text
    let signatures = AggregateCatalogue.signatures(named: name)
    if takesUpdates, name.hasPrefix("approx_") {
      return input.wrong(UpdateProblem.sketch(name), at: call.function.span)
    }
    let filter = call.filter.map { input.condition($0, place: "the filter of `\(name)`") }
    let facts = filter.map(Facts.whenTrue) ?? []
    // `count(n)` counts the rows of a step.
    let counted = name == "count" ? steps?.counted(by: call) : nil
    let values = counted == nil ? call.arguments : []
    guard
      let signature = signatures.first(where: { $0.parameters.count == values.count })
    else {
      let counts = signatures.map(\.parameters.count).sorted().map(String.init)
      let plural = counts == ["1"] ? "1 argument" : counts.joined(separator: " or ") + " arguments"
      return input.wrongCount(name, plural, call.arguments.count, at: span)
    }
    let arguments = input.with(settled: facts) {
      zip(signature.parameters, values).enumerated().map { index, pair in
        argument(pair.1.value, pair.0, of: name, index)
      }
    }
    guard filter?.type != .unknown, !arguments.contains(where: { $0.type == .unknown })
    else { return .wrong }
    if lacksOrder, ["first", "last", "collect"].contains(name) {
      return input.wrong(UpdateProblem.order(name), at: call.function.span)
    }
    guard let steps else { return add(signature, arguments, filter, filter != nil) }
    do {
      let whose = try steps.owner(of: arguments + [filter].compactMap(\.self), counted: counted)
      return add(
        signature, arguments.map(steps.plain), filter.map(steps.plain),
        filter != nil || steps.mayLack(whose), whose)
    } catch {
      return input.wrong(error, at: span)
    }
  }

  private func add(
    _ signature: AggregateSignature, _ arguments: [Expression], _ filter: Expression?,
    _ mayLackRows: Bool, _ step: String? = nil, choice: AggregateCall.RowChoice? = nil
  ) -> Typed {
    let type = signature.fieldType(of: arguments.map(\.fieldType), filtered: mayLackRows)
    var call = AggregateCall(
      name: "", function: signature.name, arguments: arguments, filter: filter, fieldType: type,
      step: step, choice: choice)
    if let name = names[call] { return Typed(.column(Field(name, type))) }
    let isOfBefore = steps?.seesRowsBefore ?? false
    let name = "\(isOfBefore ? MatchSpec.beforeMark : "$")\(calls.count)"
    names[call] = name
    call.name = name
    calls.append(call)
    return Typed(.column(Field(name, type)))
  }

  /// `n.c` outside of an aggregate, of a step `n`: what its last row has.
  func last(_ path: String, _ name: Identifier, at span: Span) -> Typed? {
    guard let steps else { return nil }
    let full = "\(path).\(name.text)"
    guard let (step, _) = RowScope.parts(of: full), steps.names.contains(step) else { return nil }
    guard let field = input.scope.field(named: full) else {
      // A part of a column may be meant.
      guard path == step else { return nil }
      let known = input.scope.visibleNames + [RowScope.timeColumn]
      return input.wrong(NameProblem.unknownColumn(name.text, columns: known), at: name.span)
    }
    guard !steps.isNever(step) else {
      return input.wrong(MatchProblem.neverTaken(step), at: span)
    }
    input.definitions.recorder?.record(.column(field), at: name.span)
    // `last` leaves nulls out, so that columns would be those of different rows.
    guard let signature = AggregateCatalogue.signature(named: "last", arguments: 1) else {
      return .wrong
    }
    return add(
      signature, [steps.plain(.column(field))], nil, steps.mayLack(step), step,
      choice: field.fieldType.isNullable ? .last : nil)
  }

  static let previousName = "prev"

  /// Whether `prev(x)` is what the row directly before has.
  var knowsPrevious: Bool {
    (steps?.seesRowsBefore ?? false) && input.definitions.functions[Self.previousName] == nil
  }

  /// `prev(x)`: of the row directly before, whatever it was taken as.
  func previous(_ call: CallSyntax, at span: Span) -> Typed {
    guard let steps, let signature = AggregateCatalogue.signature(named: "last", arguments: 1)
    else { return .wrong }
    if let filter = call.filter {
      return input.wrong(StageProblem.filterOutside(Self.previousName), at: filter.span)
    }
    guard call.arguments.count == 1 else {
      return input.wrongCount(Self.previousName, "1 argument", call.arguments.count, at: span)
    }
    let value = argument(call.arguments[0].value, .any, of: Self.previousName, 0)
    guard value.type != .unknown else { return .wrong }
    do {
      if let step = try steps.owner(of: [value], counted: nil) {
        return input.wrong(MatchProblem.previousOf(step), at: call.arguments[0].value.span)
      }
    } catch {
      return input.wrong(error, at: span)
    }
    return add(signature, [value], nil, true, choice: .previous)
  }

  /// What to say of a name that stands for many rows of a match.
  func ofManyRows(_ name: String) -> MatchProblem? {
    guard let steps else { return nil }
    if steps.names.contains(name) { return .bareStep(name) }
    guard input.scope.field(named: name) != nil else { return nil }
    return .ofManyRows(name, step: steps.names[0])
  }

  private func argument(
    _ syntax: ExpressionSyntax, _ parameter: AggregateSignature.Parameter, of name: String,
    _ index: Int
  ) -> Expression {
    if let nested = nestedAggregate(syntax) {
      return input.wrong(StageProblem.nestedAggregate(nested.text), at: nested.span).expression
    }
    if parameter == .share { return share(syntax, of: name) }
    if parameter == .limit { return limit(syntax, of: name) }
    if case .name(let step) = syntax.kind, steps?.names.contains(step.text) ?? false {
      return input.wrong(MatchProblem.bareStep(step.text), at: syntax.span).expression
    }
    let value = input.check(syntax)
    if value.isWrong { return value.expression }
    if value.isUntyped {
      return input.wrong(TypeProblem.untyped(value.type), at: syntax.span).expression
    }
    func misfit(_ expected: String) -> Expression {
      let problem = TypeProblem.argument(
        function: name, index: index, expected: expected, found: value.fieldType)
      return input.wrong(problem, at: syntax.span).expression
    }
    let type = value.type
    switch parameter {
    case .any: return value.expression
    case .ordered: return type.isOrdered ? value.expression : misfit("an ordered value")
    case .summable:
      return type.isNumeric || type == .duration ? value.expression : misfit("a number or duration")
    case .float:
      return type.isNumeric ? Conversion.cast(value.expression, to: .float) : misfit("a number")
    case .bool: return type == .bool ? value.expression : misfit("a bool")
    case .int: return type == .int ? value.expression : misfit("an int")
    case .share, .limit: return value.expression
    }
  }

  private func share(_ syntax: ExpressionSyntax, of name: String) -> Expression {
    let place = "the share of `\(name)`"
    guard case .float(let share) = input.constant(syntax, as: .float, place: place) else {
      return Typed.wrong.expression
    }
    guard share >= 0, share <= 1 else {
      return input.wrong(TypeProblem.shareRange, at: syntax.span).expression
    }
    return .literal(.float(share), .float)
  }

  private func limit(_ syntax: ExpressionSyntax, of name: String) -> Expression {
    let place = "the number of values of `\(name)`"
    guard case .int(let limit) = input.constant(syntax, as: .int, place: place) else {
      return Typed.wrong.expression
    }
    guard limit >= 1, limit <= AggregateSignature.Parameter.mostValues else {
      return input.wrong(TypeProblem.limitRange, at: syntax.span).expression
    }
    return .literal(.int(limit), .int)
  }

  /// `list.sum()`, `list.any(…)`: of the elements of one row.
  private func isOfElements(_ call: CallSyntax) -> Bool {
    call.receiver != nil && ["any", "sum"].contains(call.function.text)
  }

  private func nestedAggregate(_ syntax: ExpressionSyntax) -> Identifier? {
    if case .call(let call) = syntax.kind, !isOfElements(call),
      !AggregateCatalogue.signatures(named: call.function.text).isEmpty
    {
      return call.function
    }
    for operand in syntax.kind.operands {
      if let found = nestedAggregate(operand) { return found }
    }
    return nil
  }
}
