import Diagnostics

extension SyntaxProblem {
  func stageProse(at span: Span) -> Diagnostic {
    switch self {
    case .unknownStage(let found, let meant):
      message(
        span, "`\(found)` is not a stage", meant.map { "did you mean `\($0)`?" } ?? "",
        notes: meant == nil ? ["stages: \(Keywords.stages.joined(separator: ", "))"] : [],
        hints: meant.map { [Hint("", edits: [Edit(span, $0)])] } ?? [])
    case .missingPipe(let stage):
      message(
        span, "a stage begins with `|`", "write `| \(stage)`",
        hints: [Hint("", edits: [Edit(span.before, "| ")])])
    case .comparisonChain(let first):
      message(
        span, "comparisons cannot be chained", "the second comparison",
        secondary: [Label(first, "the first")],
        hints: [Hint("write `a < b and b < c`, or `b between a and c`")])
    case .unnamedColumn:
      message(
        span, "a computed column needs a name", "write `name = …`",
        hints: [Hint("", edits: [Edit(span.before, "name = ")])])
    case .lambdaOutsideCall:
      message(span, "`=>` stands only in an argument of a call")
    case .repeatedClause(let word, let first):
      message(
        span, "`\(word)` stands twice", "the second",
        secondary: [Label(first, "the first")])
    case .missingClause(let clause, let stage, let example):
      message(
        span, "`\(stage)` needs `\(clause)`", "write `\(example)`")
    case .unknownWord(let found, let role, let choices):
      unknownWordProse(at: span, found, role, choices)
    case .rowNotObject:
      message(
        span, "a row stands in braces", "write `{ column: value }`")
    case .emptyBlock(let what):
      message(span, "this block is empty", "write at least one \(what)")
    default: message(span, "this has no meaning here")
    }
  }

  private func unknownWordProse(
    at span: Span, _ found: String, _ role: String, _ choices: [String]
  ) -> Diagnostic {
    let meant = nearestWord(to: found, among: choices)
    return message(
      span, "`\(found)` is no \(role)", meant.map { "did you mean `\($0)`?" } ?? "",
      notes: ["here may stand: \(choices.joined(separator: ", "))"],
      hints: meant.map { [Hint("", edits: [Edit(span, $0)])] } ?? [])
  }
}
