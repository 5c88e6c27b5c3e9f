import Diagnostics

/// `attribute`, `frequency_cap`.
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
    let start = current.span
    guard let name = expectIdentifier("a model") else { return }
    var settings: [ArgumentSyntax] = []
    let open = current.span
    if skip(.openParenthesis) { settings = parseArguments(open: open) }
    stage.model = AttributeStageSyntax.Model(
      name: name, settings: settings, span: span(from: start))
    guard !isLost, expectWord("of", of: "attribute", example: Self.creditExample) else { return }
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
}
