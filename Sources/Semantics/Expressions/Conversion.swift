import Plans
import Schemas

/// Which type a value takes where another is wanted, and which one two values share.
enum Conversion {
  /// The value in the type: as it is, a literal rewritten, or widened without loss. Nil: it does
  /// not fit.
  static func adapt(_ value: Typed, to type: DataType) -> Expression? {
    if value.isWrong || type == .unknown { return value.expression }
    if value.isNull { return .literal(.null, type) }
    if value.type == type { return value.expression }
    if type.isNested { return nested(value.expression, to: type) }
    if value.isLiteral, case .literal(let literal) = value.expression.node,
      let changed = rewrite(literal, as: type)
    {
      return .literal(changed, type)
    }
    switch (value.type, type) {
    case (.int, .float): return cast(value.expression, to: type)
    case (.int, .decimal), (.decimal, .decimal):
      let isTotal = CastRules.verdict(from: value.type, to: type) == .total
      return isTotal ? cast(value.expression, to: type) : nil
    default: return nil
    }
  }

  /// Always possible between the two; the same expression where nothing changes.
  static func cast(_ expression: Expression, to type: DataType) -> Expression {
    if expression.type == type { return expression }
    let fieldType = FieldType(type, nullable: expression.isNullable)
    return Expression(.cast(expression, isTry: false), fieldType)
  }

  /// The type that both get where they meet; nil if there is none.
  static func common(_ a: Typed, _ b: Typed) -> DataType? {
    if a.isWrong || b.isWrong { return .unknown }
    if a.isNull || a.type == b.type { return b.type }
    if b.isNull { return a.type }
    if a.isLiteral != b.isLiteral {
      let (literal, other) = a.isLiteral ? (a, b) : (b, a)
      if adapt(literal, to: other.type) != nil { return other.type }
    }
    switch (a.type, b.type) {
    case (.int, .float), (.float, .int): return .float
    case (.int, .decimal): return DecimalRules.common(DecimalRules.ofInt, b.type)
    case (.decimal, .int): return DecimalRules.common(a.type, DecimalRules.ofInt)
    case (.decimal, .decimal): return DecimalRules.common(a.type, b.type)
    case (.decimal, .float) where a.isLiteral, (.float, .decimal) where b.isLiteral: return .float
    default: return commonNested(a, b)
    }
  }

  static func common(_ values: [Typed]) -> DataType? {
    guard var all = values.first else { return nil }
    for value in values.dropFirst() {
      guard let type = common(all, value) else { return nil }
      // A value that is no literal fixes the type against the literals that follow.
      let isLiteral = all.isLiteral && value.isLiteral
      if type == .unknown { continue }
      let literal = isLiteral ? rewritten(all.isNull ? value : all, as: type) : .null
      all = Typed(Expression(.literal(literal), FieldType(type)), isLiteral: isLiteral)
    }
    return all.type
  }

  /// In the common type, also where digits before the point may be lost (which fails the row).
  static func toCommon(_ value: Typed, _ type: DataType) -> Expression {
    adapt(value, to: type) ?? cast(value.expression, to: type)
  }

  private static func rewritten(_ value: Typed, as type: DataType) -> Literal {
    guard case .literal(let literal) = value.expression.node else { return .null }
    return value.type == type ? literal : rewrite(literal, as: type) ?? literal
  }

  /// The literal in another type, if it is exactly the same value there.
  static func rewrite(_ literal: Literal, as type: DataType) -> Literal? {
    switch (literal, type) {
    case (.int(let value), .float): return .float(Double(value))
    case (.int(let value), .decimal(let precision, let scale)):
      return DecimalText.rescale(Int128(value), from: 0, to: scale, precision: precision)
        .map { .decimal(unscaled: $0, scale: scale) }
    case (.decimal(let unscaled, let from), .decimal(let precision, let scale)):
      return DecimalText.rescale(unscaled, from: from, to: scale, precision: precision)
        .map { .decimal(unscaled: $0, scale: scale) }
    case (.decimal(let unscaled, let scale), .float):
      return Double(DecimalText.text(unscaled, scale: scale)).map { .float($0) }
    case (.string(let text), .timestamp): return TimeText.timestamp(text).map { .timestamp($0) }
    case (.string(let text), .date): return TimeText.date(text).map { .date($0) }
    default: return nil
    }
  }

  /// The type that a decimal literal has of itself.
  static func literalType(unscaled: Int128, scale: Int) -> DataType? {
    let precision = max(DecimalText.digits(unscaled), scale, 1)
    guard precision <= DataType.maximumPrecision else { return nil }
    return .decimal(precision: precision, scale: scale)
  }
}
