import Diagnostics

/// Looking at tokens, taking them, and reporting.
extension Parser {
  var current: Token { tokens[index] }

  func token(_ ahead: Int) -> Token { tokens[min(index + ahead, tokens.count - 1)] }

  /// The end of what was taken so far.
  var previousEnd: Span { index > 0 ? tokens[index - 1].span.after : current.span.before }

  func at(_ kind: Token.Kind) -> Bool { tokens[index].kind == kind }

  func text(_ token: Token) -> String { file.text(token.span) }

  mutating func advance() {
    if index < tokens.count - 1 { index += 1 }
  }

  /// Takes the token if it is of that kind.
  mutating func skip(_ kind: Token.Kind) -> Bool {
    guard at(kind) else { return false }
    advance()
    return true
  }

  /// From `start` to the end of what was taken.
  func span(from start: Span) -> Span {
    let end = previousEnd
    return end.end > start.start ? start.joined(end) : start
  }
}

// MARK: - Words

extension Parser {
  /// Whether the token is that word, without backticks.
  func isWord(_ token: Token, _ word: String) -> Bool {
    guard token.kind == .name, token.span.count == word.utf8.count else { return false }
    var place = Int(token.span.start)
    for letter in word.utf8 {
      if file.bytes[place] != letter { return false }
      place += 1
    }
    return true
  }

  func atWord(_ word: String) -> Bool {
    corrected.index == index ? corrected.word == word : isWord(tokens[index], word)
  }

  /// Takes the word if it is there, and remembers that it would have been right here.
  mutating func skipWord(_ word: String) -> Bool {
    remember(word)
    guard atWord(word) else { return false }
    advance()
    return true
  }

  /// Takes the two words if both are there.
  mutating func skipWords(_ first: String, _ second: String) -> Bool {
    guard atWord(first), isWord(token(1), second) else {
      remember("\(first) \(second)")
      return false
    }
    advance()
    advance()
    return true
  }

  private mutating func remember(_ word: String) {
    if soughtIndex != index {
      sought.removeAll(keepingCapacity: true)
      soughtIndex = index
    }
    sought.append(word)
  }

  /// A misspelt word is told and taken for the right one.
  mutating func expectWord(_ word: String) -> Bool {
    if skipWord(word) { return true }
    if correctWord(among: sought), skipWord(word) { return true }
    reportExpected("`\(word)`")
    return false
  }

  /// The same of a word without which the clause before has no meaning; where only the word is
  /// missing, it is read as if it stood there.
  mutating func expectWord(_ word: String, of stage: String, example: String) -> Bool {
    if skipWord(word) { return true }
    if correctWord(among: sought), skipWord(word) { return true }
    let problem = SyntaxProblem.missingClause(word, of: stage, example: example)
    guard atOperand(), !current.startsLine, !isClauseWord(current) else {
      reportMissing { _ in problem }
      return false
    }
    note(problem, current.span)
    return true
  }

  /// Whether a clause of a stage may begin with the token.
  func isClauseWord(_ token: Token) -> Bool {
    Keywords.clauses.contains { isWord(token, $0) }
  }

  /// Whether one of the words was meant here: told, and from here on read as that word.
  mutating func correctWord(among words: [String]) -> Bool {
    guard !isLost, at(.name), !current.startsLine, corrected.index != index,
      let meant = nearestWord(to: text(current), among: words), !meant.contains(" ")
    else { return false }
    note(.expected("`\(meant)`", found: found, meant: meant), current.span)
    corrected = (index, meant)
    return true
  }

  func isName(_ token: Token) -> Bool { token.kind == .name || token.kind == .quotedName }

  func atName() -> Bool { isName(current) }

  /// A name and `:` or `=` behind it: an item of a block begins. Of rows it may be `v.name`.
  func atItem() -> Bool {
    guard atName() || at(.textOpen) else { return false }
    if at(.textOpen) { return textMemberColon() != nil }
    let next = token(1).kind
    return next == .colon || next == .assign || token(dottedLength).kind == .colon
  }

  /// So many tokens the name `a.b` has that begins here, at most.
  var dottedLength: Int {
    var length = 1
    while length < ParserLimits.nameTokens, token(length).kind == .dot, isName(token(length + 1)) {
      length += 2
    }
    return length
  }

