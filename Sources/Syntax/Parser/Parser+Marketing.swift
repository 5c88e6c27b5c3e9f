import Diagnostics

/// `attribute`, `frequency_cap`, `anomaly`, `sessionize`, `retention`.
extension Parser {
  private static let creditExample = "by last of VALUE as credit"

  mutating func parseAttribute() -> StageKindSyntax {
    let other =
      expectStreamReference()
      ?? StreamReferenceSyntax(path: [missingIdentifier], span: previousEnd)
    var stage = AttributeStageSyntax(other: other, alias: nil, on: [])
    var seen: [String: Span] = [:]
    while !isLost {
      if seen["as"] == nil, seen["by"] == nil, parseClause("as", &seen) {
        stage.alias = expectIdentifier("the touches")
      } else if parseClause("on", &seen) {
        stage.on = expectOn()
      } else if parseClause("within", &seen) {
        stage.lookBacks = expectLookBacks()
      } else if parseClause("by", &seen) {
        parseCredit(&stage)
      } else if !correctWord(among: ["on", "within", "by"]) {
        break
      }
    }
    reportMissingOn("attribute", seen["on"])
    if seen["within"] == nil, !isLost {
      note(.missingClause("within", of: "attribute", example: "within 30d"), previousEnd)
    }
    if seen["by"] == nil, !isLost {
      note(.missingClause("by", of: "attribute", example: Self.creditExample), previousEnd)
    }
    return .attribute(stage)
  }

  /// `D [where EXPR] [else within …]`
  private mutating func expectLookBacks() -> [AttributeStageSyntax.LookBack] {
    var lookBacks: [AttributeStageSyntax.LookBack] = []
    repeat {
      if !lookBacks.isEmpty, !expectWord("within", of: "else", example: "else within 7d") {
        break
      }
      var lookBack = AttributeStageSyntax.LookBack(span: expectClauseExpression())
      if !isLost, skipWord("where") { lookBack.condition = expectClauseExpression() }
      lookBacks.append(lookBack)
    } while !isLost && skipWord("else")
    return lookBacks
  }

  /// `MODEL of VALUE as c`
  private mutating func parseCredit(_ stage: inout AttributeStageSyntax) {
    stage.model = expectModel()
    guard stage.model != nil, !isLost,
      expectWord("of", of: "attribute", example: Self.creditExample)
    else { return }
    stage.value = expectClauseExpression()
    guard !isLost, expectWord("as", of: "attribute", example: Self.creditExample) else { return }
    stage.credit = expectIdentifier("the credit")
  }

  mutating func parseFrequencyCap() -> StageKindSyntax {
    var stage = FrequencyCapStageSyntax(caps: [], by: [])
    let (name, example) = ("frequency_cap", "frequency_cap 3 per 1d by COLUMN")
    if atWord("by"), !isWord(token(1), "per") {
      report(.missingClause("N per D", of: name, example: example), current.span)
      return .frequencyCap(stage)
    }
    repeat {
      let count = expectClauseExpression()
      guard !isLost, expectWord("per", of: name, example: example) else {
        return .frequencyCap(stage)
      }
      stage.caps.append(
        FrequencyCapStageSyntax.Cap(count: count, span: expectClauseExpression()))
    } while !isLost && skip(.comma)
    if !isLost { stage.by = expectBy(name, example: example) }
    return .frequencyCap(stage)
  }

  /// `linear`, `decay(half_life: 7d)`
  private mutating func expectModel() -> ModelCallSyntax? {
    let start = current.span
    guard let name = expectIdentifier("a model") else { return nil }
    var settings: [ArgumentSyntax] = []
    let open = current.span
    if skip(.openParenthesis) { settings = parseArguments(open: open) }
    return ModelCallSyntax(name: name, settings: settings, span: span(from: start))
  }

