import Diagnostics

/// What is written otherwise in other languages: told with how it is written here, and read so.
extension Parser {
  /// `x is true`, `x is not false`. As a value it stands for a test that any type can take, so that
  /// nothing more is said about it.
  mutating func parseForeignTest(
    _ left: ExpressionSyntax, _ isNegated: Bool
  ) -> ExpressionSyntax {
    let isTrue = atWord("true")
    let otherwise = isTrue ? "false" : "true"
    let settled = "\(shown(left)) ?? \(otherwise)"
    let isNot = isTrue == isNegated
    let written = isNot ? "not (\(settled))" : settled
    let found = "is \(isNegated ? "not " : "")\(text(current))"
    let whole = left.span.joined(current.span)
    let full = "\(file.text(left.span)) ?? \(otherwise)"
    note(
      .foreignForm(
        found, meant: written, edits: [Edit(whole, isNot ? "not (\(full))" : full)]), current.span)
    advance()
    return make(.isNull(left, isNegated: true), span(from: left.span))
  }

  /// `(1, 2)` behind `in`.
  mutating func parseForeignList() -> ExpressionSyntax? {
    guard hasCommaInParentheses(after: index) else { return nil }
    let open = current.span
    advance()
    var elements: [ExpressionSyntax] = []
    let whole = parseItems(closedBy: .closeParenthesis, open: open) {
      elements.append($0.expectExpression())
    }
    let close = tokens[index - 1]
    let edits =
      close.kind == .closeParenthesis ? [Edit(open, "["), Edit(close.span, "]")] : []
    note(.foreignForm("in (a, b)", meant: "in [a, b]", edits: edits), open)
    return make(.list(elements), whole)
  }

  /// `a ? b : c`; the current token is the `?`.
  mutating func parseForeignChoice(_ condition: ExpressionSyntax) -> ExpressionSyntax {
    let sign = current.span
    advance()
    let value = expectExpression()
    var edits = [Edit(condition.span.before, "if "), Edit(sign, padded("then", at: sign))]
    var otherwise = ExpressionSyntax(.missing, previousEnd)
    if !isLost, at(.colon) {
      edits.append(Edit(current.span, padded("else", at: current.span)))
      advance()
      otherwise = expectExpression()
    } else {
      edits = []
    }
    note(.foreignForm("a ? b : c", meant: "if a then b else c", edits: edits), sign)
    return make(
      .conditional(condition, then: value, otherwise: otherwise), span(from: condition.span))
  }

  /// Whether `x::T` goes on here.
  func atForeignCast(_ ahead: Int = 0) -> Bool {
    token(ahead).kind == .colon && token(ahead + 1).kind == .colon
      && token(ahead).span.end == token(ahead + 1).span.start
  }

  /// `x::T`; the current token is the first colon.
  mutating func parseForeignCast(_ value: ExpressionSyntax) -> ExpressionSyntax {
    let signs = current.span.joined(token(1).span)
    advance()
    advance()
    let type = expectType()
    let edits =
      isLost
      ? []
      : [Edit(value.span.before, "cast("), Edit(signs, " as "), Edit(type.span.after, ")")]
    note(.foreignForm("x::T", meant: "cast(x as T)", edits: edits), signs)
    return make(.cast(value, type, isTry: false), span(from: value.span))
  }

  /// `value as name` in a block of columns. Nil if no `as` stands here.
  mutating func parseForeignName(of value: ExpressionSyntax) -> AssignmentSyntax? {
    guard !isLost, atWord("as"), !current.startsLine, isName(token(1)) else { return nil }
    let start = current.span
    advance()
    let name = takeIdentifier()
    let written = file.text(name.span)
    let behind = value.span.after.joined(name.span)
    note(
      .foreignForm(
        "x as name", meant: "name = x",
        edits: [Edit(value.span.before, "\(written) = "), Edit(behind, "")]), start)
    return AssignmentSyntax(name: name, value: value)
  }

  /// `*` in `map { *, c = x }`, with the comma behind it. Nil if there is none.
  mutating func parseForeignStar() -> Span? {
    guard at(.star) else { return nil }
    let star = current.span
    advance()
    return at(.comma) ? star.joined(current.span) : star
  }

  /// `map { *, c = x }` is `with { c = x }`.
  mutating func expectMap(_ keyword: Identifier) -> StageKindSyntax {
    let columns = expectColumns()
    guard let star else { return .map(columns) }
    let computed = columns.compactMap { column -> AssignmentSyntax? in
      if case .computed(let it) = column { it } else { nil }
    }
    let isPlain = computed.count == columns.count && !computed.isEmpty
    let edits = isPlain ? [Edit(keyword.span, "with"), Edit(star, "")] : []
    note(.foreignForm("map { *, … }", meant: "with { … }", edits: edits), star)
    return .with(computed)
  }

  /// `order by c desc`: a stream has no end at which to sort it.
  mutating func expectForeignOrder(_ keyword: Identifier) -> StageKindSyntax {
    note(.foreignForm(keyword.text, meant: "top N by COLUMN desc"), keyword.span)
    _ = skipWord("by")
    _ = expectOrders()
    return .missing
  }

  /// What is quoted of a value: short, or a letter that stands for it.
  private func shown(_ value: ExpressionSyntax) -> String {
    value.span.count <= 40 ? file.text(value.span) : "x"
  }

  /// The word with the blanks that a sign did without.
  private func padded(_ word: String, at span: Span) -> String {
    let (start, end) = (Int(span.start), Int(span.end))
    let before = start > 0 && file.bytes[start - 1] > UInt8(ascii: " ") ? " " : ""
    let after = end < file.bytes.count && file.bytes[end] > UInt8(ascii: " ") ? " " : ""
    return "\(before)\(word)\(after)"
  }
}
