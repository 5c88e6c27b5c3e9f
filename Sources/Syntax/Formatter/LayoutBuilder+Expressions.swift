import Diagnostics

/// Expressions: the tree says what belongs together, the tokens what is written.
extension LayoutBuilder {
  mutating func addExpression(_ expression: ExpressionSyntax) {
    let inner = innerStart(of: expression)
    var parentheses = 0
    while current.span.start < inner, !at(.endOfFile) {
      take()
      parentheses += 1
    }
    addContent(expression)
    for _ in 0..<parentheses { take() }
  }

  /// Where the expression begins within the parentheses around it, which the tree doesn't know.
  private func innerStart(of expression: ExpressionSyntax) -> UInt32 {
    switch expression.kind {
    case .name(let name): return name.span.start
    case .text(let text): return text.span.start
    case .object(let object): return object.span.start
    case .member(let operand, _), .element(let operand, _), .isNull(let operand, _),
      .contained(let operand, _, _), .like(let operand, _, _), .matches(let operand, _, _),
      .between(let operand, _, _, _):
      return operand.span.start
    case .binary(let binary): return binary.left.span.start
    case .and(let operands), .or(let operands): return operands[0].span.start
    case .call(let call): return (call.receiver?.span ?? call.function.span).start
    case .lambda, .missing: return expression.span.start
    case .literal, .negated, .not, .conditional, .cases, .cast, .list:
      var place = index
      while tokens[place].kind == .openParenthesis { place += 1 }
      return tokens[place].span.start
    }
  }

  private func isInParentheses(_ expression: ExpressionSyntax) -> Bool {
    if case .lambda = expression.kind { return false }
    guard tree.file.bytes[Int(expression.span.start)] == UInt8(ascii: "(") else { return false }
    switch expression.kind {
    case .name, .text, .object, .member, .element, .isNull, .contained, .like, .matches, .between,
      .binary, .and, .or, .call:
      return innerStart(of: expression) > expression.span.start
    default: return true
    }
  }

  private mutating func addContent(_ expression: ExpressionSyntax) {
    switch expression.kind {
    case .literal(let literal): addLiteral(literal)
    case .name, .text: take()
    case .member, .element: addPath(expression)
    case .call(let call):
      if call.receiver == nil { addCall(call) } else { addPath(expression) }
    case .negated(let operand):
      take()
      joint = ""
      addExpression(operand)
    case .not(let operand):
      take()
      addExpression(operand)
    case .binary, .and, .or: addChain(expression)
    case .isNull(let operand, let isNegated):
      addExpression(operand)
      for _ in 0..<(isNegated ? 3 : 2) { take() }
    case .contained(let left, let right, _), .like(let left, let right, _),
      .matches(let left, let right, _):
      addSequence([left, right])
    case .between(let value, let low, let high, _): addSequence([value, low, high])
    case .conditional(let condition, let value, let otherwise):
      addConditional(condition, value, otherwise)
    case .cases(let branches, let otherwise): addCases(branches, otherwise)
    case .cast(let value, let type, _): addCast(value, type)
    case .list(let elements): addBlock(elements, .values) { $0.addExpression($1) }
    case .object(let object): addObject(object)
    case .lambda(_, let body): addSequence([body])
    case .missing: break
    }
  }

  private mutating func addLiteral(_ literal: LiteralSyntax) {
    switch literal {
    case .timestamp, .date:
      take()
      take()
    default:
      if at(.minus) {
        take()
        joint = ""
      }
      take()
    }
  }

  /// Operands with words between them.
  private mutating func addSequence(_ operands: [ExpressionSyntax]) {
    for operand in operands {
      take(upTo: operand.span.start)
      addExpression(operand)
    }
  }

  private mutating func addCast(_ value: ExpressionSyntax, _ type: TypeSyntax) {
    take()
    take("")
    addExpression(value)
    take()
    addType(type)
    take()
  }

  private mutating func addConditional(
    _ condition: ExpressionSyntax, _ value: ExpressionSyntax, _ otherwise: ExpressionSyntax
  ) {
    group { builder in
      builder.take()
      builder.addExpression(condition)
      builder.indented { builder in
        for branch in [value, otherwise] {
          builder.breakLine()
          builder.unit { $0.addSequence([branch]) }
        }
      }
    }
  }

  private mutating func addCases(
    _ branches: [CaseBranchSyntax], _ otherwise: ExpressionSyntax?
  ) {
    take()
    var items = branches.map { [$0.condition, $0.value] }
    if let otherwise { items.append([otherwise]) }
    items.sort { $0[0].span.start < $1[0].span.start }
    let style = BlockStyle(hasCommas: true)
    addBlock(items, style) { $0.addSequence($1) }
  }
}

