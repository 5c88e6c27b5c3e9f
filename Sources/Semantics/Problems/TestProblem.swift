import Diagnostics
import Schemas

/// A test block that can't be run as it is written.
enum TestProblem: Problem {
  case missingField(String, type: FieldType)
  case missingTimestamp(of: String)
  case saidTwice(String, record: String, first: Span)
  case unreadHeader(String, read: [String])
  case notGivable(String, known: [String])
  case nameTwice(String, first: Span)
  case badParallelism
  case backwards
  case noExpectation
  case upgradeFromNothing
  case deletionOfNoUpdate(String)
  case deletionExpected
  case upgradeUnreadable(String, reason: String)
  case noAnswer(String, statuses: ClosedRange<Int>)
  /// A text that an output of a model is none of.
  case neverAnswered(String, output: String, allowed: [String])

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .missingField(let name, let type):
      return .error(
        "E0501", "this row has no `\(name)`", span, "\(type) is never null",
        hints: [Hint("add `\(name): …`, or declare it `\(type)?`")])
    case .missingTimestamp(let source):
      return .error(
        "E0501", "this row has no `meta.timestamp`", span,
        "`\(source)` takes its event time from there",
        hints: [Hint("add `meta: { timestamp: … }`")])
    case .saidTwice(let name, let record, let first):
      return Diagnostic(
        code: "E0508", title: "`\(name)` and `\(record)` are the same",
        primary: Label(span, "again here"), secondary: [Label(first, "first here")],
        hints: [Hint("say one of them: the column comes `from \(record)`")])
    case .unreadHeader(let name, let read):
      let suggestion = Suggestion(name, among: read, at: span, otherwise: "nothing reads it")
      return .error(
        "E0509", "no header `\(name)` is read here", span, suggestion.label,
        notes: read.isEmpty ? [] : ["headers that are read: \(list(read))"],
        hints: suggestion.hints)
    case .notGivable(let name, let known):
      let rule = "only sources, tables and models of servers are given rows"
      let suggestion = Suggestion(name, among: known, at: span, otherwise: rule)
      return .error(
        "E0502", "`\(name)` is no source or table", span, suggestion.label,
        notes: known.isEmpty ? [] : ["declared here: \(list(known))"], hints: suggestion.hints)
    case .nameTwice(let name, let first):
      return Diagnostic(
        code: "E0503", title: "two tests are named \"\(name)\"",
        primary: Label(span, "again here"), secondary: [Label(first, "first here")])
    case .badParallelism:
      return .error("E0504", "parallelism is from 1 to 1024", span)
    case .backwards:
      return .error(
        "E0505", "time does not go back", span, "an earlier `advance to` was already later")
    case .noExpectation:
      return .error("E0506", "this test expects nothing", span, "add `expect STREAM [ … ]`")
    case .deletionOfNoUpdate, .deletionExpected, .noAnswer, .neverAnswered: return said(at: span)
    case .upgradeFromNothing:
      return .error(
        "E0507", "the old definition's file is not named", span,
        "a path relative to this file, written out")
    case .upgradeUnreadable(let path, let reason):
      return .warning(
        "W0510", "the definition to upgrade from can't be read", span, reason,
        notes: ["looked for at `\(path)`: the test will fail"])
    }
  }

  private static func noAnswer(
    _ text: String, _ statuses: ClosedRange<Int>, _ span: Span
  ) -> Diagnostic {
    .error(
      "E0511", "a call is not answered by `\(text)`", span,
      "a status from \(statuses.lowerBound) to \(statuses.upperBound), `timeout`, `connect`, "
        + "`broken` or `{ status: …, response: … }` is expected",
      notes: ["several in brackets are those of a task's calls, in order; then calls are done"],
      hints: [Hint("`429 twice`, `[503, timeout, 200]`, `500 always`")])
  }

  /// What a row or an answer may not say.
  private func said(at span: Span) -> Diagnostic {
    if case .noAnswer(let text, let statuses) = self {
      return Self.noAnswer(text, statuses, span)
    }
    if case .neverAnswered(let text, let output, let allowed) = self {
      let suggestion = Suggestion(
        text, among: allowed, at: span, otherwise: "its model is declared to choose among others")
      return .error(
        "E0512", "`\(output)` is never `\(text)`", span, suggestion.label,
        notes: ["what it may be: \(list(allowed))"])
    }
    if case .deletionOfNoUpdate(let source) = self {
      return .error(
        "E0425", "`\(source)` deletes no rows", span, "its rows are each for itself",
        hints: [
          Hint("only sources with `updates: upsert` or `format: debezium` bring deletions")
        ])
    }
    return .error(
      "E0425", "a deletion is given, not expected", span,
      "expected are the rows that are there at the end", hints: [Hint("leave the row out")])
  }
}
