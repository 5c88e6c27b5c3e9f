import Diagnostics

/// Declarations.
extension Parser {
  /// Nil if no declaration begins here, nor anything that was probably meant to be one.
  mutating func parseDeclaration() -> DeclarationSyntax? {
    guard at(.name) else { return nil }
    let found = text(current)
    if Keywords.declarations.contains(found) { return parseDeclaration(found) }
    let next = token(1)
    guard !next.startsLine, [.name, .quotedName, .textOpen, .openBrace].contains(next.kind),
      let meant = nearestWord(to: found, among: Keywords.declarations)
    else { return nil }
    note(.expectedDeclaration(found: self.found, meant: meant), current.span)
    return parseDeclaration(meant)
  }

  private mutating func parseDeclaration(_ keyword: String) -> DeclarationSyntax {
    var head = DeclarationHead(
      documentation: documentation(), keyword: current.span, span: current.span)
    advance()
    switch keyword {
    case "pipeline":
      let name = expectDeclaredName("the pipeline")
      finish(&head)
      return .pipeline(PipelineDeclaration(head: head, name: name))
    case "param": return parseParameter(head)
    case "type":
      let name = expectDeclaredName("the type")
      let fields = isLost ? [] : expectFields()
      finish(&head)
      return .type(TypeDeclaration(head: head, name: name, fields: fields))
    case "source": return parseSource(head)
    case "table": return parseTable(head)
    case "model": return .model(parseService(head, "the model"))
    case "task": return .task(parseService(head, "the task"))
    case "function": return parseFunction(head)
    case "stream": return parseStream(head)
    case "sink": return parseSink(head)
    case "checkpoint": return .checkpoint(parseSettings(head))
    case "settings": return .settings(parseSettings(head))
    case "test": return parseTest(head)
    default:
      let path = expectText("the path of a file")
      finish(&head)
      return .imported(ImportDeclaration(head: head, path: path))
    }
  }

  mutating func finish(_ head: inout DeclarationHead) {
    head.span = span(from: head.keyword)
  }

  private mutating func parseParameter(_ start: DeclarationHead) -> DeclarationSyntax {
    var head = start
    let name = expectDeclaredName("the param")
    let type = expectTypeAnnotation()
    let value = !isLost && skip(.assign) ? expectExpression() : nil
    finish(&head)
    return .parameter(
      ParameterDeclaration(head: head, name: name, type: type, defaultValue: value))
  }

  /// `: TYPE`
  private mutating func expectTypeAnnotation() -> TypeSyntax {
    guard !isLost else { return TypeSyntax(.missing, previousEnd) }
    guard skip(.colon) else {
      reportExpected("`:` and a type")
      return TypeSyntax(.missing, previousEnd)
    }
    return expectType()
  }

  private mutating func parseSource(_ start: DeclarationHead) -> DeclarationSyntax {
    var head = start
    let name = expectDeclaredName("the source")
    let type = expectTypeAnnotation()
    let connector = expectConnector(after: "from")
    finish(&head)
    return .source(
      SourceDeclaration(head: head, name: name, type: type, connector: connector))
  }

  /// `from kafka { … }`, `to kafka { … }`, `using http { … }`
  private mutating func expectConnector(
    after word: String, fields: [String] = []
  ) -> ConnectorSyntax {
    if !isLost, expectWord(word) { return expectConnector("a connector", fields: fields) }
    return ConnectorSyntax(
      name: missingIdentifier, options: OptionBlockSyntax(options: [], span: previousEnd),
      span: previousEnd)
  }

  private mutating func parseTable(_ start: DeclarationHead) -> DeclarationSyntax {
    var head = start
    let name = expectDeclaredName("the table")
    let type = expectTypeAnnotation()
    var versions = TableDeclaration.Versions.latest
    if !isLost {
      if skipWord("versioned") { versions = .versioned } else { _ = skipWord("latest") }
    }
    let keys = isLost ? [] : expectTableKeys()
    var expireAfter: ExpressionSyntax?
    if !isLost, skipWord("expire"), expectWord("after") { expireAfter = expectClauseExpression() }
    let origin: TableDeclaration.Origin
    if atWord("from"), isWord(token(1), "stream"), isName(token(2)), !isLost {
      advance()
      advance()
      origin = expectStreamReference().map { .stream($0) } ?? .connector(missingConnector)
    } else {
      origin = .connector(expectConnector(after: "from"))
    }
    finish(&head)
    return .table(
      TableDeclaration(
        head: head, name: name, type: type, versions: versions, keys: keys,
        expireAfter: expireAfter, origin: origin))
  }

