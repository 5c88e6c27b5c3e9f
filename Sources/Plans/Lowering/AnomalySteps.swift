import Schemas

/// The `fold` that an `anomaly` is: for each key the weights, mean and squares of the rows before,
/// after Finch, "Incremental calculation of weighted mean and variance" (2009).
///
/// With V the weights before a row x, of which time or the row has left its share λ, W = V + 1 is
/// the new weight, (Vμ + x) ÷ W the new mean, and λS + (x − μ)²V ÷ W the new sum of squares; the
/// variance is that ÷ W. Only numbers of one sign are added, so that no digits are lost.
package struct AnomalySteps {
  private let spec: AnomalySpec
  private let seen: FoldSpec.State
  private let weight: FoldSpec.State
  private let mean: FoldSpec.State
  private let squares: FoldSpec.State
  private let time: FoldSpec.State

  package init(_ spec: AnomalySpec) {
    self.spec = spec
    func state(_ name: String, _ first: Expression = .literal(.float(0), .float)) -> FoldSpec.State
    {
      let field = Field("$\(spec.name).\(name)", first.fieldType, hidden: true)
      return FoldSpec.State(field: field, first: first)
    }
    seen = state("seen")
    weight = state("weight")
    mean = state("mean")
    squares = state("squares")
    time = state("time", .literal(.int(0), .int))
  }

  private static let now = IntFormula.microseconds(.eventTime)

  package var states: [FoldSpec.State] { [seen, weight, mean, squares, time] }

  /// Those of the user, and the slot of a season.
  package var keys: [Expression] {
    guard let season = spec.season else { return spec.keys }
    let (time, period) = (Self.now, IntFormula.number(season.period))
    let place = (time % period + period) % period
    return spec.keys + [(place / .number(season.step)).expression]
  }

  /// The states' new values, and the column of the result.
  package var columns: [NamedExpression] {
    let learned = spec.ignoresAnomalies ? Expression.all(isValue, isAnomaly.negated) : isValue
    let kept = Formula(weight.field) * decay
    let whole = kept + .number(1)
    let difference = value - Formula(mean.field)
    let middle = (kept * Formula(mean.field) + value) / whole
    let sum = decay * Formula(squares.field) + difference * difference * kept / whole
    let values = [
      (seen, (Formula(seen.field) + .number(1)).expression), (weight, whole.expression),
      (mean, middle.expression),
      (squares, sum.expression),
      (time, Self.now.expression),
    ]
    let states = values.map { state, value in
      NamedExpression(
        state.field.name, Expression.choose(learned, value, else: .column(state.field)))
    }
    return states + [NamedExpression(spec.name, result)]
  }

  /// The value as a number; 0 where it is none.
  private var value: Formula {
    Formula(number.or(.literal(.float(0), .float)))
  }

  private var number: Expression {
    if spec.value.type == .float { return spec.value }
    return Expression(
      .cast(spec.value, isTry: false), FieldType(.float, nullable: spec.value.isNullable))
  }

  /// Whether there is a value to look at: it is not null, and its square is a number.
  private var isValue: Expression {
    let isNumber = Formula.number(AnomalySpec.greatestValue) >= value.magnitude
    return spec.value.isNullable ? .all(spec.value.isPresent, isNumber) : isNumber
  }

  /// The share of the weights before that is left. Of a key's first row, before which there is
  /// none, it is any number.
  private var decay: Formula {
    switch spec.forgetting {
    case .share(let share): return .number(1 - share)
    case .halfLife(let span):
      let age = (IntFormula(.column(time.field)) - Self.now).float * .number(1 / Double(span))
      return Formula.call("least", age, .number(0)).exponential
    }
  }

  private var isJudged: Expression {
    .all(isValue, Formula(seen.field) >= .number(Double(spec.warmUp)))
  }

  /// The standard deviation, no less than what tells rounding from difference.
  private var scale: Formula {
    let deviation = (Formula(squares.field) / Formula(weight.field)).squareRoot
    let least = Formula(mean.field).magnitude * .number(AnomalySpec.leastScale)
    return .call("greatest", deviation, least, .number(spec.floor))
  }

  private var score: Formula {
    let difference = value - Formula(mean.field)
    let most = Formula.number(AnomalySpec.greatestScore)
    let bounded = Formula.choose(
      difference.magnitude >= scale * most, difference.sign * most, else: difference / scale)
    return .choose(difference == .number(0), .number(0), else: bounded)
  }

  private var isAnomaly: Expression {
    .all(isJudged, score.magnitude > .number(spec.threshold))
  }

  private var result: Expression {
    let parts = [
      ("expected", Expression.choose(isJudged, .column(mean.field), else: .null(.float))),
      ("deviation", Expression.choose(isJudged, score.expression, else: .null(.float))),
      ("is_anomaly", isAnomaly),
    ]
    let fields = parts.map { Field($0.0, $0.1.fieldType) }
    return Expression(.structure(parts.map(\.1)), FieldType(.structure(fields)))
  }
}
