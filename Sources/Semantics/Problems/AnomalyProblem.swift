import Diagnostics
import Plans
import Schemas

/// An `anomaly` that cannot be as it is written.
enum AnomalyProblem: Problem {
  case unknownModel(String)
  case noNumber(FieldType)
  case expiresBefore(period: String)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .unknownModel(let name):
      let suggestion = Suggestion(
        name, among: AnomalySpec.models, at: span, otherwise: "no such model")
      return .error(
        "E0385", "`\(name)` is no model of what is expected", span, suggestion.label,
        notes: [
          "models: `ewma(half_life: 6h)`, `seasonal(period: 7d, step: 1h, half_life: 28d)`"
        ],
        hints: suggestion.hints)
    case .noNumber(let type):
      return .error(
        "E0386", "what `anomaly` looks at must be a number", span, "this is \(article(type))",
        hints: [Hint("to look at how many rows come: a `window` with `count()` before")])
    case .expiresBefore(let period):
      return .error(
        "E0387", "each step of a period expires before it comes again", span,
        "this is no longer than `period`, \(period)",
        hints: [Hint("let a key be silent for some periods, or leave `expire after` out")])
    }
  }
}
