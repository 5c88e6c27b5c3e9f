/// The words that begin something. None is reserved: each counts only where that may begin.
package enum Keywords {
  package static let declarations = [
    "pipeline", "param", "type", "source", "table", "model", "task", "function", "stream", "sink",
    "checkpoint", "settings", "test", "import",
  ]

  package static let stages = [
    "where", "map", "with", "drop", "rename", "flatten", "union", "key", "dedupe", "enrich", "join",
    "left", "right", "full", "semi", "anti", "window", "aggregate", "top", "over", "match",
    "funnel", "fold", "attribute", "frequency_cap", "anomaly", "sessionize", "retention",
    "experiment", "infer", "execute", "sample", "limit", "throttle",
  ]

  package static let types = [
    "bool", "int", "float", "decimal(p, s)", "string", "bytes", "timestamp", "date", "duration",
    "list<T>", "map<string, T>", "struct { … }", "json",
  ]

  /// What is an operator, a condition or a value where an expression stands.
  package static let expressions: Set<String> = [
    "if", "then", "else", "case", "not", "and", "or", "in", "is", "between", "like", "matches",
    "true", "false", "null", "where",
  ]

  package static let windows = ["tumbling", "hopping", "cumulative", "session", "count"]

  package static let windowClauses = ["offset", "zone", "by", "emit", "allow"]

  /// What ends a clause of a stage and begins the next one.
  static let clauses = [
    "as", "by", "else", "expire", "of", "on", "on_error", "per", "required", "steered", "within",
  ]

  package static let errorRoutes = ["fail", "skip", "dead_letter"]

  package static let testSteps = ["given", "advance", "expect", "then"]
}

/// Bounds that keep any input from using up time, memory or stack.
package enum ParserLimits {
  /// Levels of brackets, and of nodes in an expression.
  package static let depth = 200
  /// Of a column's name `a.b.c`, dots included.
  static let nameTokens = 31
  /// Bytes of a file: 1 MiB, some ten thousand lines.
  package static let bytes = 1_048_576
  /// Messages for a file.
  package static let diagnostics = 20
  /// Problems that are collected to choose those messages from: past these a file is noise, and
  /// the rest of it is not read.
  package static let problems = 200
}
