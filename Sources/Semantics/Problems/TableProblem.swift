import Diagnostics
import Plans
import Schemas

/// A table, or a look-up in one, that cannot be as it is written.
enum TableProblem: Problem {
  case needsAsOf(table: String, fix: Edit?)
  case otherTime(fix: Edit?)
  case noVersions(table: String)
  case onlyLatest(table: String)
  case updatingRows(table: String, mode: StreamMode)
  case otherKey(mode: StreamMode, key: [String]?, declared: [String])
  case timelessExpiry(fix: Edit?)
  case startsLater
  case keySaidTwice
  case keepsRows(table: String)
  case expiryWithoutVersions
  /// A table that is asked.
  case asked(table: String)
  case nothingExpires(table: String)
  case fallbackLacks([String], table: String)
  case keyType(String, DataType, table: String)
  /// An option of tables that are asked, of one that is read whole.
  case notAsked(String)
  /// Options of which exactly one must be there.
  case choice([String], isDouble: Bool)
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
    case .noVersions(let table):
      return .error(
        "E0352", "`\(table)` keeps no versions", span, "it is read whole, before the streams start",
        hints: [
          Hint("declare it `versioned`, from a source with an event time")
        ])
    case .expiryWithoutVersions:
      return .error(
        "E0353", "rows of a table that is read whole stay", span, "only versions expire",
        hints: [Hint("leave `expire after` out, or declare the table `versioned`")])
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
    case .asked, .nothingExpires, .fallbackLacks, .choice, .keyType, .notAsked:
      return asked(at: span)
    default: return latest(at: span)
    }
  }

  /// Of tables that are asked.
  private func asked(at span: Span) -> Diagnostic {
    switch self {
    case .fallbackLacks(let columns, let table):
      return .error(
        "E0530", "a required match may not fall back to nulls", span,
        "`\(table)`'s fallback says nothing of \(list(columns))",
        hints: [
          Hint("name them in the table's `fallback`, or leave `required` out")
        ])
    case .choice(let names, isDouble: true):
      return .error(
        "E0532", "a table's rows are said twice", span, "one of \(list(names)) is enough",
        hints: [Hint("leave it out, or the other one")])
    case .choice(let names, isDouble: false):
      return .error(
        "E0532", "a table that is asked must say what is", span, "it has none of \(list(names))",
        hints: [Hint("add `\(names[0]): …`")])
    case .keyType(let key, let type, let table):
      return .error(
        "E0533", "`\(table)` cannot be asked for a \(type)", span,
        "`\(key)` is \(type), and a server compares it in its own way, if at all",
        hints: [
          Hint("keys of tables that are asked are string, int, bool, decimal, date or timestamp")
        ])
    case .nothingExpires(let table):
      return .error(
        "E0531", "rows of a table that is asked are not kept", span, "`\(table)` keeps none",
        hints: [Hint("leave it out; `cache: 10m` in the block says how long an answer counts")])
    case .notAsked(let option):
      return .error(
        "E0557", "a table with `refresh` is read whole", span,
        "`\(option)` says how a table is asked",
        hints: [Hint("leave it out, or `refresh`, and rows are asked for by their keys")])
    case .asked(let table):
      return .error(
        "E0352", "`\(table)` keeps no versions", span, "it is asked, and answers what it holds now",
        hints: [Hint("leave it out")])
    default: return latest(at: span)
    }
  }

  /// Of tables of latest rows.
  private func latest(at span: Span) -> Diagnostic {
    switch self {
    case .onlyLatest(let table):
      return .error(
        "E0352", "`\(table)` keeps no versions", span, "only the latest row of each key is there",
        hints: [
          Hint("leave it out, or declare the table `versioned`; its rows need an event time then")
        ])
    case .updatingRows(let table, let mode):
      return .error(
        "E0440", "rows that are updated can't ask a table that is elsewhere", span,
        "this stream \(mode)",
        notes: [
          "what a row was is asked for anew when it is taken back, and `\(table)` may have changed"
        ],
        hints: [Hint("put the `enrich` before the stage that updates")])
    case .otherKey(let mode, let key, let declared):
      let own = key.map { "write `key \(list($0))`, or " } ?? ""
      return .error(
        "E0441", "a table of a stream that updates has the key of its updates", span,
        "this stream \(mode)",
        hints: [Hint("\(key == [] ? "" : own)aggregate it by \(list(declared))")])
    case .timelessExpiry(let fix):
      return .error(
        "E0442", "rows without an event time do not expire", span, "nothing says how old they are",
        hints: [
          Hint("give the source `event_time:`, or leave `expire after` out", edits: edits(fix))
        ])
    case .keepsRows(let table):
      return .warning(
        "W0335", "the rows of `\(table)` are kept for ever", span,
        "each key that came holds one, and keys come without end",
        hints: [Hint("write `expire after 30d` behind the key")])
    case .keySaidTwice:
      return .error(
        "E0444", "a table says its key behind its name", span, "not here",
        hints: [Hint("leave `key` out")])
    default:
      return .error(
        "E0443", "a table is read from its beginning", span, "this leaves rows out",
        hints: [Hint("leave `start` out")])
    }
  }

  private func edits(_ fix: Edit?) -> [Edit] { fix.map { [$0] } ?? [] }
}
