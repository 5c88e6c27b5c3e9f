import Diagnostics

/// Bytes to tokens and comments. Takes any bytes; what is wrong is reported and skipped.
///
/// The interpolations of texts are lexed in place, with a stack of open texts instead of recursion,
/// so that no nesting can exhaust the program's stack.
struct Lexer {
  /// A text whose closing quotes have not come yet.
  struct OpenText {
    var open: Span
    var hashes: Int
    var isTriple: Bool
    /// Parentheses open within the interpolation; nil in the text itself.
    var parentheses: Int?
  }

  let file: SourceFile
  let bytes: [UInt8]
  var index = 0
  var tokens: [Token] = []
  var comments: [Comment] = []
  var problems: [(problem: SyntaxProblem, span: Span)] = []
  var texts: [OpenText] = []
  private var sawLineEnd = true
  private var sawSpace = false

  init(_ file: SourceFile) {
    self.file = file
    bytes = file.bytes
    tokens.reserveCapacity(bytes.count / 4)
  }

  /// Lexes the whole file; the last token is `.endOfFile`.
  mutating func run() {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    while index < bytes.count {
      if let text = texts.last, text.parentheses == nil {
        lexTextPart(text)
      } else {
        lexToken()
      }
    }
    closeTextsAtEnd()
    emit(.endOfFile, from: bytes.count)
  }
}

// MARK: - What the parts of the lexer share

extension Lexer {
  /// The byte that many places ahead; 0 past the end, where no token has a 0.
  func byte(_ ahead: Int = 0) -> UInt8 {
    let place = index + ahead
    return place < bytes.count ? bytes[place] : 0
  }

  func span(from start: Int) -> Span { Span(start, index, in: file.id) }

  /// Adds a token from `start` to the current place.
  mutating func emit(_ kind: Token.Kind, from start: Int) {
    tokens.append(
      Token(
        kind: kind, startsLine: sawLineEnd, hasSpaceBefore: sawSpace || sawLineEnd,
        span: Span(start, max(start, index), in: file.id)))
    sawLineEnd = false
    sawSpace = false
  }

  mutating func report(_ problem: SyntaxProblem, _ span: Span) {
    // A bound on memory and time; only the first ones are shown.
    if problems.count < ParserLimits.problems { problems.append((problem, span)) }
  }

  /// Goes on while the bytes are part of a name.
  mutating func skipNameBytes() {
    while let size = namePart(at: index, isFirst: false) { index += size }
  }

  /// How many bytes the part of a name here has; nil if here is none.
  func namePart(at place: Int, isFirst: Bool) -> Int? {
    guard place < bytes.count else { return nil }
    let byte = bytes[place]
    if byte < 0x80 {
      let fits = byte.isLetter || byte == UInt8(ascii: "_") || (!isFirst && byte.isDigit)
      return fits ? 1 : nil
    }
    guard let (scalar, size) = scalar(at: place) else { return nil }
    let properties = scalar.properties
    return (isFirst ? properties.isXIDStart : properties.isXIDContinue) ? size : nil
  }

  /// The code point at a place and its size; nil where the bytes are no UTF-8.
  func scalar(at place: Int) -> (Unicode.Scalar, Int)? {
    let end = min(bytes.count, place + 4)
    guard place < end else { return nil }
    var decoder = UTF8()
    var iterator = bytes[place..<end].makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    return (scalar, UTF8.encode(scalar)?.count ?? 1)
  }
}

// MARK: - Tokens

extension Lexer {
  private mutating func lexToken() {
    let start = index
    switch byte() {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
      index += 1
      sawSpace = true
    case UInt8(ascii: "\n"):
      closeTextsAtLineEnd()
      index += 1
      sawLineEnd = true
    case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"): lexComment()
    case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"): lexBlockComment()
    case UInt8(ascii: "0")...UInt8(ascii: "9"): lexNumber()
    case UInt8(ascii: "\""): openText(hashes: 0)
    case UInt8(ascii: "'"): lexForeignText()
    case UInt8(ascii: "#"): lexHash()
    case UInt8(ascii: "`"): lexQuotedName()
    default:
      if let size = namePart(at: index, isFirst: true) {
        index += size
        skipNameBytes()
        emit(.name, from: start)
      } else if !lexPunctuation() {
        lexUnknown()
      }
    }
  }

  private mutating func lexComment() {
    let start = index
    while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
    var end = index
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    let slashes = bytes[start..<end].prefix { $0 == UInt8(ascii: "/") }.count
    comments.append(
      Comment(span: Span(start, end, in: file.id), isDocumentation: slashes == 3))
    sawSpace = true
  }

  private mutating func lexBlockComment() {
    let start = index
    index += 2
    while index < bytes.count, !(byte() == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/")) {
      if byte() == UInt8(ascii: "\n") { sawLineEnd = true }
      index += 1
    }
    index = min(bytes.count, index + 2)
    report(.blockComment, Span(start, start + 2, in: file.id))
    comments.append(Comment(span: span(from: start), isDocumentation: false))
    sawSpace = true
  }

  /// `#"raw"#`, or a comment of another language.
  private mutating func lexHash() {
    let hashes = bytes[index...].prefix { $0 == UInt8(ascii: "#") }.count
    if index + hashes < bytes.count, bytes[index + hashes] == UInt8(ascii: "\"") {
      openText(hashes: hashes)
      return
    }
    let start = index
    lexComment()
    report(.foreignComment, Span(start, start + hashes, in: file.id))
  }

  private mutating func lexQuotedName() {
    let start = index
    index += 1
    while index < bytes.count, byte() != UInt8(ascii: "`"), byte() != UInt8(ascii: "\n") {
      index += 1
    }
    if byte() == UInt8(ascii: "`"), index < bytes.count {
      index += 1
      if index - start == 2 { report(.emptyName, span(from: start)) }
    } else {
      // The name ends where one without backticks would.
      index = start + 1
      skipNameBytes()
      report(.unclosedName, Span(start, start + 1, in: file.id))
    }
    emit(.quotedName, from: start)
  }

  private mutating func lexUnknown() {
    let start = index
    if byte() == UInt8(ascii: ";") {
      index += 1
      report(.semicolon, span(from: start))
      sawLineEnd = true
      return
    }
    repeat { index += scalar(at: index)?.1 ?? 1 } while isUnknown(at: index)
    let text = file.text(span(from: start))
    // Bytes that are no UTF-8 are reported once for the whole file.
    if !text.unicodeScalars.contains("\u{FFFD}") {
      report(.unexpectedCharacter(Self.shown(text)), span(from: start))
    }
    emit(.unknown, from: start)
  }

  /// What cannot be seen is named by its number: U+202E.
  private static func shown(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(8).map { scalar -> String in
      switch scalar.properties.generalCategory {
      case .control, .format, .unassigned, .privateUse, .lineSeparator, .paragraphSeparator,
        .spaceSeparator, .nonspacingMark, .enclosingMark, .spacingMark:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
      default: return String(scalar)
      }
    }
    return scalars.joined()
  }

  private func isUnknown(at place: Int) -> Bool {
    guard place < bytes.count else { return false }
    let byte = bytes[place]
    if byte >= 0x80 { return namePart(at: place, isFirst: true) == nil }
    return byte < 0x20 && ![9, 10, 13].contains(byte)
      || [0x24, 0x40, 0x5C, 0x5E, 0x7E, 0x7F]
        .contains(byte)
  }
}

extension UInt8 {
  var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
  var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
}
