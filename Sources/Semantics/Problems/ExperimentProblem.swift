import Diagnostics
import Schemas

/// An `experiment` that cannot be as it is written.
enum ExperimentProblem: Problem {
  case noText(FieldType)
  case noShare(String)
  case noWhole(count: Int, sum: Double)
  case expiresBefore

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .noText(let type):
      return .error(
        "E0355", "a variant must be text", span, "this is \(article(type))",
        notes: ["null is no exposure"],
        hints: [Hint("to make text of it: `cast(… as string)`")])
    case .noShare(let place):
      return .error("E0356", "\(place) must be between 0% and 100%", span)
    case .noWhole(let count, let sum):
      let label =
        count < 2
        ? "this is one alone" : "together they are \((sum * 1_000).rounded() / 10)%"
      return .error(
        "E0357", "the shares of two variants or more are 100% together", span, label,
        notes: ["the first is what the others are held against"],
        hints: [Hint("write `{ control: 50%, treatment: 50% }`")])
    case .expiresBefore:
      return .error(
        "E0358", "users expire before their conversions count no more", span,
        "this is shorter than `within`")
    }
  }
}
