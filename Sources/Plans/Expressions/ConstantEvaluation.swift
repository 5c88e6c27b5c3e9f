import Schemas

/// Computes what is the same for every row, before the first row.
///
/// Only operations whose result is beyond doubt: booleans, comparisons, text, ints and spans
/// without overflow, widening. Everything else stays for the kernels, which are the one place
/// that says what a function does.
public enum ConstantEvaluation {
  /// The value of the expression; nil where it has none before a row, or would fail.
  public static func value(of expression: Expression) -> Literal? {
    switch expression.node {
    case .literal(let literal): return literal
    case .column, .eventTime: return nil
    case .not(let operand):
      switch value(of: operand) {
      case .bool(let value): return .bool(!value)
      case .null: return .null
      default: return nil
      }
    case .isNull(let operand): return value(of: operand).map { .bool($0 == .null) }
    case .and(let operands): return connect(operands, decidedBy: false)
    case .or(let operands): return connect(operands, decidedBy: true)
    case .coalesce(let operands):
      for operand in operands {
        guard let value = value(of: operand) else { return nil }
        if value != .null { return value }
      }
      return .null
    case .cast(let operand, _): return value(of: operand).flatMap { widen($0, to: expression.type) }
    case .call(let name, let arguments):
      let values = arguments.compactMap { value(of: $0) }
      guard values.count == arguments.count else { return nil }
      return call(name, values, expression.type)
    // Nested values have no literal: the data half computes them once.
    case .branch, .isIn, .member, .list, .structure, .each: return nil
    }
  }

  private static func connect(_ operands: [Expression], decidedBy decisive: Bool) -> Literal? {
    var sawNull = false
    for operand in operands {
      guard let value = value(of: operand) else { return nil }
      if value == .bool(decisive) { return value }
      if value == .null { sawNull = true }
    }
    return sawNull ? .null : .bool(!decisive)
  }

  private static func widen(_ value: Literal, to type: DataType) -> Literal? {
    switch (value, type) {
    case (.null, _): return .null
    case (.int(let number), .float):
      return Int64(exactly: Double(number)) == number ? .float(Double(number)) : nil
    case (.int(let number), .decimal(let precision, let scale)):
      return DecimalText.rescale(Int128(number), from: 0, to: scale, precision: precision)
        .map { .decimal(unscaled: $0, scale: scale) }
    case (.decimal(let unscaled, let from), .decimal(let precision, let scale)) where scale >= from:
      return DecimalText.rescale(unscaled, from: from, to: scale, precision: precision)
        .map { .decimal(unscaled: $0, scale: scale) }
    default: return nil
    }
  }

  private static func call(_ name: String, _ values: [Literal], _ type: DataType) -> Literal? {
    if values.contains(.null) {
      return FunctionCatalogue.operatorNames.contains(name) || name == "concat" ? .null : nil
    }
    switch (name, values.first, values.last) {
    case ("negate", .int(let a), _): return a == .min ? nil : .int(-a)
    case ("negate", .duration(let a), _): return a == .min ? nil : .duration(-a)
    case ("negate", .float(let a), _): return .float(-a)
    case ("concat", _, _): return concat(values)
    default: break
    }
    guard values.count == 2 else { return nil }
    if let ordering = compare(values[0], values[1]) {
      switch name {
      case "equal": return .bool(ordering == 0)
      case "not_equal": return .bool(ordering != 0)
      case "less": return .bool(ordering < 0)
      case "less_equal": return .bool(ordering <= 0)
      case "greater": return .bool(ordering > 0)
      case "greater_equal": return .bool(ordering >= 0)
      default: break
      }
    }
    return arithmetic(name, values[0], values[1])
  }

  private static func concat(_ values: [Literal]) -> Literal? {
    var text = ""
    for value in values {
      guard case .string(let part) = value else { return nil }
      text += part
    }
    return .string(text)
  }

  private static func compare(_ a: Literal, _ b: Literal) -> Int? {
    switch (a, b) {
    case (.int(let x), .int(let y)), (.timestamp(let x), .timestamp(let y)),
      (.date(let x), .date(let y)), (.duration(let x), .duration(let y)):
      return x < y ? -1 : x == y ? 0 : 1
    case (.bool(let x), .bool(let y)): return x == y ? 0 : x ? 1 : -1
    case (.string(let x), .string(let y)):
      if x.utf8.elementsEqual(y.utf8) { return 0 }
      return x.utf8.lexicographicallyPrecedes(y.utf8) ? -1 : 1
    case (.decimal(let x, let s), .decimal(let y, let t)) where s == t:
      return x < y ? -1 : x == y ? 0 : 1
    default: return nil
    }
  }

  private static func arithmetic(_ name: String, _ a: Literal, _ b: Literal) -> Literal? {
    switch (a, b) {
    case (.int(let x), .int(let y)): return integer(name, x, y).map { .int($0) }
    case (.duration(let x), .duration(let y)) where name == "add" || name == "subtract":
      return integer(name, x, y).map { .duration($0) }
    case (.duration(let x), .int(let y)) where name == "multiply",
      (.int(let x), .duration(let y)) where name == "multiply":
      return integer(name, x, y).map { .duration($0) }
    case (.timestamp(let x), .duration(let y)) where name == "add" || name == "subtract":
      return integer(name, x, y).map { .timestamp($0) }
    default: return nil
    }
  }

  private static func integer(_ name: String, _ x: Int64, _ y: Int64) -> Int64? {
    let result: (partialValue: Int64, overflow: Bool)
    switch name {
    case "add": result = x.addingReportingOverflow(y)
    case "subtract": result = x.subtractingReportingOverflow(y)
    case "multiply": result = x.multipliedReportingOverflow(by: y)
    case "div" where y != 0: result = x.dividedReportingOverflow(by: y)
    case "modulo" where y != 0: result = x.remainderReportingOverflow(dividingBy: y)
    default: return nil
    }
    return result.overflow ? nil : result.partialValue
  }
}
