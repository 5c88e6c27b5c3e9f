import Diagnostics

/// Connectors, options, error routes.
extension Parser {
  /// `kafka { … }`; `fields` are options whose values are names and types.
  mutating func expectConnector(_ what: String, fields: [String] = []) -> ConnectorSyntax {
    guard let name = expectIdentifier(what) else {
      return ConnectorSyntax(
        name: missingIdentifier, options: OptionBlockSyntax(options: [], span: previousEnd),
        span: previousEnd)
    }
    var options = OptionBlockSyntax(options: [], span: name.span.after)
    if at(.openBrace) { options = expectOptions(fields: fields) }
    return ConnectorSyntax(name: name, options: options, span: span(from: name.span))
  }

  /// `{ name: value, … }`
  mutating func expectOptions(fields: [String] = []) -> OptionBlockSyntax {
    let open = current.span
    guard skip(.openBrace) else {
      reportExpected("`{` and options `name: value`")
      return OptionBlockSyntax(options: [], span: previousEnd)
    }
    let block = nested { parser in
      var options: [OptionSyntax] = []
      let whole = parser.parseItems(closedBy: .closeBrace, open: open) {
        guard let option = $0.expectOption(after: options.last, fields) else { return }
        options.append(option)
      }
      return OptionBlockSyntax(options: options, span: whole)
    }
    return block ?? OptionBlockSyntax(options: [], span: span(from: open))
  }

  private mutating func expectOption(
    after last: OptionSyntax?, _ fields: [String]
  ) -> OptionSyntax? {
    if let last, !atItem(), tokens[index - 1].kind == .comma, atOperand() {
      return reportBareComma(after: last)
    }
    guard let name = expectMemberName() else { return nil }
    guard !isLost else { return nil }
    let value = expectOptionValue(of: name.text, fields: fields)
    return OptionSyntax(name: name, value: value, span: span(from: name.span))
  }

  /// `topics: "a", "b"`: takes all the values, so that the brackets can be put around them.
  private mutating func reportBareComma(after last: OptionSyntax) -> OptionSyntax? {
    let start = current.span
    _ = expectExpression()
    while !isLost, at(.comma), !token(1).startsLine, beginsOperand(token(1)),
      token(2).kind != .colon, token(2).kind != .assign
    {
      advance()
      _ = expectExpression()
    }
    note(.bareComma(first: last.value.span), span(from: start))
    return nil
  }

  mutating func expectOptionValue(
    of name: String, fields: [String] = []
  ) -> OptionValueSyntax {
    let start = current.span
    if name == "budget", let budget = parseBudget() { return budget }
    switch current.kind {
    case .openBracket: return parseOptionList()
    case .openBrace where fields.contains(name):
      let fields = expectFields()
      return OptionValueSyntax(.fields(fields), span(from: start))
    case .openBrace:
      let object = expectOptions()
      return OptionValueSyntax(.object(object), object.span)
    case .name, .quotedName:
      if name == "on_error" || (atWord("dead_letter") && isWord(token(1), "to")) {
        let route = expectErrorRoute()
        return OptionValueSyntax(.route(route), route.span)
      }
      let next = token(1)
      if next.kind == .openBrace, !next.startsLine, !atWord("case") {
        let connector = expectConnector("a connector")
        return OptionValueSyntax(.connector(connector), connector.span)
      }
    default: break
    }
    let expression = expectExpression()
    return parseQualifiers(
      of: OptionValueSyntax(
        isLost ? .missing : .expression(expression), span(from: start)))
  }

  private mutating func parseOptionList() -> OptionValueSyntax {
    let open = current.span
    let list = nested { parser -> OptionValueSyntax in
      parser.advance()
      var values: [OptionValueSyntax] = []
      let whole = parser.parseItems(closedBy: .closeBracket, open: open) {
        values.append($0.expectOptionValue(of: ""))
      }
      return OptionValueSyntax(.list(values), whole)
    }
    return list ?? OptionValueSyntax(.missing, span(from: open))
  }

  /// The words that may stand behind a value. A closed list, so that a forgotten comma is found.
  private static let qualifiers = ["per", "burst", "within", "until", "zone"] + counts
  /// Those behind which nothing stands.
  private static let counts = ["once", "twice", "always"]

  /// Takes them behind any value, also a block or a list.
  mutating func parseQualifiers(of value: OptionValueSyntax) -> OptionValueSyntax {
    var qualifiers: [QualifierSyntax] = []
    while !isLost, at(.name), !current.startsLine, !atItem(),
      Self.qualifiers.contains(where: atWord)
    {
      let word = takeIdentifier()
      var qualifier = QualifierSyntax(word: word, value: nil, span: word.span)
      if !Self.counts.contains(word.text), !current.startsLine, atOperand(), !atItem(),
        !at(.openBrace)
      {
        qualifier.value = expectExpression(Self.clausePower)
        qualifier.span = span(from: word.span)
      }
      qualifiers.append(qualifier)
    }
    guard !qualifiers.isEmpty else { return value }
    return OptionValueSyntax(.qualified(value, qualifiers), span(from: value.span))
  }

  /// `fail`, `skip`, `dead_letter to kafka { … }`
  mutating func expectErrorRoute() -> ErrorRouteSyntax {
    let start = current.span
    if skipWord("fail") { return ErrorRouteSyntax(kind: .fail, span: start) }
    if skipWord("skip") { return ErrorRouteSyntax(kind: .skip, span: start) }
    if skipWord("dead_letter") {
      guard expectWord("to") else { return ErrorRouteSyntax(kind: .missing, span: start) }
      let connector = expectConnector("a connector")
      return ErrorRouteSyntax(kind: .deadLetter(connector), span: span(from: start))
    }
    if atName(), !atDeclaration() {
      let choices = Keywords.errorRoutes
      report(.unknownWord(text(current), role: "error route", choices: choices), current.span)
    } else {
      reportExpected("`fail`, `skip` or `dead_letter to …`")
    }
    return ErrorRouteSyntax(kind: .missing, span: previousEnd)
  }
}
