import Diagnostics

/// Texts: `"…"`, `"""…"""`, `#"…"#`, with what is interpolated.
extension Lexer {
  mutating func openText(hashes: Int) {
    let start = index
    index += hashes
    let isTriple = (0..<3).allSatisfy { byte($0) == UInt8(ascii: "\"") }
    index += isTriple ? 3 : 1
    let open = span(from: start)
    emit(.textOpen, from: start)
    texts.append(OpenText(open: open, hashes: hashes, isTriple: isTriple))
  }

  /// From the current place to an interpolation, the closing quotes or the end of the line.
  mutating func lexTextPart(_ text: OpenText) {
    let start = index
    while index < bytes.count {
      switch byte() {
      case UInt8(ascii: "\"") where closes(text):
        emitPiece(from: start)
        let close = index
        index += (text.isTriple ? 3 : 1) + text.hashes
        emit(.textClose, from: close)
        texts.removeLast()
        return
      case UInt8(ascii: "\\") where text.hashes == 0 && byte(1) == UInt8(ascii: "("):
        emitPiece(from: start)
        let open = index
        index += 2
        emit(.interpolationOpen, from: open)
        texts[texts.count - 1].parentheses = 0
        return
      case UInt8(ascii: "\\") where text.hashes == 0:
        index += 1
        if index < bytes.count, byte() != UInt8(ascii: "\n") { index += 1 }
      case UInt8(ascii: "\n") where !text.isTriple:
        emitPiece(from: start)
        closeTextsAtLineEnd()
        return
      default: index += 1
      }
    }
    emitPiece(from: start)
  }

  private mutating func emitPiece(from start: Int) {
    if index > start { emit(.textPiece, from: start) }
  }

  private func closes(_ text: OpenText) -> Bool {
    let quotes = text.isTriple ? 3 : 1
    return (0..<quotes).allSatisfy { byte($0) == UInt8(ascii: "\"") }
      && (quotes..<(quotes + text.hashes)).allSatisfy { byte($0) == UInt8(ascii: "#") }
  }

  /// A text of one line ends with its line, whether closed or not.
  mutating func closeTextsAtLineEnd() {
    var outermost: Span?
    while let text = texts.last, !text.isTriple {
      outermost = text.open
      closeWithoutQuotes(text)
    }
    if let outermost { report(.unclosedText, outermost) }
  }

  mutating func closeTextsAtEnd() {
    let outermost = texts.first?.open
    while let text = texts.last { closeWithoutQuotes(text) }
    if let outermost { report(.unclosedText, outermost) }
  }

  private mutating func closeWithoutQuotes(_ text: OpenText) {
    if text.parentheses != nil { emit(.interpolationClose, from: index) }
    emit(.textClose, from: index)
    texts.removeLast()
  }

  /// `'text'`: read as a text, so that nothing else is reported.
  mutating func lexForeignText() {
    let start = index
    var end = index + 1
    while end < bytes.count, ![UInt8(ascii: "'"), UInt8(ascii: "\n")].contains(bytes[end]) {
      end += 1
    }
    guard end < bytes.count, bytes[end] == UInt8(ascii: "'") else {
      index += 1
      report(.unexpectedCharacter("'"), span(from: start))
      emit(.unknown, from: start)
      return
    }
    index = start + 1
    emit(.textOpen, from: start)
    index = end
    emitPiece(from: start + 1)
    index = end + 1
    emit(.textClose, from: end)
    report(.singleQuotes(text: file.text(Span(start + 1, end, in: file.id))), span(from: start))
  }
}
