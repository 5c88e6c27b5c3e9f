import Diagnostics

/// Items in brackets, and finding the way again after a mistake.
extension Parser {
  /// Whether a declaration begins here: its keyword at the start of a line, followed by what
  /// follows it. A column named `type` or `source` is none.
  func atDeclaration() -> Bool {
    guard current.startsLine, at(.name) else { return false }
    let next = token(1)
    guard !next.startsLine else { return false }
    switch text(current) {
    case "stream": return isName(next) && token(2).kind == .assign
    case "checkpoint", "settings": return next.kind == .openBrace
    case "test", "import": return next.kind == .textOpen
    case "pipeline": return isName(next) && token(2).startsLine
    case "param": return isName(next) && token(2).kind == .colon
    case "type": return isName(next) && token(2).kind == .openBrace
    case "function": return isName(next) && token(2).kind == .openParenthesis
    case "model", "task": return isName(next) && isWord(token(2), "using")
    case "source", "table": return isName(next) && token(2).kind == .colon
    case "sink":
      return isName(next)
        && (token(2).kind == .colon || token(2).kind == .dot || isWord(token(2), "to"))
    default: return false
    }
  }

  /// A declaration's keyword in the first column, whatever follows it but a sign of an item.
  func atDeclarationInFirstColumn() -> Bool {
    let start = Int(current.span.start)
    guard at(.name), start == 0 || file.bytes[start - 1] == UInt8(ascii: "\n") else { return false }
    switch token(1).kind {
    case .colon, .assign, .comma, .dot, .endOfFile: return false
    default: return Keywords.declarations.contains(where: atWord)
    }
  }

  /// Parses items up to the closing bracket; the opening one was taken, its span is `open`.
  /// `item` parses one; it may report and stop anywhere. Returns the span of the whole.
  mutating func parseItems(
    closedBy close: Token.Kind, open: Span, _ item: (inout Parser) -> Void
  ) -> Span {
    closers.append(close)
    defer { _ = closers.popLast() }
    while true {
      if skip(close) || hasSwallowedCloser(open) { return span(from: open) }
      if atStrayCloser {
        reportStrayBracket()
        advance()
        isLost = false
        continue
      }
      if atEndOfItems() || atOuterItem(close) {
        reportUnclosed(open)
        return span(from: open)
      }
      let start = index
      itemIndex = index
      if at(.comma) {
        reportExpected("an item")
      } else {
        item(&self)
      }
      if !isLost, skip(.comma) || atItemEnd(close) { continue }
      // Without a comma, a new line in a call is not in the call any more.
      if !isLost, close == .closeParenthesis, current.startsLine {
        reportUnclosed(open)
        return span(from: open)
      }
      if !isLost { reportNoSeparator() }
      if isLost || index == start { skipItem(from: start) }
      isLost = false
    }
  }

  /// A text that was not closed ran to the end of the line on which the bracket was opened, and
  /// took with it what closes the bracket.
  private mutating func hasSwallowedCloser(_ open: Span) -> Bool {
    guard current.startsLine, !unclosedTexts.isEmpty else { return false }
    let lineEnd = UInt32(clamping: file.bytesOfLine(file.line(of: open)).upperBound)
    return hasUnclosedText(in: open.start..<max(open.start, lineEnd))
  }

  /// Another item, or something that fits nowhere, follows on the same line.
  private mutating func reportNoSeparator() {
    defer { silentIndex = index }
    // Words in a row are one mistake.
    let isRow =
      silentIndex >= 0 && silentIndex < index
      && !tokens[(silentIndex + 1)...index].contains(where: \.startsLine)
    if at(.arrow) {
      report(.lambdaOutsideCall, current.span)
    } else if isRow || isUnclosedText(current) {
      isLost = true
    } else if atOperand() {
      note(.missingSeparator, current.span)
    } else if !atStrayCloser {
      report(.expected("a comma or a new line", found: found, meant: nil), current.span)
    }
  }

  private func isUnclosedText(_ token: Token) -> Bool {
    token.kind == .textOpen
      && hasUnclosedText(in: token.span.start..<max(token.span.start, token.span.end))
  }

