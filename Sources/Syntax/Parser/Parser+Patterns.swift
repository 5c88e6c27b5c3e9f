import Diagnostics

/// `match`, `funnel`, `fold`.
extension Parser {
  mutating func parseMatch() -> StageKindSyntax {
    var match = MatchStageSyntax(
      by: [], within: nil, sequence: nil, definitions: [], emit: [], options: [])
    parseByWithin("match", &match.by, &match.within)
    let open = current.span
    guard !isLost, skip(.openBrace) else {
      reportExpected("`{` and a pattern")
      return .match(match)
    }
    _ = parseItems(closedBy: .closeBrace, open: open) { $0.parseMatchItem(&match) }
    if match.sequence == nil, !hasProblem(in: span(from: open)) {
      note(.missingClause("sequence:", of: "match", example: "sequence: a, b"), open)
    }
    return .match(match)
  }

  private mutating func parseMatchItem(_ match: inout MatchStageSyntax) {
    let start = current.span
    if atWord("sequence"), token(1).kind == .colon {
      advance()
      advance()
      noteRepeated("sequence", start, match.sequence?.span)
      match.sequence = expectPattern()
      if isLost || !(at(.comma) || at(.closeBrace) || current.startsLine || atItem()) {
        reportExpected("`,` and a step of the pattern")
        skipPattern()
      }
    } else if atWord("emit"), token(1).kind == .openBrace {
      advance()
      match.emit += expectColumns()
      if let star { note(.expected("columns by their names", found: "`*`", meant: nil), star) }
    } else if atName(), token(1).kind == .colon {
      let name = takeIdentifier()
      advance()
      var value = expectOptionValue(of: name.text)
      if name.text == "skip" { value = parseSkippedStep(value) }
      match.options.append(OptionSyntax(name: name, value: value, span: span(from: start)))
    } else if let definition = parseAssignment(.assign) {
      match.definitions.append(definition)
    } else {
      reportExpected("`sequence: …`, `name = condition` or `emit { … }`")
      skipPattern()
    }
  }

  /// `to_first NAME`: the step behind a value.
  private mutating func parseSkippedStep(_ value: OptionValueSyntax) -> OptionValueSyntax {
    guard !isLost, atName(), !current.startsLine, !atItem() else { return value }
    let step = takeIdentifier()
    let qualifier = QualifierSyntax(word: step, value: nil, span: step.span)
    return OptionValueSyntax(.qualified(value, [qualifier]), span(from: value.span))
  }

  /// The commas of a pattern separate no items: to the next item or line.
  private mutating func skipPattern() {
    let start = index
    while !at(.endOfFile), !at(.closeBrace), !current.startsLine || index == start, !atItem() {
      skipBalanced()
    }
    isLost = false
  }

  mutating func parseFunnel() -> StageKindSyntax {
    var funnel = FunnelStageSyntax(by: [], within: nil, steps: [])
    parseByWithin("funnel", &funnel.by, &funnel.within)
    if !isLost, skipWord("strict") { funnel.isStrict = true }
    let open = current.span
    guard !isLost, skip(.openBrace) else {
      reportExpected("`{` and steps `name: condition`")
      return .funnel(funnel)
    }
    let whole = parseItems(closedBy: .closeBrace, open: open) { parser in
      if let step = parser.parseAssignment(.colon) {
        funnel.steps.append(step)
      } else {
        parser.reportExpected("a step `name: condition`")
      }
    }
    if funnel.steps.isEmpty, !hasProblem(in: whole) {
      note(.emptyBlock("step `name: condition`"), whole)
    }
    return .funnel(funnel)
  }

  /// `by c within D`
  private mutating func parseByWithin(
    _ stage: String, _ by: inout [GroupKeySyntax], _ within: inout ExpressionSyntax?
  ) {
    by = expectBy(stage)
    var seen: [String: Span] = [:]
    while !isLost, parseClause("within", &seen) { within = expectClauseExpression() }
    // A match without a bound is told of when it is known what it holds.
    if stage != "match" { reportMissingWithin(within, stage, seen["within"]) }
  }