  mutating func parseAnomaly() -> StageKindSyntax {
    var stage = AnomalyStageSyntax()
    var seen: [String: Span] = [:]
    if !(Self.anomalyClauses.map(\.word) + ["ignore", "expire"]).contains(where: atWord),
      atName() || at(.openParenthesis)
    {
      note(.missingClause("of", of: "anomaly", example: "of COLUMN"), current.span)
      seen["of"] = current.span
      stage.value = expectClauseExpression()
    }
    while !isLost {
      if parseClause("of", &seen) {
        stage.value = expectClauseExpression()
      } else if parseClause("by", &seen) {
        stage.by = expectGroupKeys()
      } else if parseClause("using", &seen) {
        stage.model = expectModel()
      } else if parseClause("above", &seen) {
        stage.threshold = expectClauseExpression()
      } else if parseClause("after", &seen) {
        stage.warmUp = expectClauseExpression()
        if !isLost { _ = expectWord("rows") }
      } else if parseClause("ignore", &seen) {
        stage.ignoresAnomalies = expectWord("anomalies")
      } else if parseClause("expire", &seen) {
        if expectWord("after") { stage.expireAfter = expectClauseExpression() }
      } else if seen["as"] == nil, parseClause("as", &seen) {
        stage.name = expectIdentifier("a column")
      } else if !correctWord(among: Self.anomalyClauses.map(\.word) + ["ignore", "expire"]) {
        break
      }
    }
    noteMissing(Self.anomalyClauses, of: "anomaly", seen)
    return .anomaly(stage)
  }

  /// Reports the first clause that is missing: where one is, others often are too.
  mutating func noteMissing(
    _ clauses: [(word: String, example: String)], of stage: String, _ seen: [String: Span]
  ) {
    guard !isLost, let missing = clauses.first(where: { seen[$0.word] == nil }) else { return }
    note(.missingClause(missing.word, of: stage, example: missing.example), previousEnd)
  }

  /// The clauses that it needs.
  private static let anomalyClauses: [(word: String, example: String)] = [
    ("of", "of COLUMN"), ("by", "by COLUMN"),
    ("using", "using ewma(half_life: 6h)"), ("above", "above 4"), ("after", "after 20 rows"),
    ("as", "as COLUMN"),
  ]

  mutating func parseSessionize() -> StageKindSyntax {
    var stage = SessionizeStageSyntax()
    var seen: [String: Span] = [:]
    while !isLost {
      if parseClause("by", &seen) {
        stage.by = expectGroupKeys()
      } else if parseClause("gap", &seen) {
        stage.gap = expectClauseExpression()
      } else if parseClause("max", &seen) {
        stage.limit = expectClauseExpression()
      } else if seen["as"] == nil, parseClause("as", &seen) {
        stage.name = expectIdentifier("a column")
      } else if !correctWord(among: ["by", "gap", "max", "as"]) {
        break
      }
    }
    let clauses = [("by", "by COLUMN"), ("gap", "gap 30m"), ("as", "as session")]
    noteMissing(clauses, of: "sessionize", seen)
    return .sessionize(stage)
  }

  mutating func parseRetention() -> StageKindSyntax {
    var stage = RetentionStageSyntax()
    if Self.retentionClauses.contains(where: atWord) {
      reportExpected("a period such as `7d`")
    } else {
      stage.period = expectClauseExpression()
    }
    var seen: [String: Span] = [:]
    while !isLost {
      if parseClause("by", &seen) {
        stage.by = expectGroupKeys()
      } else if parseClause("per", &seen) {
        stage.per = expectGroupKeys()
      } else if parseClause("offset", &seen) {
        stage.offset = expectClauseExpression()
      } else if parseClause("zone", &seen) {
        stage.zone = expectClauseExpression()
      } else if parseClause("for", &seen) {
        let told = problems.count
        stage.periods = expectClauseExpression()
        // `3 days` was told as what it is.
        if !isLost, !skipWord("periods"), problems.count == told { _ = expectWord("periods") }
      } else if !correctWord(among: Self.retentionClauses) {
        break
      }
    }
    noteMissing([("by", "by COLUMN"), ("for", "for 12 periods")], of: "retention", seen)
    return .retention(stage)
  }

  private static let retentionClauses = ["by", "per", "offset", "zone", "for"]
}
