import Diagnostics
import Plans

/// A `retention` that cannot be as it is written.
enum RetentionProblem: Problem {
  case noDays
  case tooManyPeriods

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .noDays:
      return .error(
        "E0388", "periods by the clock of a zone are whole days", span,
        "this is no multiple of `1d`",
        hints: [Hint("leave `zone` out, or take days: `1d`, `7d`")])
    case .tooManyPeriods:
      return .error(
        "E0389", "periods are at most \(RetentionSpec.mostPeriods)", span,
        "each cohort has a row for each", hints: [Hint("take longer periods")])
    }
  }
}
