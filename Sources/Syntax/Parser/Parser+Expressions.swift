import Diagnostics

/// Expressions, by operator precedence.
extension Parser {
  /// How tightly an operator binds; a higher number binds tighter.
  private enum Power {
    static let or = 1
    static let and = 2
    static let not = 3
    static let comparison = 4
    static let coalesce = 5
    static let concatenation = 6
    static let addition = 7
    static let multiplication = 8
  }

  /// A value without comparisons, `and`, `or`: what stands before a clause that begins with `and`.
  static let clausePower = Power.coalesce

  /// Nil if no expression begins here.
  mutating func parseExpression(_ power: Int = 0) -> ExpressionSyntax? {
    guard atOperand() else { return nil }
    let start = current.span
    return nested { $0.parseOperation(power) } ?? ExpressionSyntax(.missing, span(from: start))
  }

  mutating func expectExpression(_ power: Int = 0) -> ExpressionSyntax {
    if let expression = parseExpression(power) { return expression }
    reportMissing { .expectedExpression(found: $0) }
    return ExpressionSyntax(.missing, previousEnd)
  }

  /// An expression in a stage before its block: a `{` is the block and no struct.
  mutating func expectClauseExpression(_ power: Int = 0) -> ExpressionSyntax {
    if !at(.openBrace) { return expectExpression(power) }
    reportMissing { .expectedExpression(found: $0) }
    return ExpressionSyntax(.missing, previousEnd)
  }

  /// Makes a node, unless the tree gets too deep with it.
  mutating func make(_ kind: ExpressionSyntax.Kind, _ span: Span) -> ExpressionSyntax {
    let expression = ExpressionSyntax(kind, span)
    guard expression.height > ParserLimits.depth else { return expression }
    if !sawTooDeep { note(.tooDeep, span) }
    sawTooDeep = true
    return ExpressionSyntax(.missing, span)
  }
}

// MARK: - Operators

extension Parser {
  private enum Operation {
    case binary(BinarySyntax.Operator)
    case and, or
    case isNull, contained, between, like, matches
  }

  private mutating func parseOperation(_ power: Int) -> ExpressionSyntax {
    var left = parsePrefix()
    var firstComparison: Span?
    while let (operation, strength) = operation(), strength >= power {
      let sign = current.span
      if strength == Power.comparison {
        if let firstComparison { note(.comparisonChain(first: firstComparison), sign) }
        firstComparison = sign
      }
      left = parseRest(operation, strength, after: left)
    }
    return power == 0 && at(.question) && !isLost ? parseForeignChoice(left) : left
  }

  private mutating func parseRest(
    _ operation: Operation, _ strength: Int, after left: ExpressionSyntax
  ) -> ExpressionSyntax {
    switch operation {
    case .binary(let sign): return parseBinary(sign, strength, left)
    case .and: return parseChain("and", strength, left) { .and($0) }
    case .or: return parseChain("or", strength, left) { .or($0) }
    case .isNull: return parseIsNull(left)
    case .contained, .between, .like, .matches: return parseWordComparison(operation, left)
    }
  }

  private mutating func parseBinary(
    _ sign: BinarySyntax.Operator, _ strength: Int, _ left: ExpressionSyntax
  ) -> ExpressionSyntax {
    let operatorSpan = current.span
    let written = text(current)
    if written != sign.rawValue {
      note(.foreignOperator(written, meant: sign.rawValue), operatorSpan)
    }
    advance()
    let right = expectExpression(sign == .coalesce ? strength : strength + 1)
    let binary = BinarySyntax(
      operator: sign, operatorSpan: operatorSpan, left: left, right: right)
    return make(.binary(binary), left.span.joined(right.span))
  }

  /// `a and b and c` is one node, so that long conditions are not deep.
  private mutating func parseChain(
    _ word: String, _ strength: Int, _ left: ExpressionSyntax,
    _ kind: ([ExpressionSyntax]) -> ExpressionSyntax.Kind
  ) -> ExpressionSyntax {
    var operands = [left]
    while let (operation, next) = operation(), next == strength {
      if case .binary = operation { break }
      if at(.foreignOperator) {
        note(.foreignOperator(text(current), meant: word), current.span)
      }
      advance()
      operands.append(expectExpression(strength + 1))
    }
    return make(kind(operands), span(from: left.span))
  }

  private mutating func parseIsNull(_ left: ExpressionSyntax) -> ExpressionSyntax {
    advance()
    let isNegated = skipWord("not")
    if atWord("true") || atWord("false") { return parseForeignTest(left, isNegated) }
    _ = expectWord("null")
    return make(.isNull(left, isNegated: isNegated), span(from: left.span))
  }