  /// The name of a column, `a` or `a.b`; the current token is a name.
  mutating func takeDottedName() -> Identifier {
    let start = current.span
    let end = index + dottedLength
    var name = takeIdentifier()
    while index < end, skip(.dot) {
      name = Identifier("\(name.text).\(takeIdentifier().text)", span(from: start))
    }
    return name
  }

  /// The place of the `:` behind a text without interpolation, as in a JSON member.
  func textMemberColon() -> Int? {
    let close = token(1).kind == .textPiece ? 2 : 1
    guard token(close).kind == .textClose, token(close + 1).kind == .colon else { return nil }
    return index + close + 1
  }

  mutating func takeIdentifier() -> Identifier {
    let token = current
    advance()
    guard token.kind == .quotedName else { return Identifier(text(token), token.span) }
    let inner = text(token).dropFirst()
    return Identifier(String(inner.last == "`" ? inner.dropLast() : inner), token.span)
  }

  /// Reports and returns nil if there is no name, or if a declaration begins on a new line.
  mutating func expectIdentifier(_ what: String) -> Identifier? {
    if atName(), !atDeclaration() { return takeIdentifier() }
    reportMissing { .expectedName(of: what, found: $0) }
    return nil
  }

  /// The name of a declaration, on the line of its keyword.
  mutating func expectDeclaredName(_ what: String) -> Identifier {
    if atName(), !current.startsLine { return takeIdentifier() }
    reportMissing { .expectedName(of: what, found: $0) }
    return missingIdentifier
  }

  /// A name that stands for one that is missing, so that the tree has its shape.
  var missingIdentifier: Identifier { Identifier("", previousEnd) }
}

// MARK: - Reports

extension Parser {
  /// What stands here, for a title.
  var found: String {
    switch current.kind {
    case .endOfFile: return "the end of the file"
    case .textOpen: return "a text"
    default:
      let text = text(current)
      return text.unicodeScalars.count > 24 ? "`\(String(text.prefix(24)))…`" : "`\(text)`"
    }
  }

  /// Reports unless the parser is lost already, and is lost from here on.
  mutating func report(_ problem: SyntaxProblem, _ span: Span) {
    defer { isLost = true }
    guard !isLost, index != silentIndex else { return }
    // What begins no token was reported by the lexer.
    if at(.unknown), current.span == span { return }
    append(problem, span)
  }

  /// Reports something that does not hinder the parser from going on.
  mutating func note(_ problem: SyntaxProblem, _ span: Span) {
    let isSilent =
      index >= silentIndex && silentIndex >= 0 && span.start == tokens[silentIndex].span.start
    if !isLost, !isSilent { append(problem, span) }
  }

  /// Whether a text that was not closed begins there.
  func hasUnclosedText(in range: Range<UInt32>) -> Bool {
    var low = 0
    var high = unclosedTexts.count
    while low < high {
      let middle = (low + high) / 2
      if unclosedTexts[middle] < range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < unclosedTexts.count && unclosedTexts[low] < range.upperBound
  }

  private mutating func append(_ problem: SyntaxProblem, _ span: Span) {
    problems.append((problem, span))
    if problems.count >= ParserLimits.problems { index = tokens.count - 1 }
  }

  mutating func reportExpected(_ what: String) {
    if at(.name), soughtIndex == index,
      let meant = nearestWord(to: text(current), among: sought)
    {
      report(.expected(what, found: found, meant: meant), current.span)
    } else {
      reportMissing { .expected(what, found: $0, meant: nil) }
    }
  }

  /// Reports what ought to stand here: at the end of the line, if the next one begins here.
  mutating func reportMissing(_ problem: (_ found: String) -> SyntaxProblem) {
    guard index > 0, current.startsLine, index != itemIndex else {
      report(problem(found), current.span)
      return
    }
    report(problem(at(.endOfFile) ? found : "the end of the line"), previousEnd)
  }

  /// Runs `body` one level deeper; at the limit reports, skips what stands here and gives `nil`.
  mutating func nested<Result>(_ body: (inout Parser) -> Result) -> Result? {
    guard depth < ParserLimits.depth else {
      if !sawTooDeep { report(.tooDeep, current.span) }
      sawTooDeep = true
      isLost = true
      skipBalanced()
      unclosedIndex = index
      return nil
    }
    depth += 1
    defer { depth -= 1 }
    return body(&self)
  }
}
