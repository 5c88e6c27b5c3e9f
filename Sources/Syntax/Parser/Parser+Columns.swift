import Diagnostics

/// Blocks of columns.
extension Parser {
  /// `{ name = EXPR … }`
  mutating func expectAssignments(_ stage: String) -> [AssignmentSyntax] {
    let open = current.span
    guard !isLost, skip(.openBrace) else {
      reportExpected("`{` and columns `name = value`")
      return []
    }
    var columns: [AssignmentSyntax] = []
    let whole = parseItems(closedBy: .closeBrace, open: open) { parser in
      if let column = parser.expectAssignment() { columns.append(column) }
    }
    if columns.isEmpty, !hasProblem(in: whole) {
      note(.emptyBlock("column `name = value`"), whole)
    }
    return columns
  }

  private mutating func expectAssignment() -> AssignmentSyntax? {
    if let assignment = parseAssignment(.assign) { return assignment }
    let start = current.span
    guard atOperand() else {
      reportExpected("`name = value`")
      return nil
    }
    let value = expectExpression()
    if let named = parseForeignName(of: value) { return named }
    note(.unnamedColumn, span(from: start))
    return nil
  }

  /// `name = value`, or `name: value` where `sign` is the colon. Nil if no name with a sign stands
  /// here.
  mutating func parseAssignment(_ sign: Token.Kind) -> AssignmentSyntax? {
    guard atName(), [.assign, .colon].contains(token(1).kind), !atForeignCast(1) else { return nil }
    let name = takeIdentifier()
    expectSign(sign, after: name)
    return AssignmentSyntax(name: name, value: expectExpression())
  }

  /// `{ c, d = EXPR, n.* }`
  mutating func expectColumns() -> [ColumnItemSyntax] {
    let open = current.span
    guard skip(.openBrace) else {
      reportExpected("`{` and columns")
      return []
    }
    var columns: [ColumnItemSyntax] = []
    star = nil
    let whole = parseItems(closedBy: .closeBrace, open: open) { parser in
      if let column = parser.expectColumnItem() { columns.append(column) }
    }
    if columns.isEmpty, star == nil, !hasProblem(in: whole) {
      note(.emptyBlock("column"), whole)
    }
    return columns
  }

  private mutating func expectColumnItem() -> ColumnItemSyntax? {
    if let assignment = parseAssignment(.assign) { return .computed(assignment) }
    let start = current.span
    if atName(), token(1).kind == .dot, token(2).kind == .star {
      let side = takeIdentifier()
      advance()
      advance()
      return .all(side: side, span: span(from: start))
    }
    if let all = parseForeignStar() {
      star = all
      return nil
    }
    guard let expression = parseExpression() else {
      reportExpected("a column")
      return nil
    }
    if let named = parseForeignName(of: expression) { return .computed(named) }
    switch expression.kind {
    case .name(let name): return .carried(ColumnReferenceSyntax(side: nil, name: name))
    case .member(let side, let name):
      if case .name(let side) = side.kind {
        return .carried(ColumnReferenceSyntax(side: side, name: name))
      }
    default: break
    }
    note(.unnamedColumn, span(from: start))
    return nil
  }
}
