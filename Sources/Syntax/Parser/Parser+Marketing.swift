import Diagnostics

/// `attribute`, `frequency_cap`.
extension Parser {
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
      } else if seen["by"] == nil, parseClause("by", &seen) {
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
      note(
        .missingClause("by", of: "attribute", example: "by last of VALUE as credit"), previousEnd)
    }
    return .attribute(stage)
  }

  /// `D [where EXPR] [else within …]`
  private mutating func expectLookBacks() -> [AttributeStageSyntax.LookBack] {
    var lookBacks: [AttributeStageSyntax.LookBack] = []
    repeat {
      if !lookBacks.isEmpty, !expectWord("within") { break }
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
    guard !isLost, expectWord("of") else { return }
    stage.value = expectClauseExpression()
    guard !isLost, expectWord("as") else { return }
    stage.credit = expectIdentifier("the credit")
  }

  mutating func parseFrequencyCap() -> StageKindSyntax {
    var stage = FrequencyCapStageSyntax(caps: [], by: [])
    repeat {
      let count = expectClauseExpression()
      guard !isLost, expectWord("per") else { return .frequencyCap(stage) }
      stage.caps.append(
        FrequencyCapStageSyntax.Cap(count: count, span: expectClauseExpression()))
    } while !isLost && skip(.comma)
    if !isLost { stage.by = expectBy("frequency_cap") }
    return .frequencyCap(stage)
  }
}
