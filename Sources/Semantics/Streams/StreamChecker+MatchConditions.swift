import Diagnostics
import Plans
import Schemas
import Syntax

/// What the names of a `match` take: what a row must meet by itself, and what they ask of the rows
/// that were taken before it.
extension StreamChecker {
  struct MatchConditions {
    var steps: [NamedExpression] = []
    var asks: [NamedExpression] = []
    var before: [AggregateCall] = []
    var isWrong = false
  }

  func conditions(
    _ steps: [AssignmentSyntax], _ names: [String], _ pattern: MatchPattern?
  ) -> MatchConditions {
    var input = current.scope
    input.steps = Set(names)
    let aggregation = Aggregation(
      input: ExpressionChecker(definitions, input),
      keyNames: current.scope.fields.map(\.name) + current.scope.sides,
      steps: MatchSteps(
        names: names, pattern: pattern, row: current.scope, seesRowsBefore: true))
    let asking = ExpressionChecker(definitions, current.scope, aggregation: aggregation)
    let plain = checker
    var conditions = MatchConditions()
    for step in steps {
      let asks = step.value.asksOtherRows(of: input, hasPrevious: aggregation.knowsPrevious)
      let condition = (asks ? asking : plain).condition(
        step.value, place: "what `\(step.name.text)` takes")
      if condition.type == .unknown { conditions.isWrong = true }
      let (own, ask) = condition.parted
      conditions.steps.append(NamedExpression(step.name.text, own))
      guard let ask else { continue }
      conditions.asks.append(NamedExpression(step.name.text, ask))
      if let pattern, isTooEarly(step, ask, aggregation.calls, names, pattern) {
        conditions.isWrong = true
      }
    }
    conditions.before = aggregation.calls
    return conditions
  }

  /// Reports where a condition asks for rows of which none can be there before.
  private func isTooEarly(
    _ step: AssignmentSyntax, _ ask: Expression, _ before: [AggregateCall], _ names: [String],
    _ pattern: MatchPattern
  ) -> Bool {
    guard let number = names.firstIndex(of: step.name.text), pattern.askedSteps.contains(number)
    else { return false }
    if pattern.leadingGap?.contains(number) ?? false {
      report(MatchProblem.asksBeforeMatch(step.name.text), at: step.value.span)
      return true
    }
    let read = ask.columnNames
    var isTooEarly = false
    for call in before where read.contains(call.name) {
      guard let name = call.step, let other = names.firstIndex(of: name),
        !pattern.mayPrecede(other, number)
      else { continue }
      let place = step.value.place(ofRows: name) ?? step.value.span
      report(MatchProblem.laterRows(name: step.name.text, other: name), at: place)
      isTooEarly = true
    }
    return isTooEarly
  }
}

extension Expression {
  /// The parts, joined by `and`, that see the row alone, and the others; what may fail keeps its
  /// place behind those before it.
  fileprivate var parted: (own: Expression, ask: Expression?) {
    let parts = if case .and(let operands) = node { operands } else { [self] }
    var own: [Expression] = []
    var asks: [Expression] = []
    for part in parts {
      let readsOthers = part.columnNames.contains { $0.hasPrefix(MatchSpec.beforeMark) }
      if readsOthers || !asks.isEmpty && part.isFallible {
        asks.append(part)
      } else {
        own.append(part)
      }
    }
    if asks.isEmpty { return (self, nil) }
    return (Self.all(own), Self.all(asks))
  }

  private static func all(_ parts: [Expression]) -> Expression {
    guard parts.count != 1 else { return parts[0] }
    if parts.isEmpty { return .literal(.bool(true), .bool) }
    let isNullable = parts.contains(where: \.isNullable)
    return Expression(.and(parts), FieldType(.bool, nullable: isNullable))
  }
}

extension ExpressionSyntax {
  /// Whether a condition asks for anything but its row: rows by their name, or any aggregate.
  fileprivate func asksOtherRows(of row: RowScope, hasPrevious: Bool) -> Bool {
    switch kind {
    case .member(let base, _):
      if case .name(let name) = base.kind, row.steps.contains(name.text) { return true }
    case .name(let name):
      if row.steps.contains(name.text), row.field(named: name.text) == nil { return true }
    case .call(let call):
      let name = call.function.text
      let isAggregate = !AggregateCatalogue.signatures(named: name).isEmpty
      if call.receiver == nil, isAggregate || hasPrevious && name == Aggregation.previousName {
        return true
      }
    default: break
    }
    return kind.operands.contains { $0.asksOtherRows(of: row, hasPrevious: hasPrevious) }
  }

  /// Where it names rows.
  fileprivate func place(ofRows name: String) -> Span? {
    switch kind {
    case .member(let base, _):
      if case .name(let found) = base.kind, found.text == name { return span }
    case .name(let found):
      if found.text == name { return span }
    default: break
    }
    for operand in kind.operands {
      if let place = operand.place(ofRows: name) { return place }
    }
    return nil
  }
}
