import Diagnostics

/// What a name that nothing uses was declared as.
enum UnusedKind: String {
  case param, type, function, model, task
}

/// A name that stands for nothing, for two things, or for itself.
enum NameProblem: Problem {
  case unknownStream(String, known: [String])
  case notATable(String, tables: [String])
  case tableAsStream(String)
  case unknownColumn(String, columns: [String], parameters: [String] = [])
  case streamBeforeColumn(String, column: String)
  case unknownType(String, known: [String])
  case unknownFunction(String, known: [String])
  case declaredTwice(String, what: String, first: Span)
  case cycle([String])
  case unknownParameter(String, known: [String])
  case noSuchOutput(stream: String, output: String, available: [String])
  case ambiguousOutput(stream: String, output: String, stages: [String])
  case columnTwice(String, first: Span)
  case columnHidesParameter(String)
  case unusedStream(String, what: String, Edit?)
  case unusedName(String, what: UnusedKind, Edit?)
  case unusedImport(String, Edit?)
  case unusedParameter(String, function: String)
  case unknownInFunction(String, parameters: [String], params: [String])
  case onlyInOptions(String)
  case inconstant(String)
  case unknownSide(String, sides: [String])
  case functionTaken(String, FunctionName.Owner)

  func diagnostic(at span: Span) -> Diagnostic {
    switch self {
    case .unknownStream(let name, let known):
      let suggestion = Suggestion(name, among: known, at: span, otherwise: "not declared")
      return .error(
        "E0101", "there is no stream or source `\(name)`", span, suggestion.label,
        notes: known.isEmpty ? [] : ["declared here: \(list(known))"], hints: suggestion.hints)
    case .notATable(let name, let tables):
      let suggestion = Suggestion(name, among: tables, at: span, otherwise: "not a table")
      return .error(
        "E0113", "there is no table `\(name)`", span, suggestion.label,
        notes: tables.isEmpty ? [] : ["tables here: \(list(tables))"], hints: suggestion.hints)
    case .tableAsStream(let name):
      return .error(
        "E0114", "`\(name)` is a table, not a stream", span, "a stream or source stands here",
        hints: [Hint("a table is looked up: `| enrich \(name) on …`")])
    case .unknownColumn(let name, let columns, let parameters):
      let suggestion = Suggestion(name, among: columns + parameters, at: span)
      let known =
        columns.isEmpty ? "there are none here" : "columns here: \(list(columns.sorted()))"
      let units = ["second": "1s", "minute": "1m", "hour": "1h", "day": "1d", "week": "7d"]
      let unit = columns.isEmpty ? units[name] : nil
      return .error(
        "E0102", "`\(name)` is not a column here", span, suggestion.label,
        notes: [known] + (parameters.isEmpty ? [] : ["params: \(list(parameters.sorted()))"]),
        hints: suggestion.hints + (unit.map { [Hint("a duration is written `\($0)`")] } ?? []))
    case .streamBeforeColumn(let stream, let column):
      return .error(
        "E0102", "`\(stream)` is a stream, not a column here", span,
        "write `\(column)`: a column stands alone",
        hints: [Hint("", edits: [Edit(span, column)])])
    case .unknownType(let name, let known):
      let suggestion = Suggestion(name, among: known, at: span, otherwise: "not declared")
      return .error(
        "E0103", "there is no type `\(name)`", span, suggestion.label, hints: suggestion.hints)
    case .declaredTwice(let name, let what, let first):
      return Diagnostic(
        code: "E0105", title: "\(what) `\(name)` is declared twice",
        primary: Label(span, "again here"), secondary: [Label(first, "first here")])
    case .cycle(let names):
      return .error(
        "E0106", "`\(names.first ?? "")` feeds itself", span, "part of a circle",
        notes: ["the circle: \(names.joined(separator: " → "))"])
    default: return others(at: span)
    }
  }

  private func others(at span: Span) -> Diagnostic {
    switch self {
    case .unknownParameter(let name, let known):
      let suggestion = Suggestion(name, among: known, at: span, otherwise: "not declared")
      return .error(
        "E0107", "there is no param `\(name)`", span, suggestion.label,
        notes: known.isEmpty ? [] : ["params here: \(list(known))"], hints: suggestion.hints)
    case .noSuchOutput(let stream, let output, let available):
      let suggestion = Suggestion(output, among: available, at: span)
      return .error(
        "E0108", "`\(stream)` has no output `\(output)`", span, suggestion.label,
        notes: [
          available.isEmpty
            ? "`\(stream)` has no further outputs" : "its outputs: \(list(available))"
        ], hints: suggestion.hints)
    case .ambiguousOutput(let stream, let output, let stages):
      return .error(
        "E0110", "`\(stream)` has several outputs `\(output)`", span,
        "of which stage?", notes: stages.isEmpty ? [] : ["named stages: \(list(stages))"],
        hints: [
          Hint("name the stage, `| … as w`, and write `\(stream).w.\(output)`")
        ])
    case .columnTwice(let name, let first):
      return Diagnostic(
        code: "E0111", title: "column `\(name)` stands here twice",
        primary: Label(span, "again here"), secondary: [Label(first, "first here")])
    case .unknownSide(let name, let sides):
      return .error(
        "E0115", "`\(name)` is not a joined side here", span, "",
        notes: [sides.isEmpty ? "no side was joined `as` a name" : "sides here: \(list(sides))"])
    case .functionTaken(let name, let owner):
      return .error(
        "E0116", "`\(name)` is \(owner.rawValue)", span, "a function needs a name of its own",
        notes: ["a call of `\(name)` could mean either"])
    default: return functionProblem(at: span)
    }
  }
}

/// `a, b, c`; long lists are cut.
func list(_ names: [String], limit: Int = 24) -> String {
  let shown = names.prefix(limit).joined(separator: ", ")
  return names.count > limit ? shown + ", … (\(names.count))" : shown
}
