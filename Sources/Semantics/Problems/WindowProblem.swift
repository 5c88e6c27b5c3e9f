import Diagnostics
import Plans

/// A window that cannot tell its results as it is written.
enum WindowProblem: Problem {
  case earlyOfKey(WindowSpec.Kind)
  case lateOfKey(WindowSpec.Kind)
  /// Microseconds.
  case neverEarly(length: Int64)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .earlyOfKey(let kind):
      return .error(
        "E0460", "\(Self.name(kind)) windows have no early results", span,
        "each ends when its own rows say so",
        hints: [
          Hint("take a running `aggregate`, or `cumulative 1d every 1h` for what a day has so far")
        ])
    case .lateOfKey(let kind):
      return .error(
        "E0461", "\(Self.name(kind)) windows take no late rows", span,
        "a late row could make one of two that are told already",
        hints: [
          Hint("let the source wait longer, `lateness: …`; the rest goes to the output `late`")
        ])
    case .neverEarly(let length):
      return .error(
        "E0462", "`emit every` comes no earlier than the end", span,
        "the window is \(TimeRendering.duration(length)) long",
        hints: [Hint("take less, or leave it out")])
    }
  }

  private static func name(_ kind: WindowSpec.Kind) -> String {
    if case .count = kind { "count" } else { "session" }
  }
}
