package import Schemas

/// Arithmetic of floats that are never null, written as on paper. It fails no row: what has no
/// value is infinite or no number.
package struct Formula {
  package let expression: Expression

  package init(_ expression: Expression) { self.expression = expression }

  package init(_ field: Field) { expression = .column(field) }

  package static func number(_ value: Double) -> Formula {
    Formula(.literal(.float(value), .float))
  }

  /// Where the condition is true the one, else the other.
  package static func choose(_ condition: Expression, _ value: Formula, else other: Formula)
    -> Formula
  {
    Formula(.choose(condition, value.expression, else: other.expression))
  }

  package static func call(_ name: String, _ operands: Formula...) -> Formula {
    Formula(Expression(.call(name, operands.map(\.expression)), FieldType(.float)))
  }

  package static func + (a: Formula, b: Formula) -> Formula { call("add", a, b) }
  package static func - (a: Formula, b: Formula) -> Formula { call("subtract", a, b) }
  package static func * (a: Formula, b: Formula) -> Formula { call("multiply", a, b) }

  /// Zero where the divisor is.
  package static func / (a: Formula, b: Formula) -> Formula {
    let quotient = Expression(
      .call("try_divide", [a.expression, b.expression]), FieldType(.float, nullable: true))
    let zero = number(0).expression
    return Formula(Expression(.coalesce([quotient, zero]), FieldType(.float)))
  }

  package static func >= (a: Formula, b: Formula) -> Expression { compare("greater_equal", a, b) }
  package static func > (a: Formula, b: Formula) -> Expression { compare("greater", a, b) }
  package static func == (a: Formula, b: Formula) -> Expression { compare("equal", a, b) }

  private static func compare(_ name: String, _ a: Formula, _ b: Formula) -> Expression {
    Expression(.call(name, [a.expression, b.expression]), FieldType(.bool))
  }

  package var squareRoot: Formula { .call("sqrt", self) }
  package var magnitude: Formula { .call("abs", self) }
  package var sign: Formula { .call("sign", self) }

  /// Two to this power.
  package var exponential: Formula { .call("power", .number(2), self) }
}

/// Arithmetic of ints that are never null and stay far from the ends of their range, written as on
/// paper. It fails no row: what had no value would be 0.
package struct IntFormula {
  package let expression: Expression

  package init(_ expression: Expression) { self.expression = expression }

  package static func number(_ value: Int64) -> IntFormula {
    IntFormula(.literal(.int(value), .int))
  }

  private static func call(_ name: String, _ a: IntFormula, _ b: IntFormula) -> IntFormula {
    let tried = Expression(
      .call("try_\(name)", [a.expression, b.expression]), FieldType(.int, nullable: true))
    return IntFormula(
      Expression(.coalesce([tried, .literal(.int(0), .int)]), FieldType(.int)))
  }

  package static func + (a: IntFormula, b: IntFormula) -> IntFormula { call("add", a, b) }
  package static func - (a: IntFormula, b: IntFormula) -> IntFormula { call("subtract", a, b) }
  /// Cut towards zero.
  package static func / (a: IntFormula, b: IntFormula) -> IntFormula { call("div", a, b) }
  /// With the sign of the dividend.
  package static func % (a: IntFormula, b: IntFormula) -> IntFormula { call("modulo", a, b) }

  /// A point in time, in microseconds since 1970.
  package static func microseconds(_ time: Expression) -> IntFormula {
    IntFormula(Expression(.call("epoch_micros", [time]), FieldType(.int)))
  }

  package var float: Formula {
    Formula(Expression(.cast(expression, isTry: false), FieldType(.float)))
  }
}

extension Expression {
  package static func choose(
    _ condition: Expression, _ value: Expression, else other: Expression
  ) -> Expression {
    let type = FieldType(value.type, nullable: value.isNullable || other.isNullable)
    return Expression(
      .branch([Branch(condition: condition, value: value)], otherwise: other), type)
  }

  package static func null(_ type: DataType) -> Expression {
    Expression(.literal(.null), FieldType(type, nullable: true))
  }

  package static func all(_ conditions: Expression...) -> Expression {
    Expression(.and(conditions), FieldType(.bool))
  }

  package static func any(_ conditions: Expression...) -> Expression {
    Expression(.or(conditions), FieldType(.bool))
  }

  package var negated: Expression { Expression(.not(self), fieldType) }

  package var isPresent: Expression {
    Expression(.not(Expression(.isNull(self), FieldType(.bool))), FieldType(.bool))
  }

  /// Another value where it is null.
  package func or(_ other: Expression) -> Expression {
    guard isNullable else { return self }
    return Expression(.coalesce([self, other]), FieldType(type, nullable: other.isNullable))
  }
}
