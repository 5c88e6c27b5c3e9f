import Diagnostics

/// `window`, `top`, `over`, `dedupe`.
extension Parser {
  mutating func parseWindow() -> StageKindSyntax {
    let start = current.span
    var window = WindowStageSyntax(
      kind: parseWindowKind(), kindSpan: start, offset: nil, zone: nil, by: [],
      emission: .onClose, emissionSpan: nil, allowLate: nil, columns: [])
    window.kindSpan = span(from: start)
    // What a window of no kind has for columns nobody knows.
    if isLost { return .missing }
    var seen: [String: Span] = [:]
    while !isLost, !at(.openBrace),
      parseWindowClause(&window, &seen) || correctWord(among: Keywords.windowClauses)
    {}
    window.columns = expectAssignments("window")
    return .window(window)
  }

  private mutating func parseWindowClause(
    _ window: inout WindowStageSyntax, _ seen: inout [String: Span]
  ) -> Bool {
    let place = current.span
    if parseClause("offset", &seen) {
      window.offset = expectClauseExpression()
    } else if parseClause("zone", &seen) {
      window.zone = expectClauseExpression()
    } else if parseClause("by", &seen) {
      window.by = expectGroupKeys()
    } else if parseClause("emit", &seen) {
      if skipWord("on") {
        _ = expectWord("close")
        window.emission = .onClose
      } else if expectWord("every") {
        window.emission = .every(expectClauseExpression())
      }
      window.emissionSpan = span(from: place)
    } else if parseClause("allow", &seen) {
      if expectWord("late") { window.allowLate = expectClauseExpression() }
    } else {
      return false
    }
    return true
  }

  /// Takes a clause's word; a second one of its kind is reported.
  mutating func parseClause(_ word: String, _ seen: inout [String: Span]) -> Bool {
    let place = current.span
    guard skipWord(word) else { return false }
    noteRepeated(word, place, seen[word])
    if seen[word] == nil { seen[word] = place }
    return true
  }

  private mutating func parseWindowKind() -> WindowStageSyntax.Kind {
    if skipWord("tumbling") { return .tumbling(expectClauseExpression()) }
    if skipWord("hopping") {
      let size = expectClauseExpression()
      return .hopping(size, every: expectClause("every"))
    }
    if skipWord("cumulative") {
      let size = expectClauseExpression()
      return .cumulative(size, every: expectClause("every"))
    }
    if skipWord("session") {
      let gap = expectClause("gap")
      let hasMost = !isLost && skipWord("max")
      return .session(gap: gap, max: hasMost ? expectClauseExpression() : nil)
    }
    if skipWord("count") { return .count(expectClauseExpression()) }
    if at(.duration), !current.startsLine {
      let example = "tumbling \(text(current))"
      note(.missingClause("tumbling", of: "window", example: example), current.span)
      return .tumbling(expectClauseExpression())
    }
    let choices = Keywords.windows
    if atName(), !atDeclaration() {
      let unknown = SyntaxProblem.unknownWord(
        text(current), role: "kind of window", choices: choices)
      if corrected.index != index, let meant = nearestWord(to: text(current), among: choices) {
        note(unknown, current.span)
        corrected = (index, meant)
        return parseWindowKind()
      }
      report(unknown, current.span)
    } else {
      reportExpected("the kind of window")
    }
    return .missing
  }

  /// A word and a value behind it.
  private mutating func expectClause(_ word: String) -> ExpressionSyntax {
    guard !isLost, expectWord(word) else { return ExpressionSyntax(.missing, previousEnd) }
    return expectClauseExpression()
  }

  mutating func parseTop() -> StageKindSyntax {
    let count = expectClauseExpression()
    var top = TopStageSyntax(count: count, withTies: false, by: [], per: [], rank: nil)
    var seen: [String: Span] = [:]
    while !isLost {
      if parseClause("with", &seen) {
        top.withTies = expectWord("ties")
      } else if parseClause("by", &seen) {
        top.by = expectOrders()
      } else if parseClause("per", &seen) {
        top.per = expectGroupKeys()
      } else if seen["as"] == nil, parseClause("as", &seen) {
        top.rank = expectIdentifier("a column")
      } else if !correctWord(among: ["with", "by", "per"]) {
        break
      }
    }
    if seen["by"] == nil, !isLost {
      report(.missingClause("by", of: "top", example: "by COLUMN desc"), previousEnd)
    }
    return .top(top)
  }

  mutating func parseOver() -> StageKindSyntax {
    let by = expectBy("over")
    let frame: OverStageSyntax.Frame
    if !isLost, skipWord("rows") {
      frame = .rows(expectClauseExpression())
    } else {
      frame = .time(isLost ? ExpressionSyntax(.missing, previousEnd) : expectClauseExpression())
    }
    if !isLost { _ = expectWord("preceding") }
    return .over(OverStageSyntax(by: by, frame: frame, columns: expectAssignments("over")))
  }

  mutating func parseDedupe() -> StageKindSyntax {
    var dedupe = DedupeStageSyntax(by: expectBy("dedupe"), keepsLast: false, within: nil)
    var seen: [String: Span] = [:]
    while !isLost {
      if parseClause("keep", &seen) {
        dedupe.keepsLast = skipWord("last")
        if !dedupe.keepsLast, !skipWord("first") { reportExpected("`first` or `last`") }
      } else if parseClause("within", &seen) {
        dedupe.within = expectClauseExpression()
      } else if !correctWord(among: ["keep", "within"]) {
        break
      }
    }
    reportMissingWithin(dedupe.within, "dedupe", seen["within"])
    return .dedupe(dedupe)
  }

  mutating func reportMissingWithin(
    _ within: ExpressionSyntax?, _ stage: String, _ seen: Span?
  ) {
    guard within == nil, seen == nil, !isLost else { return }
    // The rest of the stage can be read all the same.
    note(.missingClause("within", of: stage, example: "within 1d"), previousEnd)
  }
}
