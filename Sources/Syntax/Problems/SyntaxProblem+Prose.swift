import Diagnostics

/// The words of each problem. Titles are under 60 characters unless a name of the user is long.
extension SyntaxProblem {
  func prose(at span: Span) -> Diagnostic {
    switch self {
    case .notUTF8, .fileTooLarge, .unexpectedCharacter, .semicolon, .foreignComment, .blockComment,
      .unclosedText, .singleQuotes, .badEscape, .unclosedName, .emptyName, .attachedRemainder,
      .badUnit, .numberTooLarge, .foreignOperator, .foreignForm:
      tokenProse(at: span)
    case .expectedDeclaration, .declarationOnSameLine, .tooDeep, .unclosedBracket, .strayBracket,
      .expected, .expectedName, .expectedExpression, .expectedType, .wrongSign, .bareComma,
      .commaForAnd, .keysWithoutBrackets, .missingSeparator:
      structureProse(at: span)
    case .unknownStage, .missingPipe, .comparisonChain, .unnamedColumn, .lambdaOutsideCall,
      .repeatedClause, .missingClause, .unknownWord, .rowNotObject, .emptyBlock:
      stageProse(at: span)
    }
  }

  private func tokenProse(at span: Span) -> Diagnostic {
    switch self {
    case .notUTF8:
      message(span, "the file is not UTF-8 text", "these bytes are no UTF-8")
    case .fileTooLarge(let limit):
      message(
        span, "the file is too large for a definition",
        notes: ["a definition has at most \(limit / 1_048_576) MiB"])
    case .unexpectedCharacter(let text):
      message(span, "`\(text)` has no meaning here")
    case .semicolon:
      message(
        span, "`;` has no meaning here", "the end of the line is enough",
        hints: [Hint("", edits: [Edit(span, "")])])
    case .foreignComment:
      message(
        span, "a comment begins with `//`", "write `//`",
        hints: [Hint("", edits: [Edit(span, "//")])])
    case .blockComment:
      message(span, "there are no block comments", "write `//` before each line")
    case .unclosedText:
      message(span, "the text is not closed", "begins here")
    case .singleQuotes(let text):
      message(
        span, "a text stands in double quotes", "write `\"\(text)\"`",
        hints: [Hint("", edits: [Edit(span, "\"\(text)\"")])])
    case .badEscape(let escape):
      message(
        span, "`\(escape)` is no escape", "write `\\\\` for a backslash",
        notes: [##"escapes: \n \r \t \" \\ \u{…} \(…); none in raw text: #"…"#"##])
    case .unclosedName:
      message(span, "the name is not closed", "ends with a backtick on the same line")
    case .emptyName: message(span, "a name has at least one letter")
    case .attachedRemainder:
      message(
        span, "`%` attached to a number is a percentage", "the remainder is written ` % `",
        hints: [Hint("", edits: [Edit(span, " % ")])])
    case .badUnit(let text, let meant):
      message(
        span, "`\(text)` is neither a number nor a duration",
        meant.map { "did you mean `\($0)`?" } ?? "",
        notes: ["units of durations, the largest first: d, h, m, s, ms, us"],
        hints: meant.map { [Hint("", edits: [Edit(span, $0)])] } ?? [])
    case .numberTooLarge(let text, let what):
      message(span, "`\(text)` is too large", "\(what)")
    case .foreignOperator(let found, let meant):
      message(
        span, "`\(found)` is no operator here", "did you mean `\(meant)`?",
        notes: found == "||" ? ["texts are joined by `++`"] : [],
        hints: [Hint("", edits: [Edit(span, meant)])])
    case .foreignForm(let found, let meant, let edits):
      message(
        span, "`\(found)` is written otherwise here", "write `\(meant)`",
        hints: edits.isEmpty ? [] : [Hint("", edits: edits)])
    default: message(span, "this has no meaning here")
    }
  }
}

extension SyntaxProblem {
  func message(
    _ span: Span, _ title: String, _ label: String = "", secondary: [Label] = [],
    notes: [String] = [], hints: [Hint] = []
  ) -> Diagnostic {
    Diagnostic(
      code: "", title: title, primary: Label(span, label), secondary: secondary, notes: notes,
      hints: hints)
  }
}
