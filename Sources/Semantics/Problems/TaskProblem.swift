import Diagnostics
import Plans
import Schemas

/// A task, or a stage that executes one, that cannot be as it is written.
enum TaskProblem: Problem {
  case unknown(String, known: [String])
  case unknownKind(String)
  case noKey
  case keyType(FieldType)
  case nullableKey(String)
  case constantKey
  case sameForAll(String)
  case outcome(String, TaskKind)
  case alone(String, without: String)
  case taken(String)
  case ownHeader(String)
  case allHours
  case secretToRows(String)
  case nothingToAsk
  case doneAndNot([Int64])
  case noAnswer(String, kind: String, known: [Field])

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .unknown(let name, let known):
      let suggestion = Suggestion(name, among: known, at: span, otherwise: "not declared")
      return .error(
        "E0560", "there is no task `\(name)`", span, suggestion.label,
        notes: known.isEmpty ? [] : ["tasks here: \(list(known))"], hints: suggestion.hints)
    case .unknownKind(let name):
      let suggestion = Suggestion(
        name, among: TaskCatalogue.kinds, at: span, otherwise: "not a kind of task")
      return .error(
        "E0561", "there are no tasks `using \(name)`", span, suggestion.label,
        notes: ["kinds: \(list(TaskCatalogue.kinds))"], hints: suggestion.hints)
    case .noKey:
      return .error(
        "E0562", "a task needs `idempotency_key`", span, "which of its tasks is which?",
        notes: [
          "by it a task is known after a crash, and a server tells that a call is the same again"
        ],
        hints: [Hint("add `idempotency_key: task_id`, what is different for each task")])
    case .keyType, .nullableKey, .constantKey: return key(at: span)
    default: return options(at: span)
    }
  }

  /// Of the value that says which task it is.
  private func key(at span: Span) -> Diagnostic {
    switch self {
    case .keyType(let type):
      return .error(
        "E0563", "an idempotency key is a `string` or an `int`", span, "this is \(article(type))",
        hints: [Hint("write it as a text: `\"\\(a)/\\(b)\"`")])
    case .nullableKey(let text):
      return .error(
        "E0563", "an idempotency key is never null", span, "this may be null",
        hints: [Hint("leave rows without one out before: `| where \(text) is not null`")])
    default:
      return .error(
        "E0563", "an idempotency key is another for each task", span,
        "this is the same for all rows",
        hints: [Hint("take what a task has alone: `task_id`")])
    }
  }

  private func options(at span: Span) -> Diagnostic {
    switch self {
    case .sameForAll(let option):
      return .error(
        "E0564", "`\(option)` takes a value of the row", span, "this is the same for all rows",
        hints: [
          Hint(
            option == "per"
              ? "leave `per` out for a bound of all tasks"
              : "name a column, as in `\(option): tenant`, or leave it out")
        ])
    case .outcome(let text, let kind):
      let classes = kind.hasClasses ? ["\"4xx\"", "\"5xx\""] : []
      let known = ["timeout", "connect", "broken"] + (kind.hasErrors ? ["errors"] : []) + classes
      let statuses = "statuses from \(kind.failures.lowerBound) to \(kind.failures.upperBound)"
      let suggestion = Suggestion(
        text, among: known, at: span, otherwise: "not an end that calls have")
      return .error(
        "E0565", "no call ends like this", span, suggestion.label,
        notes: ["possible: \(statuses), \(list(known))"], hints: suggestion.hints)
    case .alone(let name, let other):
      return .error(
        "E0566", "`\(name)` says nothing without `\(other)`", span, "there is no `\(other)`",
        hints: [Hint("add `\(other)`, or leave `\(name)` out")])
    case .taken(let name):
      return .error(
        "E0567", "`\(name)` is taken", span, "each outcome has such a column",
        notes: ["columns of each: \(list(TaskSpec.outcomeFields.map(\.name)))"],
        hints: [Hint("take another name: `answer_\(name): string from \"\(name)\"`")])
    case .ownHeader(let name):
      return .error(
        "E0568", "`\(name)` goes with each call of itself", span, "it holds `idempotency_key`",
        hints: [Hint("leave it out, or say `idempotency_header: \"\"`")])
    case .secretToRows(let option):
      return .error(
        "E0569", "rows say who is called, and `\(option)` has a secret", span,
        "who writes such a row would be told it",
        hints: [
          Hint(
            "write the server here, `\"https://host/\\(id)\"`, and leave only a part to rows; or "
              + "leave the secret out")
        ])
    default: return doubt(at: span)
    }
  }

  /// Of what is read of answers, of hours, and of how a server is asked what became of a task.
  private func doubt(at span: Span) -> Diagnostic {
    switch self {
    case .noAnswer(let name, let kind, let known):
      let suggestion = Suggestion(
        name, among: known.map(\.name), at: span, otherwise: "this is not among it")
      return .error(
        "E0575", "\(kind) says nothing of the kind", span, suggestion.label,
        notes: ["there are \(list(known.map { "`\($0.name): \($0.type)`" }))"],
        hints: suggestion.hints)
    case .allHours:
      return .error(
        "E0573", "these hours end when they begin", span, "are they the whole day, or none of it?",
        hints: [Hint("leave `hours` out, or take another time")])
    case .nothingToAsk:
      return .error(
        "E0580", "`in_doubt: verify` needs `verify`", span, "how is the server asked?",
        hints: [Hint("add `verify: { url: \"https://…/\\(task_id)\" }`")])
    case .doneAndNot(let statuses):
      let texts = statuses.map { "\($0)" }
      return .error(
        "E0581", "a status says that a task was done, or that it was not", span,
        "\(list(texts)) \(texts.count == 1 ? "stands" : "stand") in both",
        hints: [
          Hint("leave \(texts.count == 1 ? "it" : "them") out of `done` or of `not_done`")
        ])
    default: return .error("E0560", "a task is wrong here", span)
    }
  }
}
