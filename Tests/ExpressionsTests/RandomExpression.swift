import Plans
import Schemas

/// Makes well-typed expressions over the columns of `schema`.
struct RandomExpression {
  var random: SeededRandom
  /// The parameters of the lambdas around, which are ints.
  private var parameters: [String] = []

  init(random: SeededRandom) { self.random = random }

  static let schema = Schema([
    Field("i", .int, nullable: true), Field("j", .int, nullable: true),
    Field("p", .bool, nullable: true), Field("q", .bool, nullable: true),
    Field("s", .string, nullable: true), Field("t", .string, nullable: true),
    Field("f", .float, nullable: true), Field("g", .float, nullable: true),
    Field("d", money, nullable: true), Field("e", money, nullable: true),
    Field("u", .timestamp, nullable: true), Field("v", .timestamp, nullable: true),
    Field("k", .date, nullable: true), Field("l", .date, nullable: true),
    Field("m", .duration, nullable: true), Field("n", .duration, nullable: true),
    Field("r", rate, nullable: true), Field("h", rate, nullable: true),
    Field("a", ints, nullable: true), Field("b", ints, nullable: true),
  ])

  /// The decimal types of columns and of what operations come back to.
  static let money = DataType.decimal(precision: 12, scale: 2)
  static let rate = DataType.decimal(precision: 9, scale: 4)

  static let ints = DataType.list(FieldType(.int, nullable: true))

  static let types: [DataType] = [
    .bool, .int, .string, .float, money, .timestamp, .date, .duration, rate,
  ]

  mutating func make(_ type: DataType, depth: Int) -> Expression {
    if depth == 0 || pick(6) == 0 { return leaf(type) }
    if pick(8) == 0 { return nested(type, depth) }
    switch pick(4) {
    case 0:
      let count = 1 + pick(3)
      return Expression(
        .coalesce((0..<count).map { _ in make(type, depth: depth - 1) }), nullable(type))
    case 1:
      let branches = (0..<(1 + pick(2))).map { _ in
        Expression.Branch(
          condition: make(.bool, depth: depth - 1), value: make(type, depth: depth - 1))
      }
      let otherwise = pick(2) == 0 ? nil : make(type, depth: depth - 1)
      return Expression(.branch(branches, otherwise: otherwise), nullable(type))
    default: return operation(type, depth)
    }
  }

  /// A scalar out of a list or a struct.
  private mutating func nested(_ type: DataType, _ depth: Int) -> Expression {
    switch (type, pick(4)) {
    case (_, 0):
      let fields = [Field("a", type, nullable: true), Field("b", .int, nullable: true)]
      let values = [make(type, depth: depth - 1), make(.int, depth: depth - 1)]
      let whole = Expression(.structure(values), FieldType(.structure(fields)))
      return Expression(.member(whole, "a"), nullable(type))
    case (.int, 1): return call("cardinality", .int, list(.int, depth))
    case (.int, 2): return call("array_sum", .int, list(.int, depth))
    case (.bool, 1):
      return call("array_contains", .bool, list(.int, depth), make(.int, depth: depth - 1))
    case (.bool, 2): return each(pick(2) == 0 ? .any : .all, .bool, depth)
    default: return call("at", type, list(type, depth), make(.int, depth: depth - 1))
    }
  }

  private mutating func list(_ type: DataType, _ depth: Int) -> Expression {
    let list = DataType.list(nullable(type))
    switch pick(4) {
    case 0: return each(.map, list, depth)
    case 1 where type == .int: return each(.filter, list, depth)
    case 2 where type == .int: return column(["a", "b"][pick(2)], list)
    default:
      let elements = (0..<pick(4)).map { _ in make(type, depth: depth - 1) }
      return Expression(.list(elements), FieldType(list))
    }
  }