  private func atItemEnd(_ close: Token.Kind) -> Bool {
    // Only a comma separates the arguments of a call.
    let isLoose = close != .closeParenthesis
    return at(close) || atEndOfItems() || (isLoose && (current.startsLine || atItem()))
  }

  /// An item of the block around: a list holds no `name:`, a call no `name =`.
  private func atOuterItem(_ close: Token.Kind) -> Bool {
    guard current.startsLine, atName(), closers.contains(.closeBrace) else { return false }
    let sign = token(1).kind
    return sign == .assign && close != .closeBrace || sign == .colon && close == .closeBracket
  }

  /// Nothing more can come: the file ends, a stage or declaration begins, or another bracket is
  /// closed.
  private func atEndOfItems() -> Bool {
    switch current.kind {
    case .endOfFile, .closeBrace, .closeBracket, .closeParenthesis, .interpolationClose, .textClose:
      true
    case .pipe: current.startsLine
    default: atDeclaration() || atNextStep || atOptionBehindFields
    }
  }

  /// The next step of a test, while a list of the one before is still open.
  private var atNextStep: Bool {
    guard isInTest, closers.count > 1, current.startsLine, at(.name) else { return false }
    return token(1).kind == .name && Keywords.testSteps.contains(where: atWord)
  }

  /// A field `name: 16` has no type: it is an option of the model around the fields.
  private var atOptionBehindFields: Bool {
    guard isInFields, closers.count > 1, current.startsLine, atName() else { return false }
    return token(1).kind == .colon && !isName(token(2)) && beginsOperand(token(2))
  }

  /// A bracket is closed that is not open.
  private var atStrayCloser: Bool {
    switch current.kind {
    case .closeBrace, .closeBracket, .closeParenthesis: !closers.contains(current.kind)
    default: false
    }
  }

  /// What is behind a bracket that was not closed closes too much: that is told once.
  mutating func reportStrayBracket() {
    if hasBrokenBrackets { isLost = true }
    report(.strayBracket(text(current)), current.span)
    hasBrokenBrackets = true
  }

  mutating func reportUnclosed(_ open: Span) {
    // A text that was not closed has swallowed the bracket.
    let isSwallowed = hasUnclosedText(
      in: open.start..<max(open.start, current.span.start))
    if !isSwallowed, unclosedIndex != index {
      let place = current.startsLine || at(.endOfFile) ? previousEnd : current.span
      report(.unclosedBracket(file.text(open), open: open), place)
    }
    hasBrokenBrackets = true
    unclosedIndex = index
    isLost = true
  }

  /// Takes the opening bracket of something that `expectClosing` ends.
  mutating func takeOpening(closedBy close: Token.Kind) {
    closers.append(close)
    advance()
  }

  /// The closing bracket; if something else stands there, goes on behind the bracket if it comes
  /// on this line.
  mutating func expectClosing(_ close: Token.Kind, open: Span) {
    _ = closers.popLast()
    if skip(close) { return }
    if !isLost { reportUnclosed(open) }
    while !at(close), !at(.endOfFile), !atDeclaration(), !at(.closeBrace), !at(.textClose),
      !current.startsLine
    {
      skipBalanced()
    }
    _ = skip(close)
  }

  /// Past the rest of an item that went wrong: to the next line, comma, or closing bracket.
  private mutating func skipItem(from start: Int) {
    while !atEndOfItems() {
      if index > start {
        if skip(.comma) || current.startsLine { return }
      }
      skipBalanced()
    }
  }

  /// Past one token, or past a bracket and all within it.
  mutating func skipBalanced() {
    var open = 0
    repeat {
      switch current.kind {
      case .openBrace, .openBracket, .openParenthesis, .textOpen, .interpolationOpen: open += 1
      case .closeBrace, .closeBracket, .closeParenthesis, .textClose, .interpolationClose: open -= 1
      case .endOfFile: return
      default: if open > 0, atDeclaration() { return }
      }
      advance()
    } while open > 0
  }
}
