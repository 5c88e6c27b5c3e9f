package import Diagnostics

/// An expression as written. Parentheses leave no node: the tree has their meaning.
package struct ExpressionSyntax: Sendable {
  package indirect enum Kind: Sendable {
    case literal(LiteralSyntax)
    /// `"Hello \(name)"`
    case text(TextSyntax)
    /// A column, a param, a lambda's parameter, or a word of an option.
    case name(Identifier)
    /// `a.b`; also `param.x`, `meta.topic`.
    case member(ExpressionSyntax, Identifier)
    /// `list[i]`
    case element(ExpressionSyntax, index: ExpressionSyntax)
    case call(CallSyntax)
    /// `-x`; a minus before a number is part of the literal.
    case negated(ExpressionSyntax)
    case not(ExpressionSyntax)
    case binary(BinarySyntax)
    /// Two or more operands.
    case and([ExpressionSyntax])
    /// Two or more operands.
    case or([ExpressionSyntax])
    /// `x is null`, `x is not null`
    case isNull(ExpressionSyntax, isNegated: Bool)
    /// `x in [a, b]`, `x not in …`
    case contained(ExpressionSyntax, in: ExpressionSyntax, isNegated: Bool)
    /// `x between a and b`; both ends belong to it.
    case between(
      ExpressionSyntax, low: ExpressionSyntax, high: ExpressionSyntax, isNegated: Bool)
    /// `x like "a%"`
    case like(ExpressionSyntax, pattern: ExpressionSyntax, isNegated: Bool)
    /// `x matches "^a"`
    case matches(ExpressionSyntax, pattern: ExpressionSyntax, isNegated: Bool)
    /// `if a then b else c`
    case conditional(ExpressionSyntax, then: ExpressionSyntax, otherwise: ExpressionSyntax)
    /// `case { a => x, else => z }`
    case cases([CaseBranchSyntax], otherwise: ExpressionSyntax?)
    /// `cast(x as T)`; `try_cast(x as T)`
    case cast(ExpressionSyntax, TypeSyntax, isTry: Bool)
    case list([ExpressionSyntax])
    case object(ObjectSyntax)
    /// `x => …`, only as an argument of a call.
    case lambda([Identifier], ExpressionSyntax)
    /// Was reported.
    case missing
  }

  package let kind: Kind
  package let span: Span
  /// Levels of nodes below and including this one. The parser keeps it at most
  /// `ParserLimits.depth`, so that a recursive walk never runs out of stack.
  package let height: Int

  package init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
    height = 1 + kind.operands.reduce(0) { max($0, $1.height) }
  }
}

/// A value written out.
package enum LiteralSyntax: Hashable, Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  /// `1.50` is 150 at scale 2. Whole numbers that need more than 64 bits are decimals of scale 0.
  case decimal(unscaled: Int128, scale: Int)
  case float(Double)
  /// Microseconds.
  case duration(Int64)
  /// `90%` is 0.9.
  case percentage(Double)
  /// Events a second.
  case rate(Double)
  /// `timestamp "2026-01-01T00:00:00Z"`; the text is checked with the types.
  case timestamp(String)
  /// `date "2026-01-01"`
  case date(String)
}

/// A text and what is interpolated into it.
package struct TextSyntax: Sendable {
  package enum Piece: Sendable {
    /// Escapes resolved.
    case text(String)
    case expression(ExpressionSyntax)
  }

  package var pieces: [Piece]
  /// With its quotes.
  package var span: Span

  /// The text, if nothing is interpolated.
  package var constant: String? {
    var text = ""
    for piece in pieces {
      guard case .text(let part) = piece else { return nil }
      text += part
    }
    return text
  }
}

/// `f(a, b)`, `x.f(a)`, `sum(cost where kind == "view")`
package struct CallSyntax: Sendable {
  /// What stands before the dot in `items.map(…)`.
  package var receiver: ExpressionSyntax?
  package var function: Identifier
  package var arguments: [ArgumentSyntax]
  /// An aggregate's own filter.
  package var filter: ExpressionSyntax?
}

/// `value` or `label: value`
package struct ArgumentSyntax: Sendable {
  package var label: Identifier?
  package var value: ExpressionSyntax

  package init(label: Identifier? = nil, value: ExpressionSyntax) {
    self.label = label
    self.value = value
  }
}

/// `a + b`
package struct BinarySyntax: Sendable {
  package enum Operator: String, Sendable, CaseIterable {
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
    case add = "+"
    case subtract = "-"
    case concatenate = "++"
    case coalesce = "??"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
  }

  package var `operator`: Operator
  package var operatorSpan: Span
  package var left: ExpressionSyntax
  package var right: ExpressionSyntax
}

/// `condition => value`
package struct CaseBranchSyntax: Sendable {
  package var condition: ExpressionSyntax
  package var value: ExpressionSyntax
}

/// `{ name: value, … }`: a struct, and a row of a test.
package struct ObjectSyntax: Sendable {
  package struct Member: Sendable {
    package var name: Identifier
    package var value: ExpressionSyntax

    package init(name: Identifier, value: ExpressionSyntax) {
      self.name = name
      self.value = value
    }
  }

  package var members: [Member]
  /// With its braces.
  package var span: Span
  /// The word before a row of a test that deletes one.
  package var deletion: Span?

  package init(members: [Member], span: Span, deletion: Span? = nil) {
    self.members = members
    self.span = span
    self.deletion = deletion
  }
}

extension ExpressionSyntax.Kind {
  /// The direct operands, in order.
  package var operands: [ExpressionSyntax] {
    switch self {
    case .literal, .name, .missing: []
    case .text(let text):
      text.pieces.compactMap { if case .expression(let value) = $0 { value } else { nil } }
    case .member(let operand, _), .negated(let operand), .not(let operand),
      .isNull(let operand, _), .cast(let operand, _, _), .lambda(_, let operand):
      [operand]
    case .element(let operand, let other), .contained(let operand, let other, _),
      .like(let operand, let other, _), .matches(let operand, let other, _):
      [operand, other]
    case .between(let operand, let low, let high, _): [operand, low, high]
    case .conditional(let condition, let value, let otherwise): [condition, value, otherwise]
    case .binary(let binary): [binary.left, binary.right]
    case .and(let operands), .or(let operands), .list(let operands): operands
    case .call(let call):
      (call.receiver.map { [$0] } ?? []) + call.arguments.map(\.value)
        + (call.filter.map { [$0] } ?? [])
    case .cases(let branches, let otherwise):
      branches.flatMap { [$0.condition, $0.value] } + (otherwise.map { [$0] } ?? [])
    case .object(let object): object.members.map(\.value)
    }
  }
}
