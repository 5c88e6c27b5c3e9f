import Diagnostics

/// `enrich`, `join`.
extension Parser {
  mutating func parseEnrich() -> StageKindSyntax {
    let table = expectIdentifier("a table") ?? missingIdentifier
    var enrich = EnrichStageSyntax(
      table: table, on: [], alias: nil, isRequired: false, asOf: nil)
    var seen: [String: Span] = [:]
    while !isLost {
      if parseClause("on", &seen) {
        enrich.on = expectOn()
      } else if atWord("as"), isWord(token(1), "of"), beginsOperand(token(2)),
        !token(2).startsLine
      {
        noteRepeated("as of", current.span, enrich.asOf?.span)
        advance()
        advance()
        enrich.asOf = expectClauseExpression()
      } else if seen["as"] == nil, parseClause("as", &seen) {
        enrich.alias = expectIdentifier("the table's columns")
      } else if parseClause("required", &seen) {
        enrich.isRequired = true
      } else if !correctWord(among: ["on", "required"]) {
        break
      }
    }
    reportMissingOn("enrich", seen["on"])
    return .enrich(enrich)
  }

  mutating func reportMissingOn(_ stage: String, _ seen: Span?) {
    guard seen == nil, !isLost else { return }
    note(.missingClause("on", of: stage, example: "on COLUMN"), previousEnd)
  }

  /// `on a`, `on (a, b)`, `on a == b and …`
  mutating func expectOn() -> [ExpressionSyntax] {
    let open = current.span
    guard at(.openParenthesis), hasCommaInParentheses else { return expectBareOn() }
    advance()
    var keys: [ExpressionSyntax] = []
    _ = parseItems(closedBy: .closeParenthesis, open: open) { keys.append($0.expectExpression()) }
    return keys
  }

  /// One column or condition. Several with bare commas are told, and taken.
  private mutating func expectBareOn() -> [ExpressionSyntax] {
    var keys = [expectClauseExpression()]
    var commas: [Span] = []
    while !isLost, at(.comma) {
      let comma = current.span
      advance()
      guard beginsOperand(current), !isClauseWord(current) else {
        reportMissing { .expected("another column of `on`", found: $0, meant: nil) }
        isLost = false
        return keys
      }
      commas.append(comma)
      keys.append(expectClauseExpression())
    }
    guard let comma = commas.first, let last = keys.last else { return keys }
    let whole = keys[0].span.joined(last.span)
    let areConditions = !keys.contains { if case .name = $0.kind { true } else { false } }
    note(areConditions ? .commaForAnd(commas) : .keysWithoutBrackets(whole), comma)
    return keys
  }

  /// The current token is the opening parenthesis.
  private var hasCommaInParentheses: Bool {
    var depth = 0
    for token in tokens[index...] {
      switch token.kind {
      case .openParenthesis, .openBracket, .openBrace: depth += 1
      case .closeParenthesis, .closeBracket, .closeBrace: depth -= 1
      case .comma where depth == 1: return true
      case .pipe, .endOfFile: return false
      default: break
      }
      if depth == 0 { return false }
    }
    return false
  }

  mutating func parseJoin(_ kind: JoinStageSyntax.Kind) -> StageKindSyntax {
    let other =
      expectStreamReference()
      ?? StreamReferenceSyntax(
        path: [missingIdentifier], span: previousEnd)
    var join = JoinStageSyntax(
      kind: kind, other: other, alias: nil, on: [], bounds: nil, expireAfter: nil)
    var seen: [String: Span] = [:]
    while !isLost {
      if seen["on"] == nil, seen["as"] == nil, parseClause("as", &seen) {
        join.alias = expectIdentifier("the joined side")
      } else if parseClause("on", &seen) {
        join.on = expectOn()
      } else if parseClause("within", &seen) {
        join.bounds = expectBounds()
      } else if parseClause("expire", &seen) {
        if expectWord("after") { join.expireAfter = expectClauseExpression() }
      } else if !correctWord(among: ["on", "within", "expire"]) {
        break
      }
    }
    reportMissingOn("join", seen["on"])
    return .join(join)
  }

  /// What other languages call a join, and what it is called here.
  private static let foreignJoins: [String: JoinStageSyntax.Kind] = [
    "inner join": .inner, "outer join": .full, "left outer join": .left,
    "right outer join": .right, "full outer join": .full, "left semi join": .semi,
    "left anti join": .anti,
  ]

  /// `left outer join` and the like, behind its first word.
  mutating func parseForeignJoin(_ keyword: Identifier) -> StageKindSyntax? {
    let count = atWord("join") ? 1 : 2
    guard isWord(token(count - 1), "join") else { return nil }
    let words = [keyword.text] + (0..<count).map { text(token($0)) }
    let found = words.joined(separator: " ")
    guard let kind = Self.foreignJoins[found] else { return nil }
    let meant = kind == .inner ? "join" : "\(kind.rawValue) join"
    note(.unknownStage(found, meant: meant), keyword.span.joined(token(count - 1).span))
    for _ in 0..<count { advance() }
    return parseJoin(kind)
  }

  /// What follows `within`.
  private mutating func expectBounds() -> JoinStageSyntax.Bounds? {
    if skipWords("same", "window") { return .sameWindow }
    if atWord("between"), beginsOperand(token(1)) { return expectColumnBounds(within: nil) }
    guard let span = expectSpan() else { return nil }
    guard !isLost, atWord("between") else { return span }
    return expectColumnBounds(within: span)
  }

  /// `between a.start and a.expires`
  private mutating func expectColumnBounds(
    within span: JoinStageSyntax.Bounds?
  ) -> JoinStageSyntax.Bounds? {
    advance()
    let low = expectClauseExpression(Self.clausePower)
    guard !isLost, expectWord("and") else { return nil }
    return .between(low, expectClauseExpression(Self.clausePower), within: span)
  }

  /// `D`, `D before`, `D after`, `D before and E after`
  private mutating func expectSpan() -> JoinStageSyntax.Bounds? {
    let first = expectClauseExpression(Self.clausePower)
    if isLost { return nil }
    if skipWord("after") { return .after(first) }
    guard skipWord("before") else { return .around(first) }
    guard skipWord("and") else { return .before(first) }
    let second = expectClauseExpression(Self.clausePower)
    guard !isLost, expectWord("after") else { return nil }
    return .beforeAndAfter(first, second)
  }
}
