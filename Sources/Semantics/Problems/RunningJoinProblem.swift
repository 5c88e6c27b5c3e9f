import Diagnostics
import Plans

/// A join without `within` that cannot be as it is written, or grows.
enum RunningJoinProblem: Problem {
  case expiryWithin
  case expiryOf(String)
  case expiryOfUpdates(StreamMode)
  case keepsSides(canExpire: Bool)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .expiryWithin:
      return .error(
        "E0426", "`within` says already how long rows are kept", span,
        "`expire after` is for a join without it",
        hints: [Hint("leave one of the two out")])
    case .expiryOf(let stage):
      return .error(
        "E0427", "`expire after` is for a plain `join`", span,
        "a `\(stage)` must know of a row whether it ever found another",
        hints: [
          Hint("leave it out, join `within` a span of time, or take a plain `join`")
        ])
    case .expiryOfUpdates(let mode):
      return .error(
        "E0427", "`expire after` is for a `join` of streams that append", span,
        "one of them \(mode), and of a row that is forgotten nothing can be taken back",
        hints: [Hint("leave it out, or join before the stage that updates")])
    case .keepsSides(let canExpire):
      return .warning(
        "W0331", "the rows of both sides are kept for ever", span,
        "each may meet one that comes later, and rows come without end",
        hints: [
          Hint(
            canExpire
              ? "join `within` a span of time, or forget rows that are old: `expire after 1d`"
              : "join `within` a span of time, where both sides only append")
        ])
    }
  }
}