  private mutating func parseWordComparison(
    _ operation: Operation, _ left: ExpressionSyntax
  ) -> ExpressionSyntax {
    let isNegated = skipWord("not")
    advance()
    let right =
      if case .contained = operation, let list = parseForeignList() { list } else {
        expectExpression(Power.comparison + 1)
      }
    var kind: ExpressionSyntax.Kind
    switch operation {
    case .contained: kind = .contained(left, in: right, isNegated: isNegated)
    case .like: kind = .like(left, pattern: right, isNegated: isNegated)
    case .matches: kind = .matches(left, pattern: right, isNegated: isNegated)
    default:
      let high =
        expectWord("and")
        ? expectExpression(Power.comparison + 1) : ExpressionSyntax(.missing, previousEnd)
      kind = .between(left, low: right, high: high, isNegated: isNegated)
    }
    return make(kind, span(from: left.span))
  }

  /// The operator that stands here.
  private func operation() -> (Operation, Int)? {
    switch current.kind {
    case .star: (.binary(.multiply), Power.multiplication)
    case .slash: (.binary(.divide), Power.multiplication)
    case .percent: (.binary(.remainder), Power.multiplication)
    case .plus: (.binary(.add), Power.addition)
    case .minus: (.binary(.subtract), Power.addition)
    case .concatenate: (.binary(.concatenate), Power.concatenation)
    case .coalesce: (.binary(.coalesce), Power.coalesce)
    case .equal, .assign: (.binary(.equal), Power.comparison)
    case .notEqual: (.binary(.notEqual), Power.comparison)
    case .less: (.binary(.less), Power.comparison)
    case .lessOrEqual: (.binary(.lessOrEqual), Power.comparison)
    case .greater: (.binary(.greater), Power.comparison)
    case .greaterOrEqual: (.binary(.greaterOrEqual), Power.comparison)
    case .foreignOperator: foreignOperation()
    case .name: wordOperation()
    default: nil
    }
  }

  private func foreignOperation() -> (Operation, Int)? {
    switch text(current) {
    case "&&": (.and, Power.and)
    case "||": (.or, Power.or)
    case "<>": (.binary(.notEqual), Power.comparison)
    case "===": (.binary(.equal), Power.comparison)
    default: nil
    }
  }

  /// A word is an operator unless it begins an item (`in: 2`) or nothing follows that it could
  /// work on: then it is a name.
  private func wordOperation() -> (Operation, Int)? {
    let next = token(1)
    guard next.kind != .colon, next.kind != .assign, !(current.startsLine && next.startsLine)
    else { return nil }
    if isWord(current, "is") {
      let tests = ["null", "not", "true", "false"]
      return tests.contains { isWord(next, $0) } ? (.isNull, Power.comparison) : nil
    }
    let isNegated = isWord(current, "not")
    let word = isNegated ? next : current
    guard isNegated || beginsOperand(next) || !current.startsLine else { return nil }
    if isWord(word, "in") { return (.contained, Power.comparison) }
    if isWord(word, "between") { return (.between, Power.comparison) }
    if isWord(word, "like") { return (.like, Power.comparison) }
    if isWord(word, "matches") { return (.matches, Power.comparison) }
    if isNegated { return nil }
    if isWord(word, "and") { return (.and, Power.and) }
    if isWord(word, "or") { return (.or, Power.or) }
    return nil
  }

  private mutating func parsePrefix() -> ExpressionSyntax {
    let start = current.span
    if at(.minus) { return parseMinus(start) }
    if at(.foreignOperator) {
      note(.foreignOperator(text(current), meant: "not "), start)
    } else if !(atWord("not") && beginsOperand(token(1)) && !token(1).startsLine) {
      return parsePostfix()
    }
    advance()
    let operand = expectExpression(Power.not)
    return make(.not(operand), start.joined(operand.span))
  }

  private mutating func parseMinus(_ start: Span) -> ExpressionSyntax {
    advance()
    if let number = parseNumber(isNegative: true, from: start) {
      return parsePostfix(after: number)
    }
    guard atOperand(), let operand = nested({ $0.parsePrefix() }) else {
      reportMissing { .expectedExpression(found: $0) }
      return ExpressionSyntax(.missing, span(from: start))
    }
    return make(.negated(operand), start.joined(operand.span))
  }

  func atOperand() -> Bool {
    beginsOperand(current) && !atDeclaration()
      || at(.foreignOperator) && text(current) == "!" || at(.minus)
  }

  func beginsOperand(_ token: Token) -> Bool {
    switch token.kind {
    case .name, .quotedName, .integer, .decimal, .float, .duration, .percentage, .rate, .textOpen,
      .openParenthesis, .openBracket, .openBrace, .minus:
      true
    default: false
    }
  }
}
