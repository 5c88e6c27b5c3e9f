import Diagnostics

/// A join that cannot be as it is written.
enum JoinProblem: Problem {
  /// `on c`, where only one side has it, or neither.
  case notShared(String, stream: String, here: Bool, there: [String])
  case noEquality(alias: String?)
  case clash(String, stream: String, isSide: Bool, alias: String)
  case noWindows(stream: String?)
  case undecided(stage: String)
  /// Bounds by columns, and nothing says how far apart the rows may be at most.
  case endlessBounds
  case boundsOfBoth

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .notShared(let name, let stream, let here, let there):
      let place = here ? "`\(stream)` has none" : "there is none here"
      return .error(
        "E0360", "`\(name)` is not a column of both streams", span, place,
        notes: ["columns of `\(stream)`: \(list(there))"],
        hints: [
          Hint("of columns with different names write a condition: `on a == n.b`, with `as n`")
        ])
    case .noEquality(let alias):
      return .error(
        "E0361", "this join has no columns that are to be equal", span,
        "rows are brought together by them",
        hints: [Hint("`on COLUMN`, or `on a == \(alias ?? "n").b`")])
    case .clash(let name, let stream, let isSide, let alias):
      let title = isSide ? "`\(name)` is a side here" : "`\(name)` is a column of both streams"
      return .error(
        "E0362", title, span,
        isSide ? "`\(stream)` has a column of that name" : "which one would `\(name)` be?",
        hints: [
          Hint(
            "give the columns of `\(stream)` a name before them: `as \(alias)`, then"
              + " `\(alias).\(name)`")
        ])
    case .noWindows(let stream):
      let whose = stream.map { "those of `\($0)`" } ?? "the rows here"
      return .error(
        "E0363", "`within same window` joins rows of windows", span, "\(whose) are of none",
        notes: [
          "both need `window_start` and `window_end` as a `window` has made them, under any name;"
            + " behind a `join` the left row's count"
        ],
        hints: [Hint("join by a span of time: `within 1h`")])
    case .endlessBounds:
      return .error(
        "E0463", "nothing says how far apart these rows may be", span, "until when would one wait?",
        hints: [Hint("write the longest span too: `within 30d between …`")])
    case .boundsOfBoth:
      return .error(
        "E0464", "these bounds are not of one of the two rows", span,
        "the other row's event time is to lie between them",
        hints: [Hint("take both from this row, or both from the other: `between n.a and n.b`")])
    case .undecided(let stage):
      return .error(
        "E0390", "this condition of a `\(stage)` comes in a later version", span,
        "it looks at both rows, and is no `==` of one with the other",
        hints: [Hint("a plain `join` takes any condition")])
    }
  }
}