  /// Of a list of ints.
  private mutating func each(
    _ operation: Expression.ElementOperation, _ type: DataType, _ depth: Int
  ) -> Expression {
    let source =
      pick(2) == 0
      ? column(["a", "b"][pick(2)], Self.ints)
      : Expression(
        .list((0..<pick(4)).map { _ in make(.int, depth: depth - 1) }), FieldType(Self.ints))
    let parameter = Field(
      LambdaParameter.name("x", depth: parameters.count + 1), .int, nullable: true)
    parameters.append(parameter.name)
    defer { parameters.removeLast() }
    var wanted = DataType.bool
    if operation == .map, case .list(let element) = type { wanted = element.type }
    let body = make(wanted, depth: depth - 1)
    return Expression(.each(operation, source, parameter: parameter, body: body), nullable(type))
  }

  private mutating func operation(_ type: DataType, _ depth: Int) -> Expression {
    switch type {
    case .bool: return condition(depth)
    case .float: return floatOperation(depth)
    case .decimal: return decimalOperation(type, depth)
    case .timestamp, .date, .duration: return timeOperation(type, depth)
    case .int:
      let operation = [
        "add", "subtract", "multiply", "div", "modulo", "greatest", "least", "try_add",
        "try_multiply", "try_div", "try_modulo", "bitand", "bitor", "bitxor", "shift_left",
        "shift_right",
      ].randomElement(using: &random)!
      switch pick(10) {
      case 7, 8: return timePart(depth)
      case 0: return call("negate", .int, make(.int, depth: depth - 1))
      case 1: return call("char_length", .int, make(.string, depth: depth - 1))
      case 2: return cast(make(.string, depth: depth - 1), .int, try: pick(2) == 0)
      case 3:
        let name = ["abs", "sign", "try_abs", "try_negate", "bitnot", "bit_count"][pick(6)]
        return call(name, .int, make(.int, depth: depth - 1))
      case 4:
        return call(
          ["position", "instr"][pick(2)], .int, make(.string, depth: depth - 1),
          make(.string, depth: depth - 1))
      case 5:
        let source = make([DataType.float, Self.money, Self.rate][pick(3)], depth: depth - 1)
        return cast(source, .int, try: pick(2) == 0)
      case 6: return call("byte_length", .int, make(.string, depth: depth - 1))
      default:
        return call(operation, .int, make(.int, depth: depth - 1), make(.int, depth: depth - 1))
      }
    default: return textOperation(depth)
    }
  }

  private mutating func textOperation(_ depth: Int) -> Expression {
    let count = literal(Int64(pick(7)) - 1)
    switch pick(8) {
    case 0: return call("upper", .string, make(.string, depth: depth - 1))
    case 1: return cast(make([.int, Self.money, Self.rate][pick(3)], depth: depth - 1), .string)
    case 2:
      let name = ["reverse", "trim", "ltrim", "rtrim"][pick(4)]
      return call(name, .string, make(.string, depth: depth - 1))
    case 3:
      return call(["left", "right"][pick(2)], .string, make(.string, depth: depth - 1), count)
    case 4:
      return call(
        "replace", .string, make(.string, depth: depth - 1), leaf(.string), leaf(.string))
    case 5: return call("hex", .string, make([.int, .string][pick(2)], depth: depth - 1))
    case 6:
      return call(
        ["lpad", "rpad"][pick(2)], .string, make(.string, depth: depth - 1), count,
        make(.string, depth: depth - 1))
    default:
      return call(
        "concat", .string, make(.string, depth: depth - 1), make(.string, depth: depth - 1))
    }
  }

  private mutating func floatOperation(_ depth: Int) -> Expression {
    switch pick(4) {
    case 3:
      return call(
        "divide", .float, make(.duration, depth: depth - 1), make(.duration, depth: depth - 1))
    case 0:
      let name = ["negate", "abs", "sign", "ceil", "floor", "sqrt"][pick(6)]
      return call(name, .float, make(.float, depth: depth - 1))
    case 1: return cast(make([.int, Self.money, Self.rate][pick(3)], depth: depth - 1), .float)
    default:
      let name = ["add", "subtract", "multiply", "divide", "try_divide"][pick(5)]
      return call(
        name, .float, make(.float, depth: depth - 1), make(.float, depth: depth - 1))
    }
  }

