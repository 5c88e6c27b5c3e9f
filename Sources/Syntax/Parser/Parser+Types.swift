import Diagnostics

/// Types and fields.
extension Parser {
  mutating func expectType() -> TypeSyntax {
    let start = current.span
    guard atName(), !atDeclaration() else {
      reportMissing { .expectedType(found: $0) }
      return TypeSyntax(.missing, previousEnd)
    }
    let type = nested { $0.parseTypeName() } ?? TypeSyntax(.missing, span(from: start))
    guard !current.startsLine else { return type }
    if at(.coalesce) {
      reportExpected("one `?`")
      advance()
    } else if !skip(.question) {
      return type
    }
    return TypeSyntax(.optional(type), span(from: start))
  }

  private mutating func parseTypeName() -> TypeSyntax {
    let start = current.span
    let next = token(1).kind
    let isPlain = at(.name)
    switch text(current) {
    case "decimal" where isPlain && next == .openParenthesis: return parseDecimal()
    case "list" where isPlain && next == .less:
      let arguments = parseTypeArguments(1)
      return TypeSyntax(.list(arguments[0]), span(from: start))
    case "map" where isPlain && next == .less:
      let arguments = parseTypeArguments(2)
      return TypeSyntax(.map(key: arguments[0], value: arguments[1]), span(from: start))
    case "struct" where isPlain && next == .openBrace:
      advance()
      let fields = expectFields()
      return TypeSyntax(.structure(fields), span(from: start))
    default:
      return TypeSyntax(.named(takeIdentifier()), start)
    }
  }

  /// `<T>` or `<K, V>` behind a name; as many types as asked for, whatever stands there.
  private mutating func parseTypeArguments(_ count: Int) -> [TypeSyntax] {
    advance()
    advance()
    var types = [expectType()]
    while types.count < count {
      if isLost || !skip(.comma) {
        if !isLost { reportExpected("`,` and a type") }
        types.append(TypeSyntax(.missing, previousEnd))
      } else {
        types.append(expectType())
      }
    }
    if !isLost, !skip(.greater) { reportExpected("`>`") }
    return types
  }

  /// `decimal(12, 6)`
  private mutating func parseDecimal() -> TypeSyntax {
    let start = current.span
    advance()
    let open = current.span
    takeOpening(closedBy: .closeParenthesis)
    var precision: IntegerSyntax?
    var scale: IntegerSyntax?
    precision = expectInteger("the number of digits")
    if precision != nil, !skip(.comma) { reportExpected("`,` and the number of decimals") }
    if !isLost { scale = expectInteger("the number of decimals") }
    expectClosing(.closeParenthesis, open: open)
    guard let precision, let scale else { return TypeSyntax(.missing, span(from: start)) }
    return TypeSyntax(.decimal(precision: precision, scale: scale), span(from: start))
  }

  /// `{ name: type … }`
  mutating func expectFields() -> [FieldSyntax] {
    let open = current.span
    guard skip(.openBrace) else {
      reportExpected("`{` and fields `name: type`")
      return []
    }
    let wasInFields = isInFields
    isInFields = true
    defer { isInFields = wasInFields }
    var fields: [FieldSyntax] = []
    let whole = parseItems(closedBy: .closeBrace, open: open) { parser in
      if let field = parser.expectField() { fields.append(field) }
    }
    if fields.isEmpty, !hasProblem(in: whole) { note(.emptyBlock("field `name: type`"), whole) }
    return fields
  }

  private mutating func expectField() -> FieldSyntax? {
    let documentation = documentation()
    let start = current.span
    guard let name = expectIdentifier("a field") else { return nil }
    expectSign(.colon, after: name)
    guard !isLost else { return nil }
    var field = FieldSyntax(
      documentation: documentation, name: name, type: expectType(), origin: nil, timeFormat: nil,
      allowed: nil, span: start)
    while !isLost, !atItem() {
      let place = current.span
      if skipWord("from") {
        noteRepeated("from", place, field.origin?.span)
        field.origin = parsePostfix()
      } else if skipWord("as") {
        noteRepeated("as", place, field.timeFormat?.span)
        field.timeFormat = expectTimeFormat()
      } else if skipWord("in") {
        noteRepeated("in", place, field.allowed?.span)
        // Members of a struct in there are no fields.
        isInFields = false
        field.allowed = expectExpression()
        isInFields = true
      } else {
        break
      }
    }
    field.span = span(from: start)
    return field
  }

  /// `epoch_seconds`, or `"yyyy-MM-dd" zone "Europe/Madrid"`
  private mutating func expectTimeFormat() -> TimeFormatSyntax {
    let start = current.span
    if at(.textOpen) {
      var format = TimeFormatSyntax(kind: .pattern(parseText()), zone: nil, span: start)
      if !atItem(), skipWord("zone") { format.zone = expectText("the name of a time zone") }
      format.span = span(from: start)
      return format
    }
    let word = expectIdentifier("a time format") ?? missingIdentifier
    return TimeFormatSyntax(kind: .word(word), zone: nil, span: word.span)
  }

  mutating func noteRepeated(_ word: String, _ place: Span, _ first: Span?) {
    if let first { note(.repeatedClause(word, first: first), place) }
  }

  func hasProblem(in span: Span) -> Bool {
    isLost || problems.contains { span.contains($0.span) }
  }
}

// MARK: - Documentation

extension Parser {
  /// The `///` lines between the token before and the current one, without slashes.
  func documentation() -> String {
    let end = current.span.start
    let begin = index > 0 ? tokens[index - 1].span.end : 0
    var low = 0
    var high = comments.count
    while low < high {
      let middle = (low + high) / 2
      if comments[middle].span.start < begin { low = middle + 1 } else { high = middle }
    }
    var lines: [String] = []
    // What stands behind another item on its line belongs to that one.
    let firstLine = index > 0 ? file.line(at: Int(begin)) : 0
    for comment in comments[low...] {
      guard comment.span.start < end else { break }
      guard comment.isDocumentation, file.line(of: comment.span) != firstLine else { continue }
      var text = file.text(comment.span).dropFirst(3)
      while text.last == " " || text.last == "\t" { text.removeLast() }
      lines.append(String(text.first == " " ? text.dropFirst() : text))
    }
    return lines.joined(separator: "\n")
  }
}
