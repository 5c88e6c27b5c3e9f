import Diagnostics
import Plans
import Schemas

/// A model that a server runs and that cannot be asked as it is written.
enum RemoteModelProblem: Problem {
  case unused([String])
  case batchOfChat
  case ofChat(String)
  case noPrompt
  /// `in […]` of a model that does not choose among words.
  case notChosen
  case noText(Field)
  case noChoice
  case budget
  case payerMissing(String, model: String, columns: [String])
  case payerNullable(String)
  case payerType(Field)
  case circle(String)
  /// `other`: the field of that name where it would stand in, or be taken from.
  case standIn(String, for: String, _ word: String, Field, _ other: Field?)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .unused(let names):
      return .error(
        "E0550", "the prompt does not say all that the model is given", span,
        "nothing of \(list(names)) is in it",
        hints: [Hint("write `\\(\(names[0]))` where it belongs, or leave that input out")])
    case .batchOfChat:
      return .error(
        "E0551", "a chat answers one row a request", span, "so there is nothing to gather",
        hints: [Hint("leave it out; `concurrency` says how many requests are under way")])
    case .ofChat(let name):
      return .error(
        "E0551", "`\(name)` means nothing without a `prompt`", span, "embeddings are no chat",
        hints: [Hint("leave it out, or add a `prompt`")])
    case .noPrompt:
      return .error(
        "E0552", "nothing says what the model is asked", span, "it has no `prompt`",
        notes: [
          "without one a model gives embeddings: `input: { text: string }`, "
            + "`output: { vector: list<float> }`"
        ],
        hints: [Hint("add `prompt: \"…\"`, with the inputs in it")])
    case .notChosen:
      return .error(
        "E0553", "this model does not choose among texts", span,
        "`in […]` is for the outputs of language models",
        hints: [Hint("leave it out, and compare the answer: `where c.label in […]`")])
    case .noText(let field):
      return .error(
        "E0553", "only texts are chosen from a list", span,
        "`\(field.name)` is \(article(field.fieldType))")
    case .noChoice:
      return .error(
        "E0553", "a list of texts is missing", span, "as in `in [\"positive\", \"negative\"]`")
    case .circle, .standIn: return ofChain(at: span)
    default: return ofBudget(at: span)
    }
  }

  /// Of models that stand in for others.
  private func ofChain(at span: Span) -> Diagnostic {
    switch self {
    case .circle(let name):
      return .error(
        "E0555", "models stand in for each other in a circle", span,
        "it leads back here, and `\(name)` would be asked for ever",
        hints: [Hint("let the last one have constants: `fallback: { … }`")])
    case .standIn(let next, let name, let word, let field, let other):
      let own = word == "output" ? next : name
      return .error(
        "E0556", "`\(next)` can't stand in for `\(name)`", span,
        "`\(own)` has "
          + (other.map { "the \(word) `\($0)`" } ?? "no \(word) `\(field.name)`"),
        notes: [
          "it needs all outputs of `\(name)`, and takes some of its inputs, of the same types"
        ], hints: [Hint("give `\(own)` the \(word) `\(field)`")])
    default: return ofBudget(at: span)
    }
  }

  private func ofBudget(at span: Span) -> Diagnostic {
    switch self {
    case .payerMissing(let column, let model, let columns):
      return .error(
        "E0554", "there is no column `\(column)` here", span,
        "`\(model)` has a budget for each of its values",
        notes: ["columns here: \(list(columns.sorted()))"],
        hints: [Hint("carry it up to this stage, or write another column behind `per`")])
    case .payerNullable(let column):
      return .error(
        "E0554", "`\(column)` may be null, and nobody's budget is used then", span,
        "the budget is one for each of its values",
        hints: [Hint("filter before, or give it a value: `with { \(column) = \(column) ?? … }`")])
    case .payerType(let field):
      return .error(
        "E0554", "a budget can't be one for each \(field.type)", span,
        "`\(field.name)` is \(article(field.fieldType))",
        notes: ["there are budgets for string, int, bool, decimal, date and timestamp"])
    default:
      return .error(
        "E0554", "a budget is a number of tokens in a time", span, "",
        hints: [Hint("write `1M tokens/h`, or `200k tokens/h per tenant` (per s, m, h or d)")])
    }
  }
}
