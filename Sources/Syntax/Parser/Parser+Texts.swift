import Diagnostics

/// Texts: escapes, indentation, interpolation.
extension Parser {
  mutating func expectText(_ what: String) -> TextSyntax {
    if at(.textOpen), !atDeclaration() { return parseText() }
    reportExpected(what)
    return TextSyntax(pieces: [], span: previousEnd)
  }

  /// The current token is the opening quotes.
  mutating func parseText() -> TextSyntax {
    let open = current
    let quotes = text(open)
    let form = TextForm(
      isRaw: quotes.hasPrefix("#"),
      indentation: quotes.hasSuffix("\"\"\"") ? indentationOfText() : nil)
    advance()
    var pieces: [TextSyntax.Piece] = []
    var isAtStart = true
    while !at(.textClose), !at(.endOfFile) {
      if at(.textPiece) {
        let isLast = token(1).kind == .textClose
        let text = decode(current.span, form, isFirst: isAtStart, isLast: isLast)
        if !text.isEmpty { pieces.append(.text(text)) }
        advance()
      } else {
        pieces.append(.expression(parseInterpolation()))
      }
      isAtStart = false
    }
    _ = skip(.textClose)
    return TextSyntax(pieces: pieces, span: span(from: open.span))
  }

  private mutating func parseInterpolation() -> ExpressionSyntax {
    guard skip(.interpolationOpen) else {
      advance()
      return ExpressionSyntax(.missing, previousEnd)
    }
    // What is wrong within one interpolation says nothing about the text around it.
    let wasLost = isLost
    let value = expectExpression()
    if !at(.interpolationClose), !hasUnclosedText(in: 0..<max(1, current.span.start)) {
      reportExpected("`)`")
    }
    while !at(.interpolationClose), !at(.endOfFile) { skipBalanced() }
    _ = skip(.interpolationClose)
    isLost = wasLost
    return value
  }

  /// The white space before the closing quotes of a text of many lines, if they stand on a line of
  /// their own.
  private func indentationOfText() -> [UInt8]? {
    var open = 0
    var place = index
    while place < tokens.count {
      switch tokens[place].kind {
      case .textOpen: open += 1
      case .textClose: open -= 1
      default: break
      }
      if open == 0 || tokens[place].kind == .endOfFile { break }
      place += 1
    }
    guard place > index, place < tokens.count, tokens[place - 1].kind == .textPiece else {
      return []
    }
    let last = file.bytes[tokens[place - 1].span.range]
    guard let lineEnd = last.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let indentation = last[(lineEnd + 1)...]
    return indentation.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? Array(indentation) : []
  }
}

/// How the pieces of a text are read.
private struct TextForm {
  var isRaw: Bool
  /// Of a text of many lines: what is cut from each line.
  var indentation: [UInt8]?
}

extension Parser {
  private mutating func decode(
    _ piece: Span, _ form: TextForm, isFirst: Bool, isLast: Bool
  ) -> String {
    var range = piece.range
    if let indentation = form.indentation {
      if isFirst { range = range.lowerBound + lineEndLength(at: range)..<range.upperBound }
      if isLast { range = range.lowerBound..<endOfLastLine(range, indentation) }
    }
    var result: [UInt8] = []
    var place = range.lowerBound
    if isFirst, place > piece.range.lowerBound { skipIndentation(form, &place, range) }
    while place < range.upperBound {
      let byte = file.bytes[place]
      if byte == UInt8(ascii: "\\"), !form.isRaw {
        decodeEscape(&place, range.upperBound, into: &result)
        continue
      }
      place += 1
      // A line of the file may end in two bytes, a line of the text ends in one.
      if byte == 0x0D, place < range.upperBound, file.bytes[place] == 0x0A { continue }
      result.append(byte)
      if byte == 0x0A { skipIndentation(form, &place, range) }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private func lineEndLength(at range: Range<Int>) -> Int {
    let start = file.bytes[range].prefix(2)
    if start.first == 0x0A { return 1 }
    return start.elementsEqual([0x0D, 0x0A]) ? 2 : 0
  }

  private func endOfLastLine(_ range: Range<Int>, _ indentation: [UInt8]) -> Int {
    let last = file.bytes[range]
    guard let lineEnd = last.lastIndex(of: 0x0A),
      last[(lineEnd + 1)...].allSatisfy({ $0 == 0x20 || $0 == 0x09 })
    else { return range.upperBound }
    let hasReturn = lineEnd > range.lowerBound && file.bytes[lineEnd - 1] == 0x0D
    return hasReturn ? lineEnd - 1 : lineEnd
  }

  private func skipIndentation(_ form: TextForm, _ place: inout Int, _ range: Range<Int>) {
    guard let indentation = form.indentation else { return }
    for byte in indentation {
      guard place < range.upperBound, file.bytes[place] == byte else { return }
      place += 1
    }
  }

  /// The current byte is the backslash.
  private mutating func decodeEscape(_ place: inout Int, _ end: Int, into result: inout [UInt8]) {
    let start = place
    place += 1
    let escape = place < end ? file.bytes[place] : 0
    place += 1
    switch escape {
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "0"): result.append(0)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "'"): result.append(escape)
    case UInt8(ascii: "u"):
      if let scalar = codePoint(&place, end) {
        result += Array(String(scalar).utf8)
        return
      }
      reportEscape(start, place)
    default:
      while place < end, file.bytes[place] & 0xC0 == 0x80 { place += 1 }
      reportEscape(start, min(place, end))
    }
  }

  private mutating func reportEscape(_ start: Int, _ end: Int) {
    let span = Span(start, end, in: file.id)
    note(.badEscape(file.text(span)), span)
  }

  /// `{1F600}` of `\u{1F600}`
  private func codePoint(_ place: inout Int, _ end: Int) -> Unicode.Scalar? {
    guard place < end, file.bytes[place] == UInt8(ascii: "{") else { return nil }
    let digits = file.bytes[(place + 1)..<end].prefix { $0.isDigit || $0.isLetter }
    let close = place + 1 + digits.count
    guard close < end, file.bytes[close] == UInt8(ascii: "}") else { return nil }
    place = close + 1
    let text = String(decoding: digits, as: UTF8.self)
    return digits.count <= 6 ? UInt32(text, radix: 16).flatMap(Unicode.Scalar.init) : nil
  }
}
