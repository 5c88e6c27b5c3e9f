import Diagnostics
import Plans
import Schemas

/// An `attribute` or `frequency_cap` that cannot be as it is written, or is not as it was meant.
enum MarketingProblem: Problem {
  case unknownModel(String)
  /// What is wrong with the settings of a model, and how they are written.
  case setting(String, model: String, example: String)
  case noEquality(alias: String?)
  case noNumber(FieldType)
  case tooMany(String, Int)
  case neverSees
  case neverRefuses(by: String)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .unknownModel(let name):
      let suggestion = Suggestion(
        name, among: AttributionModel.names, at: span, otherwise: "no such model")
      return .error(
        "E0396", "`\(name)` is no model of attribution", span, suggestion.label,
        notes: ["models: `first`, `last`, `linear`, `decay(…)`, `position(…)`"],
        hints: suggestion.hints)
    case .setting(let what, let model, let example):
      return .error(
        "E0396", "`\(model)` is set wrong", span, what, hints: [Hint("write `\(example)`")])
    case .noEquality(let alias):
      return .error(
        "E0397", "`on` of `attribute` takes equal columns alone", span,
        "this compares no column of the one stream with one of the other",
        notes: ["equal columns: `on COLUMN`, `on (a, b)` or `on a == \(alias ?? "n").b`"],
        hints: [
          Hint("to choose touches, write the condition there: `within 30d where …`"),
          Hint("to choose conversions, put a `where` before the stage"),
        ])
    case .noNumber(let type):
      return .error(
        "E0398", "what is attributed must be a number", span, "this is \(article(type))",
        notes: ["an int and a decimal are shared out to the last digit"],
        hints: [Hint("to count conversions: `of 1.00`")])
    case .tooMany(let what, let most):
      return .error("E0399", "\(what) are at most \(most)", span, "here are more")
    case .neverSees:
      return .warning(
        "W0325", "this look-back never counts", span,
        "one before it sees all that it sees, and comes first",
        hints: [Hint("write the narrower one first, or leave this one out")])
    case .neverRefuses(let other):
      return .warning(
        "W0326", "this cap never refuses a row", span,
        "`\(other)` lets no more pass",
        hints: [Hint("leave it out, or make it stricter")])
    }
  }
}
