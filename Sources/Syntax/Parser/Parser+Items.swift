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
    while true {
      if skip(close) { return span(from: open) }
      if atEndOfItems() {
        reportUnclosed(open)
        return span(from: open)
      }
      let start = index
      if at(.comma) {
        reportExpected("an item")
      } else {
        item(&self)
      }
      if isLost {
        // What is nested too deeply is left by all levels at once.
        skipItem(from: start)
        isLost = false
      } else if !skip(.comma), !atItemEnd(close) {
        note(.missingSeparator, current.span)
        if index == start { advance() }
      }
    }
  }

  private func atItemEnd(_ close: Token.Kind) -> Bool {
    // Only a comma separates the arguments of a call.
    let isLoose = close != .closeParenthesis
    return at(close) || atEndOfItems() || (isLoose && (current.startsLine || atItem()))
  }

  /// Nothing more can come: the file ends, a declaration begins, or another bracket is closed.
  private func atEndOfItems() -> Bool {
    switch current.kind {
    case .endOfFile, .closeBrace, .closeBracket, .closeParenthesis, .interpolationClose, .textClose:
      true
    default: atDeclaration()
    }
  }

  private mutating func reportUnclosed(_ open: Span) {
    // A text that was not closed has swallowed the bracket.
    let hasUnclosedText = problems.contains {
      $0.problem == .unclosedText && $0.span.start >= open.start
        && $0.span.start < current.span.start
    }
    if !hasUnclosedText, unclosedIndex != index {
      report(.unclosedBracket(file.text(open), open: open), current.span)
    }
    unclosedIndex = index
    isLost = true
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
