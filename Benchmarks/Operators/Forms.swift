/// What can be measured by name: `OperatorBenchmark SUBJECT FORM KEYS`.
enum Forms {
  private static let all: [(subject: String, forms: [String])] = [
    ("dedupe", ["engine", "loop"]), ("sessions", ["engine", "loop"]),
    ("keyed", ["fold", "funnel", "match", "aggregate"]),
    ("join", joins), ("running-join", joins + ["loop"]),
    ("marketing", ["last", "linear", "decay", "cap", "anomaly"]),
    (
      "sketches",
      [
        "approx_count_distinct", "count_distinct", "approx_percentile", "percentile", "approx_top",
      ]
    ),
    ("held", ["top", "last", "over", "over-time"]),
    (
      "windows",
      [
        "plain", "late", "early", "tumbling", "hopping", "tumbling-extremes",
        "hopping-extremes", "hopping-late", "hopping-early",
      ]
    ),
    ("cohorts", ["experiment", "retention"]), ("lookups", ["latest"]),
  ]
  private static let joins = ["inner", "left", "right", "full", "semi", "anti"]

  static func has(_ form: String, of subject: String) -> Bool {
    all.contains { $0.subject == subject && $0.forms.contains(form) }
  }

  static var list: String {
    all.map { "\($0.subject) \($0.forms.joined(separator: "|")) KEYS" }
      .joined(separator: "\n")
  }
}
