import Diagnostics

extension SyntaxProblem {
  func structureProse(at span: Span) -> Diagnostic {
    switch self {
    case .expectedDeclaration(let found, let meant):
      message(
        span, "expected a declaration, found \(found)",
        meant.map { "did you mean `\($0)`?" } ?? "no declaration begins so",
        notes: meant == nil
          ? ["declarations: \(Keywords.declarations.joined(separator: ", "))"] : [],
        hints: meant.map { [Hint("", edits: [Edit(span, $0)])] } ?? [])
    case .declarationOnSameLine:
      message(
        span, "a declaration begins on a line of its own", "begin a new line here",
        hints: [Hint("", edits: [Edit(span.before, "\n")])])
    case .tooDeep:
      message(
        span, "this is nested too deeply", "more than \(ParserLimits.depth) levels",
        hints: [Hint("give a part of it a name: a function, or a column of `with`")])
    case .unclosedBracket(let bracket, let open):
      message(
        span, "`\(bracket)` is not closed",
        "`\(SyntaxProblem.closing(bracket))` is missing "
          + (span.count == 0 ? "here" : "before this"),
        secondary: [Label(open, "opened here")])
    case .strayBracket(let bracket):
      message(span, "`\(bracket)` closes nothing", "nothing is open here")
    case .expected(let what, let found, let meant):
      message(
        span, "expected \(what), found \(found)", meant.map { "did you mean `\($0)`?" } ?? "",
        hints: meant.map { [Hint("", edits: [Edit(span, $0)])] } ?? [])
    case .expectedName(let what, let found):
      message(
        span, "expected the name of \(what), found \(found)",
        notes: ["any name may stand in backticks: `like this`"])
    case .expectedExpression(let found):
      message(span, "expected a value, found \(found)")
    case .expectedType(let found):
      message(
        span, "expected a type, found \(found)",
        notes: ["types: \(Keywords.types.joined(separator: ", ")), or one declared by `type`"])
    default: signProse(at: span)
    }
  }

  private func signProse(at span: Span) -> Diagnostic {
    switch self {
    case .wrongSign(_, let right, let name):
      message(
        span, "expected `\(right)` after `\(name)`", "write `\(right)`",
        notes: ["`name: type` declares, `option: value` configures, `column = value` computes"],
        hints: [Hint("", edits: [Edit(span, right)])])
    case .bareComma(let first):
      message(
        span, "several values stand in brackets", "after the comma an option begins",
        secondary: [Label(first, "write `[…]` from here")],
        hints: [
          Hint(
            "write brackets around the values",
            edits: [Edit(first.before, "["), Edit(span.after, "]")])
        ])
    case .commaForAnd(let commas):
      message(
        span, "conditions of `on` are joined by `and`", "write `and`",
        hints: [Hint("", edits: commas.map { Edit($0, " and") })])
    case .keysWithoutBrackets(let keys):
      message(
        span, "several columns of `on` stand in brackets", "write `on (a, b)`",
        hints: [Hint("", edits: [Edit(keys.before, "("), Edit(keys.after, ")")])])
    case .missingSeparator:
      message(
        span, "a comma or a new line is missing here", "another item begins",
        hints: [Hint("", edits: [Edit(span.before, ", ")])])
    default: message(span, "this has no meaning here")
    }
  }

  static func closing(_ bracket: String) -> String {
    switch bracket {
    case "(": ")"
    case "[": "]"
    default: "}"
    }
  }
}
