import Plans
import Schemas

/// Makes well-typed expressions over the columns i, j, p, q, s, t.
struct RandomExpression {
  var random: SeededRandom

  static let schema = Schema([
    Field("i", .int, nullable: true), Field("j", .int, nullable: true),
    Field("p", .bool, nullable: true), Field("q", .bool, nullable: true),
    Field("s", .string, nullable: true), Field("t", .string, nullable: true),
  ])

  mutating func make(_ type: DataType, depth: Int) -> Expression {
    if depth == 0 || pick(6) == 0 { return leaf(type) }
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

  private mutating func operation(_ type: DataType, _ depth: Int) -> Expression {
    switch type {
    case .bool: return condition(depth)
    case .int:
      let operation = ["add", "subtract", "multiply", "div", "modulo", "greatest"].randomElement(
        using: &random)!
      switch pick(4) {
      case 0: return call("negate", .int, make(.int, depth: depth - 1))
      case 1: return call("char_length", .int, make(.string, depth: depth - 1))
      case 2: return cast(make(.string, depth: depth - 1), .int, try: pick(2) == 0)
      default:
        return call(operation, .int, make(.int, depth: depth - 1), make(.int, depth: depth - 1))
      }
    default:
      switch pick(3) {
      case 0: return call("upper", .string, make(.string, depth: depth - 1))
      case 1: return cast(make(.int, depth: depth - 1), .string)
      default:
        return call(
          "concat", .string, make(.string, depth: depth - 1), make(.string, depth: depth - 1))
      }
    }
  }

  private mutating func condition(_ depth: Int) -> Expression {
    switch pick(6) {
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
      let how = ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
        .randomElement(using: &random)!
      return call(how, .bool, make(type, depth: depth - 1), make(type, depth: depth - 1))
    }
  }

  private mutating func leaf(_ type: DataType) -> Expression {
    let isColumn = pick(3) > 0
    if !isColumn, pick(8) == 0 { return .literal(.null, type) }
    switch type {
    case .bool:
      return isColumn ? column(["p", "q"][pick(2)], .bool) : .literal(.bool(pick(2) == 0), .bool)
    case .int:
      let values: [Int64] = [0, 1, -1, 7, .max, .min]
      return isColumn ? column(["i", "j"][pick(2)], .int) : literal(values[pick(6)])
    default:
      let values = ["", "a", "12", "view", "viewview1"]
      return isColumn ? column(["s", "t"][pick(2)], .string) : literal(values[pick(5)])
    }
  }

  private mutating func anyType() -> DataType { [.bool, .int, .string][pick(3)] }

  mutating func pick(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  private func nullable(_ type: DataType) -> FieldType { FieldType(type, nullable: true) }
}
