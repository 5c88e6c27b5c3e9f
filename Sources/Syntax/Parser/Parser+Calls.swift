import Diagnostics

/// Calls and their arguments.
extension Parser {
  /// The current token is the opening parenthesis.
  mutating func parseCall(_ function: Identifier, receiver: ExpressionSyntax?) -> ExpressionSyntax {
    let open = current.span
    advance()
    var call = CallSyntax(receiver: receiver, function: function, arguments: [], filter: nil)
    skipForeignCount(function)
    _ = parseItems(closedBy: .closeParenthesis, open: open) { parser in
      if !parser.atFilter { call.arguments.append(parser.expectArgument()) }
      if !parser.isLost, parser.atFilter {
        let word = parser.current.span
        parser.advance()
        let filter = parser.expectExpression()
        if let first = call.filter {
          parser.note(.repeatedClause("where", first: first.span), word)
        }
        call.filter = filter
      }
    }
    return make(.call(call), span(from: receiver?.span ?? function.span))
  }

  /// `count(*)`, `count(distinct x)`.
  private mutating func skipForeignCount(_ function: Identifier) {
    guard function.text == "count" else { return }
    if at(.star), token(1).kind == .closeParenthesis {
      note(.foreignForm("count(*)", meant: "count()"), current.span)
      advance()
    } else if atWord("distinct"), isName(token(1)),
      !Keywords.expressions.contains(text(token(1)))
    {
      note(.foreignForm("count(distinct x)", meant: "count_distinct(x)"), current.span)
      advance()
    }
  }

  /// `where` with a condition behind it; a column of that name has none.
  private var atFilter: Bool {
    atWord("where") && (beginsOperand(token(1)) || token(1).kind == .foreignOperator)
      && token(1).kind != .minus
  }

  mutating func parseArguments(open: Span) -> [ArgumentSyntax] {
    var arguments: [ArgumentSyntax] = []
    _ = parseItems(closedBy: .closeParenthesis, open: open) {
      arguments.append($0.expectArgument())
    }
    return arguments
  }

  private mutating func expectArgument() -> ArgumentSyntax {
    var label: Identifier?
    if atName(), token(1).kind == .colon, !atForeignCast(1) {
      label = takeIdentifier()
      advance()
    }
    if let lambda = parseLambda() { return ArgumentSyntax(label: label, value: lambda) }
    return ArgumentSyntax(label: label, value: expectExpression())
  }

  /// `x => …`, `(x, y) => …`
  private mutating func parseLambda() -> ExpressionSyntax? {
    let start = current.span
    guard let count = lambdaParameterTokens() else { return nil }
    var parameters: [Identifier] = []
    let end = index + count
    while index < end {
      if atName() { parameters.append(takeIdentifier()) } else { advance() }
    }
    advance()
    let body = expectExpression()
    return make(.lambda(parameters, body), start.joined(body.span))
  }

  /// How many tokens stand before the `=>` of a lambda that begins here.
  private func lambdaParameterTokens() -> Int? {
    if atName() { return token(1).kind == .arrow ? 1 : nil }
    guard at(.openParenthesis) else { return nil }
    var ahead = 1
    while isName(token(ahead)) {
      ahead += 1
      switch token(ahead).kind {
      case .comma: ahead += 1
      case .closeParenthesis: return token(ahead + 1).kind == .arrow ? ahead + 1 : nil
      default: return nil
      }
    }
    return nil
  }
}