  /// Results have the types that SQL's rules give them, and are cast back to that of the columns.
  private mutating func decimalOperation(_ wanted: DataType, _ depth: Int) -> Expression {
    let isTry = pick(2) == 0
    let a = [wanted, wanted, Self.money, Self.rate][pick(4)]
    let first = make(a, depth: depth - 1)
    switch pick(8) {
    case 0: return call(["negate", "abs", "sign"][pick(3)], wanted, make(wanted, depth: depth - 1))
    case 1:
      let type = DecimalRules.rounded(a, to: 0)
      return cast(call(["ceil", "floor"][pick(2)], type, first), wanted, try: isTry)
    case 2:
      let digits = pick(6) - 1
      let type = DecimalRules.rounded(a, to: digits)
      let name = ["round", "truncate"][pick(2)]
      return cast(call(name, type, first, literal(Int64(digits))), wanted, try: isTry)
    case 3: return cast(pick(2) == 0 ? first : make(.int, depth: depth - 1), wanted, try: isTry)
    default:
      let b = [Self.money, Self.rate][pick(2)]
      let second = make(b, depth: depth - 1)
      let (name, type) = [
        ("add", DecimalRules.sum(a, b)), ("subtract", DecimalRules.sum(a, b)),
        ("multiply", DecimalRules.product(a, b)), ("divide", DecimalRules.quotient(a, b)),
        ("try_divide", DecimalRules.quotient(a, b)), ("modulo", DecimalRules.remainder(a, b)),
      ][pick(6)]
      return cast(call(name, type, first, second), wanted, try: isTry)
    }
  }

  private mutating func condition(_ depth: Int) -> Expression {
    switch pick(7) {
    case 6:
      let name = ["starts_with", "ends_with", "contains"][pick(3)]
      return call(
        name, .bool, make(.string, depth: depth - 1), make(.string, depth: depth - 1))
    case 0: return Expression(.not(make(.bool, depth: depth - 1)), nullable(.bool))
    case 1: return Expression(.isNull(make(anyType(), depth: depth - 1)), nullable(.bool))
    case 2, 3:
      let operands = (0..<(2 + pick(2))).map { _ in make(.bool, depth: depth - 1) }
      return Expression(pick(2) == 0 ? .and(operands) : .or(operands), nullable(.bool))
    case 4:
      let type = anyType()
      let members = (0..<(1 + pick(3))).map { _ in leaf(type) }
      return Expression(.isIn(make(type, depth: depth - 1), members), nullable(.bool))
    default:
      let type = anyType()
      let how = [
        "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "is_distinct_from",
        "is_not_distinct_from",
      ].randomElement(using: &random)!
      return call(how, .bool, make(type, depth: depth - 1), make(type, depth: depth - 1))
    }
  }

  private mutating func leaf(_ type: DataType) -> Expression {
    if type == .int, let name = parameters.randomElement(using: &random), pick(2) == 0 {
      return column(name, .int)
    }
    let isColumn = pick(3) > 0
    if !isColumn, pick(8) == 0 { return .literal(.null, type) }
    switch type {
    case .bool:
      return isColumn ? column(["p", "q"][pick(2)], .bool) : .literal(.bool(pick(2) == 0), .bool)
    case .int:
      let values: [Int64] = [0, 1, -1, 7, .max, .min]
      return isColumn ? column(["i", "j"][pick(2)], .int) : literal(values[pick(6)])
    case .float:
      let values = [0, 1.5, -2.25, 1e300, -0.0, .infinity]
      return isColumn ? column(["f", "g"][pick(2)], .float) : float(values[pick(6)])
    case .decimal(_, let scale):
      let values: [Int128] = [0, 100, -1, 12_345, 999_999_999, -250]
      let literal = Literal.decimal(unscaled: values[pick(6)], scale: scale)
      let names = type == Self.money ? ["d", "e"] : ["r", "h"]
      return isColumn ? column(names[pick(2)], type) : .literal(literal, type)
    case .timestamp, .date, .duration: return timeLeaf(type, isColumn: isColumn)
    default:
      let values = ["", "a", "12", "view", "viewview1", " ñ "]
      return isColumn ? column(["s", "t"][pick(2)], .string) : literal(values[pick(6)])
    }
  }

  private mutating func anyType() -> DataType { Self.types[pick(Self.types.count)] }

  mutating func pick(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  private func nullable(_ type: DataType) -> FieldType { FieldType(type, nullable: true) }
}