// MARK: - Operators

extension LayoutBuilder {
  private mutating func addChain(_ expression: ExpressionSyntax) {
    let operands = self.operands(of: expression)
    group { builder in
      builder.addExpression(operands[0])
      builder.indented { $0.addRest(operands.dropFirst()) }
    }
  }

  /// An expression of a clause, whose further lines are indented already.
  mutating func addClauseExpression(_ expression: ExpressionSyntax) {
    let operands = self.operands(of: expression)
    guard operands.count > 1, !isInParentheses(expression) else { return addExpression(expression) }
    group { builder in
      builder.addExpression(operands[0])
      builder.addRest(operands.dropFirst())
    }
  }

  private mutating func addRest(_ operands: ArraySlice<ExpressionSyntax>) {
    for operand in operands {
      breakLine()
      unit { $0.addSequence([operand]) }
    }
  }

  /// The operands of a chain of operators that bind equally.
  private func operands(of expression: ExpressionSyntax) -> [ExpressionSyntax] {
    switch expression.kind {
    case .and(let operands), .or(let operands): return operands
    case .binary(let binary):
      let isRight = binary.operator == .coalesce
      let (spine, other) = isRight ? (binary.right, binary.left) : (binary.left, binary.right)
      var rest = [spine]
      if case .binary(let next) = spine.kind, next.operator.rank == binary.operator.rank,
        !isInParentheses(spine)
      {
        rest = operands(of: spine)
      }
      return isRight ? [other] + rest : rest + [other]
    default: return [expression]
    }
  }
}

extension BinarySyntax.Operator {
  fileprivate var rank: Int {
    switch self {
    case .multiply, .divide, .remainder: 0
    case .add, .subtract: 1
    case .concatenate: 2
    case .coalesce: 3
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: 4
    }
  }
}

// MARK: - Calls and paths

extension LayoutBuilder {
  /// `f(a, b)`; the current token is the function.
  private mutating func addCall(_ call: CallSyntax) {
    take()
    addArguments(call)
  }

  /// The current token is the opening parenthesis.
  private mutating func addArguments(_ call: CallSyntax) {
    joint = ""
    var items = call.arguments.map { ($0.label?.span.start ?? $0.value.span.start, $0.value) }
    if let filter = call.filter { items.append((filter.span.start, filter)) }
    items.sort { $0.0 < $1.0 }
    var groups: [[ExpressionSyntax]] = []
    for (_, item) in items {
      if let last = groups.last?.last, !hasComma(between: last.span, item.span) {
        groups[groups.count - 1].append(item)
      } else {
        groups.append([item])
      }
    }
    addBlock(groups, .values) { $0.addSequence($1) }
  }

  /// Whether a comma separates two arguments, or `where` belongs to the first.
  private func hasComma(between first: Span, _ second: Span) -> Bool {
    let place = tokenIndex(at: first.end)
    return tokens[place].kind == .comma && tokens[place].span.start < second.start
  }

  mutating func addArguments(_ arguments: [ArgumentSyntax]) {
    joint = ""
    addBlock(arguments.map(\.value), .values) { $0.addSequence([$1]) }
  }

  /// `a.b[i].f(x)`: of several calls each may stand on its own line.
  private mutating func addPath(_ expression: ExpressionSyntax) {
    var links: [ExpressionSyntax] = []
    var head = expression
    while let operand = Self.operand(of: head) {
      links.append(head)
      head = operand
      if isInParentheses(head) { break }
    }
    let calls = links.count { if case .call = $0.kind { true } else { false } }
    group { builder in
      builder.addExpression(head)
      builder.indented { builder in
        for link in links.reversed() { builder.addLink(link, mayBreak: calls > 1) }
      }
    }
  }

  private static func operand(of expression: ExpressionSyntax) -> ExpressionSyntax? {
    switch expression.kind {
    case .member(let operand, _), .element(let operand, _): operand
    case .call(let call): call.receiver
    default: nil
    }
  }

  private mutating func addLink(_ link: ExpressionSyntax, mayBreak: Bool) {
    switch link.kind {
    case .call(let call):
      if mayBreak { breakLine(flat: "") }
      take("")
      take("")
      addArguments(call)
    case .element(_, let index):
      take("")
      addExpression(index)
      take()
    default:
      take("")
      take("")
    }
  }
}
