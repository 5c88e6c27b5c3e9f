import Diagnostics
import Plans
import Schemas

/// What a join's `on` asks for, taken apart: the pairs that must be equal, and the rest.
struct JoinConditions {
  struct Key {
    var left: Expression
    var right: Expression
    /// This stream's column, where the key is a column of each.
    var name: String?
    var span: Span
  }

  enum Side { case left, right, both }

  /// A condition that is no equality of the two sides.
  struct Rest {
    /// Over the columns of the side that it reads, or of the result.
    var condition: Expression
    var reads: Side
    var span: Span

    /// Whether it can be decided before the join, or behind it: not where rows of the side come out
    /// without a match too.
    func isDecidable(_ kind: JoinSpec.Kind) -> Bool {
      switch (reads, kind) {
      case (.both, _): kind == .inner
      case (_, .inner), (_, .semi): true
      case (.left, _): kind == .right
      case (.right, _): kind == .left || kind == .anti
      }
    }
  }

  var keys: [Key] = []
  var rest: [Rest] = []

  /// Columns that are equal to one of the other, with their places among the keys and the types
  /// that are compared.
  var keyTypes: [String: (number: Int, type: DataType)] {
    var types: [String: (number: Int, type: DataType)] = [:]
    for (number, key) in keys.enumerated() {
      if let name = key.name { types[name] = (number, key.left.type) }
    }
    return types
  }

  /// Takes a condition over both rows apart.
  mutating func add(_ condition: Expression, at span: Span, _ row: JoinedRow) {
    if case .and(let operands) = condition.node {
      for operand in operands { add(operand, at: span, row) }
      return
    }
    if case .call("equal", let sides) = condition.node, sides.count == 2 {
      let (a, b) = (row.side(of: sides[0]), row.side(of: sides[1]))
      if a == .left, b == .right {
        keys.append(Key(left: sides[0], right: row.ofOther(sides[1]), name: nil, span: span))
        return
      }
      if a == .right, b == .left {
        keys.append(Key(left: sides[1], right: row.ofOther(sides[0]), name: nil, span: span))
        return
      }
    }
    let side = row.side(of: condition) ?? .left
    let own = side == .right ? row.ofOther(condition) : condition
    rest.append(Rest(condition: own, reads: side, span: span))
  }
}

extension JoinedRow {
  /// Which side an expression reads; nil: neither.
  func side(of expression: Expression) -> JoinConditions.Side? {
    let names = expression.columnNames
    let others = names.filter { otherNames[$0] != nil }
    if names.isEmpty { return nil }
    if others.isEmpty { return .left }
    return others.count == names.count ? .right : .both
  }

  /// The same over the other stream's own columns.
  func ofOther(_ expression: Expression) -> Expression { expression.renaming(otherNames) }
}
