import Diagnostics
import Plans

/// A stream that updates rows where that cannot be.
enum UpdateProblem: Problem {
  case refused(stage: String, mode: StreamMode)
  case order(String)
  case sketch(String)
  case sinkTakesNone(mode: StreamMode, connector: String, fix: Edit?)
  case upsertConnector(String)
  case upsertWithoutKey
  case upsertKey([String]?, written: [String], fix: Edit?)
  case sourceWithoutKey(fix: Edit?)
  case keyOfNothing(isSource: Bool, fix: Edit?)
  case formSaidTwice
  case timeOfNoColumn
  case changesInParallel(fix: Edit?)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .refused(let stage, let mode):
      return .error(
        "E0391", "`\(stage)` takes no stream that updates rows it gave before", span,
        "this one \(mode)", hints: [Hint(Self.hint(stage))])
    case .order(let function):
      return .error(
        "E0392", "`\(function)` needs event time over a stream that updates", span,
        "nothing else says which of the rows that are left came first",
        hints: [
          Hint("give the source `event_time:`, or take `min`, `max`, `arg_min` or `arg_max`")
        ])
    case .sketch(let function):
      return .error(
        "E0480", "`\(function)` can't take rows back", span,
        "this stream updates, and a sketch doesn't know which values it was made of",
        hints: [Hint(Self.exact(instead: function))])
    case .sinkTakesNone(let mode, let connector, let fix):
      return .error(
        "E0393", "the sink does not say how it takes updates", span,
        "this stream \(mode)",
        hints: [Hint(Self.forms(connector), edits: fix.map { [$0] } ?? [])])
    case .upsertConnector(let connector):
      return .error(
        "E0394", "`updates: upsert` is for `kafka` and files of JSON", span,
        "\(connector) holds no rows that newer ones replace",
        hints: [Hint("take `updates: debezium`, or `updates: final` for what is left at the end")])
    case .upsertWithoutKey:
      return .error(
        "E0395", "`updates: upsert` needs `key:`", span, "no row replaces another without")
    case .upsertKey(let key, let written, let fix): return Self.key(key, written, fix, span)
    case .sourceWithoutKey, .keyOfNothing, .formSaidTwice, .timeOfNoColumn, .changesInParallel:
      return ofSource(span)
    }
  }

  private func ofSource(_ span: Span) -> Diagnostic {
    switch self {
    case .keyOfNothing(let isSource, let fix):
      return .error(
        "E0422", "`key:` says nothing here", span,
        isSource
          ? "each record of this source is a row for itself" : "records of files have no keys",
        hints: [
          Hint(
            isSource
              ? "with `updates: upsert` a record is the newest row of its key"
              : "leave it out; only `updates: upsert` needs it", edits: fix.map { [$0] } ?? [])
        ])
    case .formSaidTwice:
      return .error(
        "E0423", "`format: debezium` says already how rows change", span,
        "changes are no whole rows that replace each other", hints: [Hint("leave `updates:` out")])
    case .timeOfNoColumn:
      return .error(
        "E0424", "changes without `key:` take their event time from a column", span,
        "of the row before a record says nothing else",
        hints: [Hint("give the source a `key:`, then what rows were is kept")])
    case .changesInParallel(let fix):
      return .error(
        "E0490", "changes can't be read from several files at a time", span,
        "the order of the files says which row of a key is the newest",
        hints: [Hint("leave `parallel: true` out", edits: fix.map { [$0] } ?? [])])
    case .sourceWithoutKey(let fix):
      return .error(
        "E0421", "`updates: upsert` needs `key:`", span,
        "nothing else says which row a record replaces",
        hints: [Hint("name the columns of the key", edits: fix.map { [$0] } ?? [])])
    default: return .error("E0421", "a source that cannot bring updates", span)
    }
  }

  private static func hint(_ stage: String) -> String {
    switch stage {
    case "window", "dedupe", "over", "fold", "funnel", "match", "attribute", "frequency_cap",
      "anomaly", "sessionize", "retention", "experiment":
      "put it before the stage that updates, or write the stream with `updates: debezium` and read "
        + "its changes"
    case "join":
      "leave `within` out: a join of all rows so far takes them, and updates in turn"
    default: "put it before the stage that updates"
    }
  }

  private static func exact(instead sketch: String) -> String {
    switch sketch {
    case "approx_count_distinct": "take `count_distinct`, which keeps the values"
    case "approx_percentile": "take `percentile`, which keeps the values"
    default: "count by the value, `aggregate by … { n = count() }`, and take the `top` of these"
    }
  }

  private static func forms(_ connector: String) -> String {
    let isKeyed = connector == "kafka" || connector == "file"
    let upsert = isKeyed ? "`updates: upsert` writes the newest row of each key, " : ""
    return upsert + "`updates: debezium` each change, `updates: final` what is left at the end"
  }

  private static func key(
    _ key: [String]?, _ written: [String], _ fix: Edit?, _ span: Span
  ) -> Diagnostic {
    guard let key else {
      return .error(
        "E0395", "this stream updates without a key, so no row replaces another", span,
        "`updates: upsert` needs a key",
        hints: [
          Hint("aggregate it by its key, or take `updates: debezium`")
        ])
    }
    guard !key.isEmpty else {
      return .error(
        "E0395", "this stream is one row, and has no column for a key", span,
        "`updates: upsert` needs a key",
        hints: [Hint("give it one: `aggregate by all = \"all\" { … }`, and `key: all`")])
    }
    let names = key.count == 1 ? key[0] : "[\(key.joined(separator: ", "))]"
    let label =
      written.isEmpty ? "it has no `key:`" : "these are not the columns by which it updates"
    return .error(
      "E0395", "`updates: upsert` needs the key by which the stream updates", span, label,
      hints: [Hint("write `key: \(names)`", edits: fix.map { [$0] } ?? [])])
  }
}
