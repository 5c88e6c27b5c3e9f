import Diagnostics

/// Test blocks.
extension Parser {
  mutating func parseTest(_ start: DeclarationHead) -> DeclarationSyntax {
    var head = start
    let name = expectText("the name of the test in quotes")
    var steps: [TestStepSyntax] = []
    let open = current.span
    if !isLost {
      if skip(.openBrace) {
        isInTest = true
        _ = parseItems(closedBy: .closeBrace, open: open) { parser in
          if let step = parser.expectStep() { steps.append(step) }
        }
      } else {
        reportExpected("`{` and steps")
      }
    }
    finish(&head)
    return .test(TestDeclaration(head: head, name: name, steps: steps))
  }

  private mutating func expectStep() -> TestStepSyntax? {
    let start = current.span
    let kind: TestStepSyntax.Kind?
    if skipWord("given") {
      kind = parseGiven()
    } else if skipWord("advance") {
      kind = expectWord("to") ? .advance(to: expectExpression()) : nil
    } else if skipWord("expect") {
      kind = parseExpect()
    } else if skipWord("then") {
      kind = parseThen()
    } else {
      if atName() {
        let choices = Keywords.testSteps
        report(.unknownWord(text(current), role: "step of a test", choices: choices), start)
      } else {
        reportExpected("a step: given, advance, expect or then")
      }
      return nil
    }
    return kind.map { TestStepSyntax(kind: $0, span: span(from: start)) }
  }

  private mutating func parseGiven() -> TestStepSyntax.Kind? {
    guard let stream = expectStreamReference() else { return nil }
    if stream.path.count == 1, skipWord("responds") {
      let answers = expectOptionValue(of: "")
      return .responds(stream.stream, parseQualifiers(of: answers))
    }
    return .given(stream, expectRows())
  }

  private mutating func parseExpect() -> TestStepSyntax.Kind? {
    guard let stream = expectStreamReference() else { return nil }
    var comparison = TestStepSyntax.Comparison.all
    if skipWord("contains") {
      comparison = .contains
    } else if skipWord("ordered") {
      comparison = .ordered
    }
    return .expect(stream, comparison, expectRows())
  }

  /// `[ { … } deleted { … } … ]`
  private mutating func expectRows() -> [ObjectSyntax] {
    let open = current.span
    guard skip(.openBracket) else {
      reportExpected("`[` and rows")
      return []
    }
    var rows: [ObjectSyntax] = []
    _ = parseItems(closedBy: .closeBracket, open: open) { parser in
      if parser.atWord("deleted"), parser.token(1).kind == .openBrace {
        let word = parser.current.span
        parser.advance()
        var row = parser.expectObject(isRow: true)
        row.deletion = word
        rows.append(row)
        return
      }
      if parser.at(.openBrace) {
        rows.append(parser.expectObject(isRow: true))
        return
      }
      let start = parser.current.span
      if parser.atItem() { return parser.skipUnopenedRow() }
      guard parser.parseExpression() != nil else { return parser.reportExpected("a row `{ … }`") }
      parser.note(.rowNotObject, parser.span(from: start))
    }
    return rows
  }

  /// `a: 1, b: 2 }` without the brace before it.
  private mutating func skipUnopenedRow() {
    report(.rowNotObject, current.span)
    while !at(.endOfFile), !at(.closeBrace), !at(.closeBracket), !atDeclaration() { skipBalanced() }
    _ = skip(.closeBrace)
    isLost = !at(.closeBracket) && !at(.comma) && !current.startsLine
  }

  private mutating func parseThen() -> TestStepSyntax.Kind? {
    if skipWord("hold") { return .hold }
    if skipWord("crash") {
      return expectWord("and") && expectWord("restore") ? .crashAndRestore : nil
    }
    if skipWord("restart") {
      guard expectWord("with"), expectWord("parallelism") else { return nil }
      return .restart(parallelism: expectExpression())
    }
    if skipWord("upgrade") {
      return expectWord("from") ? .upgrade(from: expectText("the path of a file")) : nil
    }
    reportExpected("`crash and restore`, `restart with …`, `upgrade from …` or `hold`")
    return nil
  }
}
