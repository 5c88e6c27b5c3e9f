import Diagnostics
import Schemas

/// A connector's block or another block of options that can't be as it is.
enum OptionProblem: Problem {
  case unknownConnector(String, known: [String])
  case unknownOption(String, block: String, known: [String])
  case missing(String, block: String)
  case unsetParameter(String, type: FieldType)
  case wrongValue(String, expected: String)
  case unquoted(String, String)
  case wrongWord(String, option: String, words: [String])
  case wrongRole(connector: String, role: String, others: [String])
  case badPartition(String)
  case badPattern(String, flaw: String)
  case noBrokers
  case twice(String, first: Span)
  case twoClusters
  case sinkColumnMissing(String, columns: [String])
  case sinkColumnType(String, declared: FieldType, found: FieldType)
  case sinkColumnsExtra([String])
  case checkpointInterval
  case secretHere(String)
  case oneOf([String], found: Int)
  case ownedKey(String, reason: String)
  case formatOfRole(String, connector: String, formats: [String])
  case textColumns(isSource: Bool)
  case eventTimeColumn(String, found: FieldType)
  case noRecordTimestamp(String)
  case outOfRange(String, ClosedRange<Int64>)
  case tombstoneWithoutKey
  case tooShort(String, isAboveZero: Bool)
  case emptyText(String)
  case otherFormat(String, formats: [String], found: String)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .unknownConnector(let name, let known):
      let suggestion = Suggestion(name, among: known, at: span, otherwise: "not known")
      return .error(
        "E0401", "there is no connector `\(name)`", span, suggestion.label,
        notes: ["connectors: \(list(known))"], hints: suggestion.hints)
    case .unknownOption(let name, let block, let known):
      let suggestion = Suggestion(name, among: known, at: span)
      return .error(
        "E0402", "\(block) has no option `\(name)`", span, suggestion.label,
        notes: ["options here: \(list(known.sorted()))"], hints: suggestion.hints)
    case .missing(let name, let block):
      return .error("E0403", "\(block) needs `\(name)`", span, "add `\(name): …`")
    case .unsetParameter(let name, let type):
      return .error(
        "E0403", "param `\(name)` has no value", span, "",
        hints: [
          Hint("give it one: `--set \(name)=…`, or a default: `param \(name): \(type) = …`")
        ])
    case .wrongValue(let name, let expected):
      return .error("E0404", "`\(name)` must be \(expected)", span)
    case .wrongWord(let word, let option, let words):
      let suggestion = Suggestion(word, among: words, at: span)
      return .error(
        "E0404", "`\(word)` is no value of `\(option)`", span, suggestion.label,
        notes: ["possible here: \(list(words))"], hints: suggestion.hints)
    case .wrongRole(let connector, let role, let others):
      return .error(
        "E0405", "`\(connector)` can't be a \(role)", span, "",
        notes: ["it can be: \(list(others))"])
    case .noBrokers:
      return .error(
        "E0406", "it is not said which brokers to use", span, "",
        hints: [
          Hint("add `brokers: \"host:9092\"` here, or once: `settings { kafka: { brokers: … } }`")
        ])
    case .twice(let name, let first):
      return Diagnostic(
        code: "E0407", title: "`\(name)` is set twice", primary: Label(span, "again here"),
        secondary: [Label(first, "first here")])
    case .twoClusters:
      return .error(
        "E0408", "exactly-once sinks on two clusters", span,
        "one transaction can't span both",
        hints: [Hint("write `delivery: at_least_once` at the sinks of one of them")])
    default: return others(at: span)
    }
  }

  private func others(at span: Span) -> Diagnostic {
    switch self {
    case .unquoted(let name, let text):
      return .error(
        "E0404", "`\(name)` must be a text", span,
        hints: [Hint("put it in quotes: `\"\(text)\"`")])
    case .badPartition(let name):
      return .error(
        "E0404", "`\(name)` is no partition", span, "a partition's number stands here",
        hints: [Hint("written like `{ \"0\": 120 }`, of several topics `{ \"orders:0\": 120 }`")])
    case .badPattern(let pattern, let flaw):
      let shown = pattern.count > 24 ? pattern.prefix(23) + "…" : pattern
      return .error("E0404", "\"\(shown)\" is no regular expression", span, flaw)
    case .sinkColumnMissing(let name, let columns):
      return .error(
        "E0409", "the stream has no column `\(name)`", span, "the declared type has one",
        notes: ["columns of the stream: \(list(columns))"])
    case .sinkColumnType(let name, let declared, let found):
      return .error(
        "E0409", "column `\(name)` does not fit the declared type", span,
        "declared \(declared), the stream's is \(found)")
    case .sinkColumnsExtra(let names):
      return .error(
        "E0409", "the stream has more columns than declared", span, "",
        notes: ["not declared: \(list(names))"],
        hints: [Hint("leave them out before: `| drop \(list(names))`")])
    case .checkpointInterval:
      return .error(
        "E0410", "checkpoints more than 5m apart", span,
        "a transaction would outlive what brokers allow (15m)",
        hints: [Hint("", edits: [Edit(span, "5m")])])
    case .secretHere(let name):
      return .error(
        "E0411", "`\(name)` takes no secret", span, "its value is printed and stored")
    case .oneOf(let names, let found):
      let choice = names.map { "`\($0)`" }.joined(separator: " or ")
      return .error(
        "E0413", "exactly one of \(choice) is needed", span,
        found == 0 ? "there is none" : "there are \(found)")
    case .ownedKey(let key, let reason):
      return .error("E0414", "the engine sets `\(key)` itself", span, reason)
    case .formatOfRole(let format, let connector, let formats):
      return .error(
        "E0415", "`\(connector)` does not do `\(format)` here", span, "",
        notes: ["formats here: \(list(formats))"])
    case .textColumns(let isSource):
      let hint =
        isSource
        ? "declare one column: `string` for text, `bytes` for raw"
        : "`| map { line = … }` makes one"
      return .error(
        "E0416", "this format takes exactly one column", span, "", hints: [Hint(hint)])
    case .eventTimeColumn(let name, let found):
      return .error(
        "E0417", "event time must be a timestamp that is never null", span,
        "`\(name)` is \(article(found))")
    case .noRecordTimestamp(let connector):
      return .error(
        "E0418", "records of `\(connector)` have no timestamp", span, "",
        hints: [Hint("take a column, or `event_time: arrival`", edits: [Edit(span, "arrival")])])
    case .outOfRange(let name, let range):
      return .error(
        "E0404", "`\(name)` must be from \(range.lowerBound) to \(range.upperBound)", span)
    case .tooShort(let name, let isAboveZero):
      return .error(
        "E0404", isAboveZero ? "`\(name)` must be above zero" : "`\(name)` can't be below zero",
        span)
    case .emptyText(let name):
      return .error("E0404", "`\(name)` can't be empty", span, "write it, or leave the option out")
    case .otherFormat(let name, let formats, let found):
      return .error(
        "E0420", "`\(name)` says nothing to `\(found)`", span,
        "it is for \(list(formats.map { "`format: \($0)`" }))")
    case .tombstoneWithoutKey:
      return .error(
        "E0419", "`tombstone` needs `key`", span, "what would it delete?",
        hints: [Hint("add `key: …`, the columns that name what is deleted")])
    default:
      return .error("E0400", "this option is wrong", span)
    }
  }
}