  private var missingConnector: ConnectorSyntax {
    ConnectorSyntax(
      name: missingIdentifier, options: OptionBlockSyntax(options: [], span: previousEnd),
      span: previousEnd)
  }

  /// `key a`, `key a, b`, `key (a, b)`
  private mutating func expectTableKeys() -> [Identifier] {
    let isThere =
      skipWord("key")
      || correctWord(among: ["latest", "versioned", "key", "from"]) && skipWord("key")
    guard isThere else {
      report(.missingClause("key", of: "table", example: "key COLUMN"), previousEnd)
      // Its place is clear: what follows can still be read.
      isLost = false
      return []
    }
    var keys: [Identifier] = []
    let open = current.span
    let isBracketed = at(.openParenthesis)
    if isBracketed { takeOpening(closedBy: .closeParenthesis) }
    repeat {
      if let key = expectIdentifier("a column") { keys.append(key) }
    } while !isLost && skip(.comma)
    if isBracketed { expectClosing(.closeParenthesis, open: open) }
    return keys
  }

  /// Options of models and tasks that are names and types.
  private static let serviceFields = ["input", "output", "response"]

  private mutating func parseService(
    _ start: DeclarationHead, _ what: String
  ) -> ServiceDeclaration {
    var head = start
    let name = expectDeclaredName(what)
    let connector = expectConnector(after: "using", fields: Self.serviceFields)
    finish(&head)
    return ServiceDeclaration(head: head, name: name, connector: connector)
  }

  private mutating func parseFunction(_ start: DeclarationHead) -> DeclarationSyntax {
    var head = start
    let name = expectDeclaredName("the function")
    let open = current.span
    var parameters: [FunctionDeclaration.Parameter] = []
    if !isLost {
      if skip(.openParenthesis) {
        _ = parseItems(closedBy: .closeParenthesis, open: open) { parser in
          guard let name = parser.expectIdentifier("a parameter") else { return }
          let type = parser.expectTypeAnnotation()
          parameters.append(FunctionDeclaration.Parameter(name: name, type: type))
        }
      } else {
        reportExpected("`(` and parameters")
      }
    }
    let result = expectTypeAnnotation()
    var body = ExpressionSyntax(.missing, previousEnd)
    if !isLost {
      if skip(.assign) { body = expectExpression() } else { reportExpected("`=` and a value") }
    }
    finish(&head)
    return .function(
      FunctionDeclaration(
        head: head, name: name, parameters: parameters, result: result, body: body))
  }

  private mutating func parseStream(_ start: DeclarationHead) -> DeclarationSyntax {
    var head = start
    let name = expectDeclaredName("the stream")
    if !isLost { expectSign(.assign, after: name) }
    let input = isLost ? nil : expectStreamReference()
    let stages = parseStages()
    finish(&head)
    return .stream(StreamDeclaration(head: head, name: name, input: input, stages: stages))
  }

  /// `views`, `views.late`
  mutating func expectStreamReference() -> StreamReferenceSyntax? {
    guard let first = expectIdentifier("a stream") else { return nil }
    var path = [first]
    while !isLost, skip(.dot) {
      if let next = expectIdentifier("an output") { path.append(next) }
    }
    return StreamReferenceSyntax(path: path, span: span(from: first.span))
  }

  private mutating func parseSink(_ start: DeclarationHead) -> DeclarationSyntax {
    var head = start
    var name: Identifier?
    var type: TypeSyntax?
    if atName(), !current.startsLine, [.colon, .assign].contains(token(1).kind) {
      name = takeIdentifier()
      if skip(.colon) { type = expectType() }
      if !isLost, !skip(.assign) { reportExpected("`=` and a stream") }
    }
    var input: StreamReferenceSyntax?
    if current.startsLine, name == nil {
      reportMissing { .expectedName(of: "a stream", found: $0) }
    } else if !isLost {
      input = expectStreamReference()
    }
    let connector = expectConnector(after: "to")
    finish(&head)
    return .sink(
      SinkDeclaration(head: head, name: name, type: type, input: input, connector: connector))
  }

  private mutating func parseSettings(_ start: DeclarationHead) -> SettingsDeclaration {
    var head = start
    let options = expectOptions()
    finish(&head)
    return SettingsDeclaration(head: head, options: options)
  }
}
