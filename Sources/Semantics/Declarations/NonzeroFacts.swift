import Plans
import Schemas

/// What is known to be null or other than zero, so that a division by it cannot fail.
struct NonzeroFacts {
  /// Expressions as text: what may be null of one differs with where it stands.
  private var known: Set<String> = []

  init(columns: Set<String> = []) { known = columns }

  private init(_ known: Set<String>) { self.known = known }

  mutating func add(_ other: NonzeroFacts) { known.formUnion(other.known) }

  private func and(_ other: NonzeroFacts) -> NonzeroFacts {
    NonzeroFacts(known.union(other.known))
  }

  func isOtherThanZero(_ expression: Expression) -> Bool {
    if known.contains(expression.withoutCasts.description) { return true }
    switch expression.node {
    case .literal(let literal): return literal.isOtherThanZero
    case .cast(let operand, _): return expression.keepsZero && isOtherThanZero(operand)
    case .branch(let branches, let otherwise):
      // `nullif(x, 0)`
      guard branches.count == 1, branches[0].value.node == .literal(.null),
        case .call("equal", let sides) = branches[0].condition.node, let otherwise
      else { return false }
      return sides.contains { $0.isZero }
        && sides.contains { $0.withoutCasts == otherwise.withoutCasts }
    default: return false
    }
  }

  /// The operands of an expression, each with what is known where it is evaluated: behind a
  /// condition, or behind operands that have decided nothing.
  func operands(of expression: Expression) -> [(Expression, NonzeroFacts)] {
    switch expression.node {
    case .branch(let branches, let otherwise):
      var found: [(Expression, NonzeroFacts)] = []
      var left = self
      for branch in branches {
        found.append((branch.condition, left))
        found.append((branch.value, left.and(.whenTrue(branch.condition))))
        left = left.and(.whenFalse(branch.condition))
      }
      return found + (otherwise.map { [($0, left)] } ?? [])
    case .and(let operands): return inTurn(operands, NonzeroFacts.whenTrue)
    case .or(let operands): return inTurn(operands, NonzeroFacts.whenFalse)
    // A lambda's parameter may be called as a column is.
    case .each(_, let list, _, let body): return [(list, self), (body, NonzeroFacts())]
    default: return expression.operands.map { ($0, self) }
    }
  }

  private func inTurn(
    _ operands: [Expression], _ fact: (Expression) -> NonzeroFacts
  ) -> [(Expression, NonzeroFacts)] {
    var left = self
    return operands.map { operand in
      defer { left = left.and(fact(operand)) }
      return (operand, left)
    }
  }
}

extension NonzeroFacts {
  /// Where a condition is true.
  static func whenTrue(_ condition: Expression) -> NonzeroFacts {
    switch condition.node {
    case .not(let operand): return whenFalse(operand)
    case .and(let operands):
      return operands.reduce(NonzeroFacts()) { $0.and(whenTrue($1)) }
    case .or(let operands): return common(operands.map(whenTrue))
    case .call(let name, let sides) where sides.count == 2: return compared(name, sides)
    default: return NonzeroFacts()
    }
  }

  /// Where it is false or null; what is null in it is null where it is computed with.
  static func whenFalse(_ condition: Expression) -> NonzeroFacts {
    switch condition.node {
    case .not(let operand): return whenTrue(operand)
    case .or(let operands):
      return operands.reduce(NonzeroFacts()) { $0.and(whenFalse($1)) }
    case .and(let operands): return common(operands.map(whenFalse))
    case .call(let name, let sides) where sides.count == 2:
      return opposites[name].map { compared($0, sides) } ?? NonzeroFacts()
    default: return NonzeroFacts()
    }
  }

  private static let opposites = [
    "equal": "not_equal", "not_equal": "equal", "less": "greater_equal", "greater": "less_equal",
    "less_equal": "greater", "greater_equal": "less",
  ]

  private static let mirrored = [
    "equal": "equal", "not_equal": "not_equal", "less": "greater", "greater": "less",
    "less_equal": "greater_equal", "greater_equal": "less_equal",
  ]

  /// `x OP number`, or `number OP x`.
  private static func compared(_ name: String, _ sides: [Expression]) -> NonzeroFacts {
    if let sign = sides[1].sign { return compared(sides[0], name, sign) }
    guard let sign = sides[0].sign, let mirrored = mirrored[name] else { return NonzeroFacts() }
    return compared(sides[1], mirrored, sign)
  }

  private static func compared(
    _ value: Expression, _ name: String, _ sign: Int
  ) -> NonzeroFacts {
    let isNonzero =
      switch name {
      case "equal": sign != 0
      case "not_equal": sign == 0
      case "greater": sign >= 0
      case "greater_equal": sign > 0
      case "less": sign <= 0
      case "less_equal": sign < 0
      default: false
      }
    return isNonzero ? NonzeroFacts([value.withoutCasts.description]) : NonzeroFacts()
  }

  private static func common(_ facts: [NonzeroFacts]) -> NonzeroFacts {
    guard let first = facts.first else { return NonzeroFacts() }
    return NonzeroFacts(facts.dropFirst().reduce(first.known) { $0.intersection($1.known) })
  }
}

extension Expression {
  /// Whether it is a cast that makes no zero of other numbers.
  fileprivate var keepsZero: Bool {
    guard case .cast(let operand, _) = node else { return false }
    switch (operand.type, type) {
    case (.int, .float), (.int, .decimal), (.decimal, .float): return true
    case (.decimal(_, let before), .decimal(_, let behind)): return behind >= before
    default: return operand.type == type
    }
  }

  /// What is cast, through casts that keep zero apart.
  fileprivate var withoutCasts: Expression {
    if case .cast(let operand, _) = node, keepsZero { return operand.withoutCasts }
    return self
  }

  fileprivate var isZero: Bool { sign == 0 }

  /// Of a number: −1, 0, 1.
  fileprivate var sign: Int? {
    var part = self
    while case .cast(let operand, _) = part.node { part = operand }
    guard case .literal(let literal) = part.node else { return nil }
    switch literal {
    case .int(let value), .duration(let value): return Int(value.signum())
    case .float(let value): return value.isNaN ? nil : value > 0 ? 1 : value < 0 ? -1 : 0
    case .decimal(let value, _): return Int(value.signum())
    default: return nil
    }
  }
}

extension Literal {
  fileprivate var isOtherThanZero: Bool {
    switch self {
    case .int(let value), .duration(let value): value != 0
    case .float(let value): value != 0
    case .decimal(let value, _): value != 0
    default: false
    }
  }
}
