import Diagnostics
import Plans

/// A window that cannot tell its results as it is written.
enum WindowProblem: Problem {
  case earlyOfCount
  case lateOfKey(WindowSpec.Kind)
  /// Microseconds.
  case neverEarly(length: Int64)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .earlyOfCount:
      return .error(
        "E0460", "count windows have no early results", span,
        "several of a key may begin at the same time, and nothing tells them apart until they end",
        hints: [
          Hint("take a running `aggregate`, or `cumulative 1d every 1h` for what a day has so far")
        ])
    case .lateOfKey(let kind):
      return .error(
        "E0461", "\(Self.name(kind)) take no late rows", span,
        "which rows \(Self.what(kind)) has depends on their order, and a late one comes out of it",
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
    if case .count = kind { "count windows" } else { "session windows with `max`" }
  }

  private static func what(_ kind: WindowSpec.Kind) -> String {
    if case .count = kind { "each" } else { "a session that `max` ends" }
  }
}