  mutating func parseFold() -> StageKindSyntax {
    var fold = FoldStageSyntax(by: expectBy("fold"), expireAfter: nil, state: [], columns: [])
    if !isLost, skipWord("expire"), expectWord("after") {
      fold.expireAfter = expectClauseExpression()
    }
    let open = current.span
    guard !isLost, skip(.openBrace) else {
      reportExpected("`{` and state `name: type = first value`")
      return .fold(fold)
    }
    let whole = parseItems(closedBy: .closeBrace, open: open) { parser in
      if let state = parser.expectState() { fold.state.append(state) }
    }
    if fold.state.isEmpty, !hasProblem(in: whole) {
      note(.emptyBlock("state `name: type = first value`"), whole)
    }
    fold.columns = expectAssignments("fold")
    return .fold(fold)
  }

  private mutating func expectState() -> FoldStageSyntax.State? {
    guard let name = expectIdentifier("a state") else { return nil }
    guard skip(.colon) else {
      reportExpected("`: type = first value`")
      return nil
    }
    let type = expectType()
    guard !isLost, skip(.assign) else {
      reportExpected("`= first value`")
      return nil
    }
    return FoldStageSyntax.State(name: name, type: type, initial: expectExpression())
  }
}

// MARK: - Patterns

extension Parser {
  /// `a+, (b | c), not d`; the commas belong to it.
  private mutating func expectPattern() -> PatternSyntax {
    let start = current.span
    return nested { parser in
      var parts = [parser.expectAlternatives()]
      // A comma before an item of the block ends the pattern.
      while !parser.isLost, parser.at(.comma), !parser.itemFollowsComma {
        parser.advance()
        parts.append(parser.expectAlternatives())
      }
      return parts.count == 1
        ? parts[0] : PatternSyntax(.sequence(parts), parser.span(from: start))
    } ?? PatternSyntax(.missing, span(from: start))
  }

  private var itemFollowsComma: Bool {
    let (next, sign) = (token(1), token(2).kind)
    return next.kind == .closeBrace
      || isName(next)
        && (sign == .assign || sign == .colon || isWord(next, "emit") && sign == .openBrace)
  }

  private mutating func expectAlternatives() -> PatternSyntax {
    let start = current.span
    var choices = [expectRepetition()]
    while !isLost, skip(.pipe) { choices.append(expectRepetition()) }
    return choices.count == 1
      ? choices[0] : PatternSyntax(.alternatives(choices), span(from: start))
  }

  private mutating func expectRepetition() -> PatternSyntax {
    let start = current.span
    if atWord("not"), isName(token(1)) || token(1).kind == .openParenthesis {
      advance()
      let inner = nested { $0.expectRepetition() } ?? PatternSyntax(.missing, previousEnd)
      return PatternSyntax(.not(inner), span(from: start))
    }
    let inner = expectPatternOperand()
    guard !isLost, !current.startsLine, let bounds = parseQuantifier() else { return inner }
    let isReluctant = bounds.isReluctant || (!current.startsLine && skip(.question))
    return PatternSyntax(
      .repeated(inner, least: bounds.least, most: bounds.most, isReluctant: isReluctant),
      span(from: start))
  }

  private mutating func expectPatternOperand() -> PatternSyntax {
    let start = current.span
    if at(.openParenthesis) {
      takeOpening(closedBy: .closeParenthesis)
      let inner = expectPattern()
      expectClosing(.closeParenthesis, open: start)
      return PatternSyntax(inner.kind, span(from: start))
    }
    guard let name = expectIdentifier("a step of the pattern") else {
      return PatternSyntax(.missing, previousEnd)
    }
    return PatternSyntax(.event(name), name.span)
  }

  /// `+`, `*`, `?`, `??`, `{2}`, `{2,}`, `{2, 5}`
  private mutating func parseQuantifier() -> (least: Int64, most: Int64?, isReluctant: Bool)? {
    if skip(.plus) { return (1, nil, false) }
    if skip(.star) { return (0, nil, false) }
    if skip(.question) { return (0, 1, false) }
    if skip(.coalesce) { return (0, 1, true) }
    let open = current.span
    guard at(.openBrace), [.integer, .comma].contains(token(1).kind) else { return nil }
    takeOpening(closedBy: .closeBrace)
    let least = at(.integer) ? expectInteger("a number")?.value ?? 0 : 0
    var most: Int64? = least
    if skip(.comma) { most = at(.integer) ? expectInteger("a number")?.value : nil }
    expectClosing(.closeBrace, open: open)
    return (least, most, false)
  }
}
