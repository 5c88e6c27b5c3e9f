extension DiagnosticPage {
  static let joins: [DiagnosticPage] = [
    DiagnosticPage(
      "E0360", "`on c` where not both streams have a column `c`",
      advice: "of columns with different names `on a == n.b`, with `as n`",
      wrong: ##"""
        stream o = e | map { who = id }
        stream s = e | join o on who within 1h
        """##,
      right: ##"""
        stream o = e | map { who = id }
        stream s = e | join o on id == who within 1h
        """##),
    DiagnosticPage(
      "E0361", "a join without columns that are to be equal: rows are brought together by them",
      advice: "`on COLUMN`, or `on a == n.b`, with further conditions behind `and`",
      wrong: "| join e as o on rate > o.rate within 1h",
      right: "| join e as o on id == o.id and rate > o.rate within 1h"),
    DiagnosticPage(
      "E0362", "a column of both joined streams, which no name tells apart",
      advice: "`join S as n on …`, then `n.column`",
      wrong: "| join e on id within 1h",
      right: "| join e as o on id within 1h"),
    DiagnosticPage(
      "E0363",
      "`within same window` of rows that came out of no window, or no longer have its "
        + "`window_start` and `window_end`",
      advice: "a window before, on both sides; or a span of time, `within 1h`",
      wrong: "| join e as o on id within same window",
      right: ##"""
        stream a = e | window tumbling 1m by id { n = count() }
        stream b = e | window tumbling 1m by id { m = sum(rate) }
        stream s = a | join b on id within same window
        """##),
  ]
}
