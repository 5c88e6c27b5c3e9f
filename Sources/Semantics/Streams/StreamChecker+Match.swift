import Diagnostics
import Plans
import Schemas
import Syntax

/// `match by … [within D] { sequence: …, name = EXPR …, emit { … } }`
extension StreamChecker {
  func match(_ match: MatchStageSyntax, _ stage: StageSyntax) {
    requireEventTime("match", stage)
    guard isBounded(match.by), isBounded(match) else { return lose() }
    let keys = keys(match.by)
    let span = match.within.flatMap { notNegative($0, "the time of `match`") }
    var names: [String: Span] = [:]
    for bound in MatchSpec.bounds { names[bound.name] = stage.keyword.span }
    var isWrong = match.within != nil && span == nil
    for key in keys {
      if !isFirst(key.name, key.span, &names) || key.expression == nil { isWrong = true }
    }
    let steps = steps(match, keys)
    let (pattern, unknown) =
      steps.isWrong ? (nil, true) : pattern(match, steps.names, stage, hasBound: span != nil)
    let conditions = conditions(steps.definitions, steps.names, pattern)
    guard !steps.isWrong else { return lose() }
    if unknown || conditions.isWrong { isWrong = true }
    let skip = skip(match, steps.names, pattern)
    guard let pattern, let skip, !steps.names.isEmpty else { return lose() }
    let emission = emission(match, keys, steps.names, pattern, stage)
    guard !current.isUnknown else { return lose() }
    let known = keys.compactMap { key in key.expression.map { NamedExpression(key.name, $0) } }
    let spec = MatchSpec(
      keys: known, span: span, steps: conditions.steps, asks: conditions.asks,
      before: conditions.before, pattern: pattern, skip: skip, aggregates: emission.calls,
      results: emission.results)
    let scope = RowScope(emission.fields)
    if isWrong || emission.isWrong { return current.scope = scope }
    let node = add(.match(spec), "match", scope, stage, hasEventTime: true)
    if span == nil, let place = match.by.last?.span.after {
      graph.expiryPlaces[node] = (place, " within 1h")
    }
  }

  private func isBounded(_ match: MatchStageSyntax) -> Bool {
    let most = MatchSpec.mostSteps
    guard match.definitions.count > most else { return true }
    report(MatchProblem.tooManyNames(most), at: match.definitions[most].name.span)
    return false
  }

  /// What names are defined as, each once; whether some name is none.
  private struct Steps {
    var definitions: [AssignmentSyntax] = []
    var isWrong = false

    var names: [String] { definitions.map(\.name.text) }
  }

  private func steps(_ match: MatchStageSyntax, _ keys: [Key]) -> Steps {
    var seen: [String: Span] = [:]
    var steps = Steps()
    for definition in match.definitions {
      let name = definition.name
      guard definitions.isFirst(name, "name", &seen) else {
        steps.isWrong = true
        continue
      }
      let isTaken =
        current.scope.field(named: name.text) != nil || current.scope.sides.contains(name.text)
        || keys.contains { $0.name == name.text } || ["meta", "param"].contains(name.text)
      if isTaken {
        report(MatchProblem.taken(name.text), at: name.span)
        steps.isWrong = true
      }
      steps.definitions.append(definition)
    }
    return steps
  }

  /// The pattern, nil where it is wrong; whether it is known to be.
  private func pattern(
    _ match: MatchStageSyntax, _ names: [String], _ stage: StageSyntax, hasBound: Bool
  ) -> (MatchPattern?, isWrong: Bool) {
    guard let sequence = match.sequence else { return (nil, true) }
    var checker = PatternChecker(definitions.log, names: names)
    let pattern = checker.check(sequence)
    for definition in match.definitions where !checker.used.contains(definition.name.text) {
      report(MatchProblem.unused(definition.name.text), at: definition.name.span)
    }
    guard let pattern else { return (nil, true) }
    let isFirst = pattern.leadingGap != nil
    guard isFirst || pattern.trailingGap != nil, match.within == nil else {
      return (pattern, false)
    }
    let fix = match.by.last.map { Edit($0.span.after, " within 1h") }
    var place = sequence.span
    if case .sequence(let parts) = sequence.kind,
      let part = isFirst ? parts.first : parts.last
    {
      place = part.span
    }
    report(MatchProblem.needsWithin(isFirst: isFirst, fix: fix), at: place)
    return (pattern, true)
  }

