package import Diagnostics

/// The recovering parser: bytes to a tree and all that is wrong with them.
///
/// Its verbs are a contract. `parseX` returns nil, having reported and consumed nothing, if X is
/// not there; `expectX` reports that and goes on with what can be had; `atX` only looks. After a
/// report the parser is silent until it has come to a place where it knows its way again (the next
/// item, stage or declaration), so that one mistake is one message.
package struct Parser {
  let file: SourceFile
  let tokens: [Token]
  let comments: [Comment]
  /// The current token; never past the last, which is `.endOfFile`.
  var index = 0
  var problems: [(problem: SyntaxProblem, span: Span)]
  /// Where the texts begin that were not closed, ascending.
  let unclosedTexts: [UInt32]
  /// Whether something was reported and the next place to go on is not reached yet.
  var isLost = false
  /// Open brackets and recursive calls.
  var depth = 0
  /// The words that were looked for at `soughtIndex`, for "did you mean".
  var sought: [String] = []
  var soughtIndex = 0
  /// A misspelt word that was told, and what it is read as.
  var corrected: (index: Int, word: String) = (-1, "")
  /// Where the item, stage or declaration that is being read begins.
  var itemIndex = 0
  /// Where a separator was found missing: what else is wrong there is not told.
  var silentIndex = -1
  /// What closes the brackets that are open, the innermost last.
  var closers: [Token.Kind] = []
  /// Whether a test block is being read, whose steps end what is open within them.
  var isInTest = false
  /// Whether the innermost block is one of names and types.
  var isInFields = false
  /// Whether the brackets of this declaration do not match, which was told once.
  var hasBrokenBrackets = false
  /// Where a bracket was last found unclosed: all that are open there are told once.
  var unclosedIndex = -1
  /// Where a `*` stands among the columns that are being read.
  var star: Span?
  /// Nesting that is too deep is told once for a file.
  var sawTooDeep = false

  /// Never fails: whatever the bytes are, there is a tree. At most `ParserLimits.diagnostics`
  /// messages, in the order of the file. O(bytes).
  package static func parse(_ file: SourceFile) -> (tree: SyntaxTree, diagnostics: [Diagnostic]) {
    guard file.bytes.count <= ParserLimits.bytes else {
      let problem = SyntaxProblem.fileTooLarge(limit: ParserLimits.bytes)
      let tree = SyntaxTree(file: file, declarations: [], tokens: [], comments: [])
      return (tree, [problem.diagnostic(at: file.span.before)])
    }
    var lexer = Lexer(file)
    lexer.run()
    var parser = Parser(lexer)
    if let invalid = firstInvalidBytes(of: file) { parser.problems.append((.notUTF8, invalid)) }
    let declarations = parser.parseFile()
    let tree = SyntaxTree(
      file: file, declarations: declarations, tokens: parser.tokens, comments: parser.comments)
    return (tree, parser.diagnostics)
  }

  private init(_ lexer: Lexer) {
    file = lexer.file
    tokens = lexer.tokens
    comments = lexer.comments
    problems = lexer.problems
    unclosedTexts = lexer.problems.filter { $0.problem == .unclosedText }.map(\.span.start).sorted()
  }

  private var diagnostics: [Diagnostic] {
    // Stable, so that of two at one place the first cause comes first.
    let ordered = problems.enumerated().sorted {
      ($0.element.span.start, $0.offset) < ($1.element.span.start, $1.offset)
    }
    return ordered.prefix(ParserLimits.diagnostics).map {
      $0.element.problem.diagnostic(at: $0.element.span)
    }
  }

  private static func firstInvalidBytes(of file: SourceFile) -> Span? {
    guard String(validating: file.bytes, as: UTF8.self) == nil else { return nil }
    var decoder = UTF8()
    var iterator = file.bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): offset += UTF8.encode(scalar)?.count ?? 1
      case .error:
        // Up to the next byte that can begin a code point.
        let rest = file.bytes[min(file.bytes.count, offset + 1)...]
        let length = 1 + rest.prefix { $0 & 0xC0 == 0x80 }.count
        return Span(offset, offset + length, in: file.id)
      case .emptyInput: return nil
      }
    }
  }
}

extension Parser {
  private mutating func parseFile() -> [DeclarationSyntax] {
    var declarations: [DeclarationSyntax] = []
    while !at(.endOfFile) {
      itemIndex = index
      hasBrokenBrackets = false
      isInTest = false
      closers.removeAll(keepingCapacity: true)
      if let declaration = parseDeclaration() {
        declarations.append(declaration)
        if !isLost, !at(.endOfFile), !current.startsLine { reportSecondOnLine() }
      } else {
        reportNoDeclaration()
      }
      if isLost { skipToDeclaration() }
    }
    return declarations
  }

  private mutating func reportSecondOnLine() {
    if at(.closeBrace) || at(.closeBracket) || at(.closeParenthesis) {
      reportStrayBracket()
    } else if Keywords.declarations.contains(where: atWord) {
      report(.declarationOnSameLine, current.span)
      isLost = false
    } else {
      reportExpected("the end of the declaration")
    }
  }

  private mutating func reportNoDeclaration() {
    if at(.closeBrace) || at(.closeBracket) || at(.closeParenthesis) {
      reportStrayBracket()
    } else {
      report(.expectedDeclaration(found: found, meant: nil), current.span)
    }
    advance()
  }

  /// To the next line that begins with a declaration's keyword.
  private mutating func skipToDeclaration() {
    while !at(.endOfFile), !(atDeclaration() || atDeclarationInFirstColumn()) { advance() }
    isLost = false
  }
}
