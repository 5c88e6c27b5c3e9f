import Diagnostics
import Schemas

/// A table, or a look-up in one, that cannot be as it is written.
enum TableProblem: Problem {
  case needsAsOf(table: String, fix: Edit?)
  case otherTime(fix: Edit?)
  case noVersions(table: String, fix: Edit?)
  case expiryWithoutVersions
  case latestOfStream
  case columnMissing(String, columns: [String])
  case columnType(String, declared: FieldType, found: FieldType)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .needsAsOf(let table, let fix):
      return .error(
        "E0350", "`\(table)` is versioned, and this does not say as of when", span,
        "which version?",
        hints: [
          Hint("write `as of event_time`: as it was at each row's event time", edits: edits(fix))
        ])
    case .otherTime(let fix):
      return .error(
        "E0351", "versions are looked up at each row's event time", span, "not at another",
        hints: [
          Hint(
            "write `as of event_time`; another time can be the source's `event_time`",
            edits: edits(fix))
        ])
    case .noVersions(let table, let fix):
      return .error(
        "E0352", "`\(table)` keeps no versions", span, "it is read whole, before the streams start",
        hints: [
          Hint("declare it `versioned`, from a source with an event time", edits: edits(fix))
        ])
    case .expiryWithoutVersions:
      return .error(
        "E0353", "rows of a table that is read whole stay", span, "only versions expire",
        hints: [Hint("leave `expire after` out, or declare the table `versioned`")])
    case .latestOfStream:
      return .error(
        "E0390", "a table of the latest rows of a stream comes in a later version", span,
        "not in this version yet",
        hints: [Hint("declare it `versioned`, and look it up `as of event_time`")])
    case .columnMissing(let name, let columns):
      return .error(
        "E0354", "the stream has no column `\(name)`, which the table's type declares", span, "",
        notes: ["its columns: \(list(columns))"],
        hints: nearestWord(to: name, among: columns).map { [Hint("did you mean `\($0)`?")] } ?? [])
    case .columnType(let name, let declared, let found):
      return .error(
        "E0354", "the stream's `\(name)` is \(found), and the table's type declares \(declared)",
        span, "",
        hints: [Hint("change the type, or the column in a `map` before")])
    }
  }

  private func edits(_ fix: Edit?) -> [Edit] { fix.map { [$0] } ?? [] }
}