  /// `skip: …`; nil where it is wrong.
  private func skip(
    _ match: MatchStageSyntax, _ names: [String], _ pattern: MatchPattern?
  ) -> MatchSpec.Skip? {
    var skip: MatchSpec.Skip? = .pastLast
    var first: Span?
    for option in match.options {
      let name = option.name
      guard name.text == "skip" else {
        report(
          OptionProblem.unknownOption(name.text, block: "`match`", known: ["skip"]), at: name.span)
        skip = nil
        continue
      }
      if let first {
        report(OptionProblem.twice("skip", first: first), at: name.span)
        skip = nil
        continue
      }
      first = name.span
      skip = self.skip(option.value, names, pattern)
    }
    return skip
  }

  private func skip(
    _ value: OptionValueSyntax, _ names: [String], _ pattern: MatchPattern?
  ) -> MatchSpec.Skip? {
    var (value, step): (OptionValueSyntax, Identifier?) = (value, nil)
    if case .qualified(let inner, let qualifiers) = value.kind {
      (value, step) = (inner, qualifiers.first?.word)
    }
    guard case .expression(let expression) = value.kind, case .name(let word) = expression.kind
    else {
      if case .missing = value.kind { return nil }
      return wrongSkip(at: value.span)
    }
    switch (word.text, step) {
    case ("past_last", nil): return .pastLast
    case ("to_next", nil): return .toNext
    case ("to_first", let step?), ("to_last", let step?):
      guard let number = names.firstIndex(of: step.text) else {
        report(MatchProblem.unknownName(step.text, known: names), at: step.span)
        return nil
      }
      let isFirst = word.text == "to_first"
      if let pattern, pattern.alwaysBegins(with: number, onceOnly: !isFirst) {
        report(MatchProblem.skipsToItself(step.text), at: step.span)
        return nil
      }
      return isFirst ? .toFirst(number) : .toLast(number)
    case ("past_last", _?), ("to_next", _?), ("to_first", nil), ("to_last", nil):
      return wrongSkip(at: value.span)
    default:
      let words = ["past_last", "to_next", "to_first", "to_last"]
      report(OptionProblem.wrongWord(word.text, option: "skip", words: words), at: word.span)
      return nil
    }
  }

  private func wrongSkip(at span: Span) -> MatchSpec.Skip? {
    let expected = "`past_last`, `to_next`, `to_first NAME` or `to_last NAME`"
    report(OptionProblem.wrongValue("skip", expected: expected), at: span)
    return nil
  }

  private struct Emission {
    var calls: [AggregateCall] = []
    var results: [NamedExpression] = []
    var fields: [Field] = []
    var isWrong = false
  }

  private func emission(
    _ match: MatchStageSyntax, _ keys: [Key], _ names: [String], _ pattern: MatchPattern,
    _ stage: StageSyntax
  ) -> Emission {
    var emission = Emission()
    let steps = MatchSteps(names: names, pattern: pattern, row: current.scope)
    var input = current.scope
    input.steps = Set(names)
    let aggregation = Aggregation(
      input: ExpressionChecker(definitions, input), keyNames: keys.map(\.name), steps: steps)
    let keyFields = keys.compactMap { key in key.expression.map { Field(key.name, $0.fieldType) } }
    var scope = RowScope(keyFields + MatchSpec.bounds)
    scope.hasUnknownColumns = current.isUnknown || keyFields.count < keys.count
    let block = ExpressionChecker(definitions, scope, aggregation: aggregation)
    var seen: [String: Span] = [:]
    func append(_ name: String, _ value: Typed, at span: Span) {
      guard isFirst(name, span, &seen) else { return }
      let expression = settle(value, at: span)
      if expression == nil { emission.isWrong = true }
      let result = expression ?? Typed.wrong.expression
      emission.results.append(NamedExpression(name, result))
      emission.fields.append(Field(name, result.fieldType))
    }
    for item in match.emit {
      switch item {
      case .computed(let assignment):
        append(assignment.name.text, block.check(assignment.value), at: assignment.name.span)
      case .carried(let column):
        append(column.name.text, self.column(column, block), at: column.span)
      case .all(let side, let span):
        guard names.contains(side.text) else {
          report(MatchProblem.unknownName(side.text, known: names), at: side.span)
          emission.isWrong = true
          continue
        }
        for name in current.scope.visibleNames {
          let last = aggregation.last(side.text, Identifier(name, side.span), at: span)
          append(name, last ?? .wrong, at: span)
        }
      }
    }
    if match.emit.isEmpty, !definitions.log.hasError(within: stage.span) {
      report(MatchProblem.noColumns, at: stage.keyword.span)
      emission.isWrong = true
    }
    emission.calls = aggregation.calls
    emission.isWrong = emission.isWrong || emission.results.isEmpty
    return emission
  }
}

extension MatchPattern {
  /// Whether the first row of each match is one of the step; and, where asked, no other is.
  fileprivate func alwaysBegins(with step: Int, onceOnly: Bool) -> Bool {
    firstSteps == [step] && (!onceOnly || takenSteps[step] == 1)
  }
}
