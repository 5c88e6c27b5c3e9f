import Plans
import Schemas

/// A checked expression and whether it is a literal, which takes the other side's type.
struct Typed {
  var expression: Expression
  var isLiteral: Bool

  init(_ expression: Expression, isLiteral: Bool = false) {
    self.expression = expression
    self.isLiteral = isLiteral
  }

  init(_ node: Expression.Node, _ type: DataType, nullable: Bool = false) {
    self.init(Expression(node, FieldType(type, nullable: nullable)))
  }

  /// What was already reported; fits everything.
  static let wrong = Typed(Expression(.literal(.null), FieldType(.unknown)))

  /// `null`, which has no type of its own.
  static let null = Typed(
    Expression(.literal(.null), FieldType(.unknown, nullable: true)), isLiteral: true)

  static func literal(_ literal: Literal, _ type: DataType) -> Typed {
    Typed(.literal(literal, type), isLiteral: true)
  }

  var fieldType: FieldType { expression.fieldType }
  var type: DataType { expression.type }
  var isNull: Bool { type == .unknown && fieldType.isNullable }
  /// Null, or a value with a part of which nothing says the type: `[]`, `{ a: null }`.
  var isUntyped: Bool { isNull || (!isWrong && type.holdsUnknown) }
  var isWrong: Bool { type == .unknown && !fieldType.isNullable }
}
