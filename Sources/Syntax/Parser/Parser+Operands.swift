import Diagnostics

/// What stands between operators: names, literals, calls, brackets.
extension Parser {
  mutating func parsePostfix() -> ExpressionSyntax {
    let operand = parseOperand()
    return parsePostfix(after: operand)
  }

  /// `.name`, `.call(…)` and `[index]`, as many as there are. A new line may stand before the dot
  /// but not before the bracket.
  mutating func parsePostfix(after operand: ExpressionSyntax) -> ExpressionSyntax {
    var operand = operand
    while !isLost {
      if at(.dot), token(1).kind != .star {
        advance()
        guard let name = expectIdentifier("a column or function") else { break }
        operand =
          at(.openParenthesis) && !current.startsLine
          ? parseCall(name, receiver: operand)
          : make(.member(operand, name), span(from: operand.span))
      } else if at(.openBracket), !current.startsLine {
        operand = parseElement(of: operand)
      } else if atForeignCast(), !current.startsLine {
        operand = parseForeignCast(operand)
      } else {
        break
      }
    }
    return operand
  }

  private mutating func parseElement(of list: ExpressionSyntax) -> ExpressionSyntax {
    let open = current.span
    takeOpening(closedBy: .closeBracket)
    let index = expectExpression()
    expectClosing(.closeBracket, open: open)
    return make(.element(list, index: index), span(from: list.span))
  }

  private mutating func parseOperand() -> ExpressionSyntax {
    let start = current.span
    if let number = parseNumber(isNegative: false, from: start) { return number }
    switch current.kind {
    case .textOpen:
      let text = parseText()
      return make(.text(text), text.span)
    case .openParenthesis: return parseParentheses()
    case .openBracket:
      advance()
      var elements: [ExpressionSyntax] = []
      let whole = parseItems(closedBy: .closeBracket, open: start) {
        elements.append($0.expectExpression())
      }
      return make(.list(elements), whole)
    case .openBrace:
      let object = expectObject()
      return make(.object(object), object.span)
    case .name: return parseWord()
    case .quotedName: return parseName()
    default:
      reportMissing { .expectedExpression(found: $0) }
      return ExpressionSyntax(.missing, previousEnd)
    }
  }

  private mutating func parseParentheses() -> ExpressionSyntax {
    let open = current.span
    takeOpening(closedBy: .closeParenthesis)
    let inner = expectExpression()
    expectClosing(.closeParenthesis, open: open)
    return inner.spanning(span(from: open))
  }

  /// `{ name: value, … }`; the names of a row may be those of joined sides, `v.name`.
  mutating func expectObject(isRow: Bool = false) -> ObjectSyntax {
    let open = current.span
    guard skip(.openBrace) else {
      reportExpected("`{`")
      return ObjectSyntax(members: [], span: previousEnd)
    }
    var members: [ObjectSyntax.Member] = []
    let whole = parseItems(closedBy: .closeBrace, open: open) { parser in
      guard let name = parser.expectMemberName(isRow: isRow) else { return }
      members.append(ObjectSyntax.Member(name: name, value: parser.expectExpression()))
    }
    return ObjectSyntax(members: members, span: whole)
  }

  /// `name:` or `"name":`; with `=` instead of `:` reports and goes on.
  mutating func expectMemberName(isRow: Bool = false) -> Identifier? {
    if at(.textOpen), textMemberColon() != nil {
      let text = parseText()
      advance()
      return Identifier(text.constant ?? "", text.span)
    }
    guard atName(), [.colon, .assign].contains(token(isRow ? dottedLength : 1).kind) else {
      reportExpected("`name: value`")
      return nil
    }
    let name = isRow ? takeDottedName() : takeIdentifier()
    expectSign(.colon, after: name)
    return name
  }

  /// `:` or `=`, whichever is right; the other one is reported and taken.
  mutating func expectSign(_ right: Token.Kind, after name: Identifier) {
    let wrong = right == .colon ? Token.Kind.assign : .colon
    if skip(right) { return }
    if at(wrong) {
      let (found, sign) = right == .colon ? ("=", ":") : (":", "=")
      note(.wrongSign(found: found, right: sign, name: name.text), current.span)
      advance()
    } else {
      reportExpected(right == .colon ? "`:`" : "`=`")
    }
  }
}

// MARK: - Words

extension Parser {
  private mutating func parseName() -> ExpressionSyntax {
    let name = takeIdentifier()
    if at(.openParenthesis), !current.startsLine { return parseCall(name, receiver: nil) }
    return make(.name(name), name.span)
  }

