import Diagnostics

/// `experiment`.
extension Parser {
  mutating func parseExperiment() -> StageKindSyntax {
    var stage = ExperimentStageSyntax()
    var seen: [String: Span] = [:]
    while !isLost, !at(.openBrace) {
      if parseClause("of", &seen) {
        stage.variant = expectClauseExpression()
      } else if parseClause("by", &seen) {
        stage.by = expectGroupKeys()
      } else if parseClause("converted", &seen) {
        stage.conversion = expectClauseExpression()
      } else if parseClause("within", &seen) {
        stage.within = expectClauseExpression()
      } else if parseClause("every", &seen) {
        stage.every = expectClauseExpression()
      } else if parseClause("confidence", &seen) {
        stage.confidence = expectClauseExpression()
      } else if parseClause("effect", &seen) {
        stage.effect = expectClauseExpression()
      } else if parseClause("expire", &seen) {
        if expectWord("after") { stage.expireAfter = expectClauseExpression() }
      } else if !correctWord(among: Self.experimentClauses.map(\.word) + Self.furtherClauses) {
        break
      }
    }
    if seen.isEmpty, !isLost, !at(.openBrace), atName() {
      reportExpected("`of` and what names a variant")
    }
    noteMissing(Self.experimentClauses, of: "experiment", seen)
    parseVariants(&stage)
    return .experiment(stage)
  }

  /// `{ control: 50%, treatment: 50% }`
  private mutating func parseVariants(_ stage: inout ExperimentStageSyntax) {
    let open = current.span
    guard !isLost, skip(.openBrace) else {
      reportExpected("`{` and variants `name: share`")
      return
    }
    let whole = parseItems(closedBy: .closeBrace, open: open) { parser in
      if let variant = parser.parseAssignment(.colon) {
        stage.variants.append(variant)
      } else {
        parser.reportExpected("a variant `name: share`")
      }
    }
    if stage.variants.isEmpty, !hasProblem(in: whole) {
      note(.emptyBlock("variant `name: share`"), whole)
    }
  }

  /// The clauses that it needs.
  private static let experimentClauses: [(word: String, example: String)] = [
    ("of", "of COLUMN"), ("by", "by COLUMN"), ("converted", "converted event == \"purchase\""),
    ("within", "within 7d"), ("every", "every 1h"),
  ]
  private static let furtherClauses = ["confidence", "effect", "expire"]
}
