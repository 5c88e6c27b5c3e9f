import Diagnostics
import Plans
import Schemas

/// A table that cannot steer tasks.
enum SteeringProblem: Problem {
  case versioned(table: String)
  case asked(table: String)
  case expires(table: String)
  case keyCount(table: String, Int)
  case keyType(table: String, Field)
  case noState(table: String, columns: [String])
  case type(Field, wanted: DataType)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .noState(let table, let columns):
      let state = SteeringSpec.stateColumn
      return .error(
        "E0571", "`\(table)` does not say which tasks run", span, "it has no column `\(state)`",
        notes: ["its columns: \(list(columns))", Self.words],
        hints: [Hint("add `\(state): string` to its type")])
    case .type(let field, let wanted) where field.name == SteeringSpec.stateColumn:
      return .error(
        "E0571", "`\(field.name)` of a table that steers is \(article(FieldType(wanted)))", span,
        "this one is \(field.fieldType)", notes: [Self.words],
        hints: [Hint("declare it as `\(field.name): \(wanted)`")])
    case .type(let field, let wanted):
      return .error(
        "E0572", "`\(field.name)` of a table that steers is \(article(FieldType(wanted)))", span,
        "this one is \(field.fieldType)", notes: ["it says how many calls begin in a second"],
        hints: [Hint("declare it as `\(field.name): \(wanted)?`, or call it otherwise")])
    default: return unfit(at: span)
    }
  }

  private static let words = "states: running, paused, cancelled"

  /// A table that is none of the latest rows of its keys.
  private func unfit(at span: Span) -> Diagnostic {
    let (reason, hint) = unfitness
    return .error("E0570", "this table can't steer tasks", span, reason, hints: [Hint(hint)])
  }

  private var unfitness: (reason: String, hint: String) {
    switch self {
    case .versioned(let table):
      (
        "`\(table)` says what was so at event times, and tasks are done by the clock",
        "declare it without `versioned`"
      )
    case .asked(let table):
      (
        "`\(table)` is asked, and does not tell when something changes",
        "let it be read anew with `refresh`, or take one from kafka or from a stream"
      )
    case .expires(let table):
      ("rows of `\(table)` expire, and a pause would end so", "leave `expire after` out")
    case .keyCount(let table, let count):
      ("`\(table)` has \(count) keys", "take one of a single key, such as `key job`")
    case .keyType(let table, let key):
      (
        "its key `\(key.name)` is \(article(key.fieldType))",
        "let the key of `\(table)` be a `string` or an `int`"
      )
    default: ("", "")
    }
  }
}