  private mutating func parseWord() -> ExpressionSyntax {
    let start = current.span
    let next = token(1)
    switch text(current) {
    case "true", "false", "null":
      if next.kind == .openParenthesis { return parseName() }
      let word = takeIdentifier().text
      return make(.literal(word == "null" ? .null : .bool(word == "true")), start)
    case "if" where beginsOperand(next) && !next.startsLine: return parseConditional()
    case "case" where next.kind == .openBrace || isWord(next, "when"): return parseCases()
    case "cast" where next.kind == .openParenthesis: return parseCast(isTry: false)
    case "try_cast" where next.kind == .openParenthesis: return parseCast(isTry: true)
    case "timestamp" where next.kind == .textOpen && !next.startsLine: return parseTyped()
    case "date" where next.kind == .textOpen && !next.startsLine: return parseTyped()
    default: return parseName()
    }
  }

  /// `if a then b else c`
  private mutating func parseConditional() -> ExpressionSyntax {
    let start = current.span
    if hasCommaInParentheses(after: index + 1) { return parseForeignConditional() }
    advance()
    let condition = expectExpression()
    var value = ExpressionSyntax(.missing, previousEnd)
    var otherwise = value
    if expectWord("then") {
      value = expectExpression()
      if expectWord("else") { otherwise = expectExpression() }
    }
    return make(.conditional(condition, then: value, otherwise: otherwise), span(from: start))
  }

  /// `if(a, b, c)`, as other languages have it.
  private mutating func parseForeignConditional() -> ExpressionSyntax {
    let start = current.span
    note(.foreignForm("if(a, b, c)", meant: "if a then b else c"), start)
    advance()
    let open = current.span
    advance()
    let parts = parseArguments(open: open).map(\.value)
    guard parts.count == 3 else { return ExpressionSyntax(.missing, span(from: start)) }
    return make(
      .conditional(parts[0], then: parts[1], otherwise: parts[2]), span(from: start))
  }

  /// Whether the parenthesis at a place holds several values. Of a long one it is not known.
  func hasCommaInParentheses(after place: Int) -> Bool {
    guard tokens[place].kind == .openParenthesis else { return false }
    var depth = 0
    for token in tokens[place...].prefix(64) {
      switch token.kind {
      case .openParenthesis, .openBracket, .openBrace: depth += 1
      case .closeParenthesis, .closeBracket, .closeBrace:
        depth -= 1
        if depth == 0 { return false }
      case .comma where depth == 1: return true
      default: continue
      }
    }
    return false
  }

  /// `case { a => x, b => y, else => z }`
  private mutating func parseCases() -> ExpressionSyntax {
    let start = current.span
    advance()
    let open = current.span
    guard skip(.openBrace) else {
      reportExpected("`{` and branches `condition => value`")
      return ExpressionSyntax(.missing, span(from: start))
    }
    var branches: [CaseBranchSyntax] = []
    var otherwise: ExpressionSyntax?
    var last: Span?
    var isBroken = false
    _ = parseItems(closedBy: .closeBrace, open: open) { parser in
      if let last {
        let problem = SyntaxProblem.expected(
          "`else` as the last branch", found: "a branch behind it", meant: nil)
        parser.note(problem, last)
        isBroken = true
      }
      let isElse = parser.atWord("else") && parser.token(1).kind == .arrow
      last = isElse ? parser.current.span : nil
      let condition = parser.expectExpression()
      guard parser.skip(.arrow) else {
        isBroken = true
        return parser.reportExpected("`=>`")
      }
      let value = parser.expectExpression()
      if case .missing = value.kind { isBroken = true }
      if isElse {
        otherwise = value
      } else {
        branches.append(CaseBranchSyntax(condition: condition, value: value))
      }
    }
    let whole = span(from: start)
    if branches.isEmpty {
      if !isBroken {
        let found = otherwise == nil ? "nothing" : "`else` alone"
        report(.expected("a branch `condition => value`", found: found, meant: nil), whole)
      }
      return ExpressionSyntax(.missing, whole)
    }
    return make(.cases(branches, otherwise: otherwise), whole)
  }

  /// `cast(x as T)`
  private mutating func parseCast(isTry: Bool) -> ExpressionSyntax {
    let start = current.span
    advance()
    let open = current.span
    takeOpening(closedBy: .closeParenthesis)
    let value = expectExpression()
    var type = TypeSyntax(.missing, previousEnd)
    if expectWord("as") { type = expectType() }
    expectClosing(.closeParenthesis, open: open)
    return make(.cast(value, type, isTry: isTry), span(from: start))
  }

  /// `timestamp "…"`, `date "…"`
  private mutating func parseTyped() -> ExpressionSyntax {
    let start = current.span
    let isDate = atWord("date")
    advance()
    let text = parseText()
    guard let constant = text.constant else {
      report(.expected("a text without `\\(…)`", found: "an interpolation", meant: nil), text.span)
      return ExpressionSyntax(.missing, span(from: start))
    }
    return make(.literal(isDate ? .date(constant) : .timestamp(constant)), span(from: start))
  }
}

extension ExpressionSyntax {
  /// The same with the parentheses around it.
  func spanning(_ span: Span) -> ExpressionSyntax { ExpressionSyntax(kind, span) }
}
