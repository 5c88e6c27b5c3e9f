import Glibc
import Schemas

/// The figures of an experiment, of its sums so far: a row for each variant.
///
/// The difference of two rates is tested by the mixture sequential probability ratio test of
/// Johari, Pekelis and Walsh, "Always valid inference" (2015; Operations Research 2022), after
/// Robbins (1970): with θ the difference, V its variance and τ² that of the differences thought of,
/// Λ = √(V ÷ (V + τ²)) × exp(τ²θ² ÷ (2V(V + τ²))); 1 ÷ Λ is a p-value whenever one looks, and the
/// interval holds the differences for which Λ stays below 1 ÷ α.
struct ExperimentFigures {
  private let spec: ExperimentSpec

  init(_ spec: ExperimentSpec) { self.spec = spec }

  private static let list = "$figures"
  private static let end = Field("window_end", .timestamp)

  var steps: [LoweredStep] {
    let list = Expression(
      .list(spec.variants.indices.map { figures(of: $0) }),
      FieldType(.list(FieldType(figures(of: 0).type))))
    let computed = [
      NamedExpression(Self.end.name, .column(Self.end)), NamedExpression(Self.list, list),
    ]
    let flatten = FlattenSpec(list: .column(Field(Self.list, list.type)), name: "$figure")
    let schema = Schema(computed.map(\.field))
    let figure = Expression.column(flatten.element)
    guard case .structure(let fields) = flatten.element.type else { return [] }
    let columns =
      fields.prefix(1).map { NamedExpression($0.name, Self.member($0, of: figure)) }
      + computed.prefix(1)
      + fields.dropFirst().map { NamedExpression($0.name, Self.member($0, of: figure)) }
    return [
      LoweredStep("computed", .project(computed), schema),
      LoweredStep("variants", .flatten(flatten), flatten.schema(of: schema)),
      LoweredStep("figures", .project(columns), Schema(columns.map(\.field))),
    ]
  }

  private static func member(_ field: Field, of figure: Expression) -> Expression {
    Expression(.member(figure, field.name), field.fieldType)
  }

  private func exposed(_ number: Int) -> IntFormula {
    IntFormula(.column(ExperimentSteps.exposed(number)))
  }

  private func converted(_ number: Int) -> IntFormula {
    IntFormula(.column(ExperimentSteps.converted(number)))
  }

  private func rate(_ number: Int) -> Formula { converted(number).float / exposed(number).float }

  /// A variant's column, and whether it is there: of nobody there is no rate.
  private func figures(of number: Int) -> Expression {
    let isSeen = exposed(number).float > .number(0)
    let isCompared = Expression.all(
      isSeen, exposed(0).float > .number(0), .literal(.bool(number > 0), .bool))
    let isAny = total > .number(0)
    func value(_ formula: Formula, where condition: Expression) -> Expression {
      .choose(condition, formula.expression, else: .null(.float))
    }
    let difference = rate(number) - rate(0)
    let half = halfInterval(number)
    let parts: [(String, Expression)] = [
      ("variant", .literal(.string(spec.variants[number].name), .string)),
      ("users", exposed(number).expression),
      ("converted", converted(number).expression),
      ("rate", value(rate(number), where: isSeen)),
      ("difference", value(difference, where: isCompared)),
      ("low", value(difference - half, where: isCompared)),
      ("high", value(difference + half, where: isCompared)),
      ("p_value", value(evidence(number, difference), where: isCompared)),
      ("mixed", .column(ExperimentSteps.mixed)),
      ("share_p_value", value(mismatch, where: isAny)),
    ]
    let fields = parts.map { Field($0.0, $0.1.fieldType) }
    return Expression(.structure(parts.map(\.1)), FieldType(.structure(fields)))
  }

  /// Of a variant's rate; the half that is added keeps it from being nothing where nobody, or
  /// everybody, has converted.
  private func variance(_ number: Int) -> Formula {
    let users = exposed(number).float
    let rate = (converted(number).float + .number(0.5)) / (users + .number(1))
    return rate * (.number(1) - rate) / users
  }

  private var spread: Formula { .number(spec.effect * spec.effect) }

  private func halfInterval(_ number: Int) -> Formula {
    let variance = variance(0) + variance(number)
    let whole = variance + spread
    let level = Formula.number(-2 * log(1 - spec.confidence))
    return (variance * whole / spread * (level + .call("ln", whole / variance))).squareRoot
  }

  private func evidence(_ number: Int, _ difference: Formula) -> Formula {
    let variance = variance(0) + variance(number)
    let whole = variance + spread
    let exponent =
      .number(0.5) * .call("ln", whole / variance)
      - spread * difference * difference / (.number(2) * variance * whole)
    return .call("least", .number(1), .call("exp", exponent))
  }
}

/// Whether users are shared out as was wanted: Pearson's χ².
extension ExperimentFigures {
  private var total: Formula {
    spec.variants.indices.dropFirst().reduce(exposed(0).float) { $0 + exposed($1).float }
  }

  private var mismatch: Formula {
    let parts = spec.variants.enumerated().map { number, variant in
      let expected = total * .number(variant.share)
      let difference = exposed(number).float - expected
      return difference * difference / expected
    }
    let sum = parts.dropFirst().reduce(parts[0], +)
    return Self.tail(of: sum, freedom: spec.variants.count - 1)
  }

  /// How likely χ² is no less than this, with so many degrees of freedom.
  private static func tail(of sum: Formula, freedom: Int) -> Formula {
    let half = sum * .number(0.5)
    let fading = Formula.call("exp", .number(0) - half)
    var term: Formula
    var terms: Formula
    var divisor: Double
    if freedom % 2 == 0 {
      (term, terms, divisor) = (.number(1), .number(1), 1)
      for _ in 1..<max(freedom / 2, 1) {
        term = term * half * .number(1 / divisor)
        terms = terms + term
        divisor += 1
      }
      return fading * terms
    }
    let root = half.squareRoot
    let beyond = Formula.call("erfc", root)
    guard freedom > 1 else { return beyond }
    // √h ÷ Γ(3/2), then h ÷ (3/2), h ÷ (5/2), …
    term = root * .number(2 / Double.pi.squareRoot())
    (terms, divisor) = (term, 1.5)
    for _ in 1..<((freedom - 1) / 2) {
      term = term * half * .number(1 / divisor)
      terms = terms + term
      divisor += 1
    }
    return beyond + fading * terms
  }
}
