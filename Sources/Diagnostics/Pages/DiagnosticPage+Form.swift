extension DiagnosticPage {
  static let form: [DiagnosticPage] = [
    DiagnosticPage(
      "E0001", "the file is not UTF-8 text",
      advice: "save it as UTF-8"),
    DiagnosticPage(
      "E0002", "the file is larger than 1 MiB",
      advice: "keep data in files that a source reads"),
    DiagnosticPage(
      "E0003", "a character begins nothing",
      advice: "remove it; names with such characters stand in backticks",
      wrong: "= id $ 2",
      right: "= id * 2"),
    DiagnosticPage(
      "E0004", "a semicolon",
      advice: "the end of the line is enough",
      wrong: "type A { id: int };",
      right: "type A { id: int }"),
    DiagnosticPage(
      "E0005", "a comment of another language (`#`, `/* */`)",
      advice: "write `//`",
      wrong: ##"""
        # views per campaign
        type A { id: int }
        """##,
      right: ##"""
        // views per campaign
        type A { id: int }
        """##),
    DiagnosticPage(
      "E0006", "a text is not closed",
      advice: ##"put `"` at its end, or use `"""` for many lines"##,
      wrong: ##"| where name == "view"##,
      right: ##"| where name == "view""##),
    DiagnosticPage(
      "E0007", "a text in single quotes",
      advice: "use double quotes",
      wrong: "| where name == 'view'",
      right: ##"| where name == "view""##),
    DiagnosticPage(
      "E0008", "an unknown escape",
      advice: ##"write `\\` for a backslash, or a raw text `#"…"#`"##,
      wrong: ##"| where name matches "\d+""##,
      right: ##"| where name matches #"\d+"#"##),
    DiagnosticPage(
      "E0009", "a name in backticks is not closed or empty",
      wrong: "| map { x = `event type }",
      right: "| map { `event type` = id }"),
    DiagnosticPage(
      "E0010", "`10%3`: a percentage is meant by an attached `%`",
      advice: "write `10 % 3`",
      wrong: "= 10%3",
      right: "= 10 % 3"),
    DiagnosticPage(
      "E0011", "`10sec`, `1 minute`, `1.5h`, `30m1h`",
      advice: "whole numbers with units, the largest first: `1h30m`",
      wrong: "param period: duration = 10sec",
      right: "param period: duration = 10s"),
    DiagnosticPage(
      "E0012", "a number too large for its type",
      wrong: "= 99999999999999999999999999999999999999999999",
      right: "= 9999999999"),
    DiagnosticPage(
      "E0013",
      "an operator or form of another language (`&&`, `||`, `!`, `<>`, `=`, `is true`, `count(*)`, "
        + "`count(distinct x)`, `if(a, b, c)`, `a ? b : c`, `in (1, 2)`, `x::T`, `map { *, … }`, "
        + "`x as name` in a block, `order by`)",
      advice: "`and`, `or`, `not`, `!=`, `==`, `x ?? false`, `count()`, `count_distinct(x)`, "
        + "`if a then b else c`, `in [1, 2]`, `cast(x as T)`, `with { … }`, `name = x`, "
        + "`top N by c`",
      wrong: "| where paid && id > 1",
      right: "| where paid and id > 1"),
    DiagnosticPage(
      "E0020", "no declaration begins so",
      wrong: "streem s = e",
      right: "stream s = e | where paid"),
    DiagnosticPage(
      "E0021", "two declarations on one line",
      advice: "begin a new line",
      wrong: "type A { id: int } type B { id: int }",
      right: ##"""
        type A { id: int }
        type B { id: int }
        """##),
    DiagnosticPage(
      "E0022", "nested more than 200 deep",
      advice: "give a part a name"),
    DiagnosticPage(
      "E0023", "a bracket is not closed",
      wrong: "| map { x = (id + 1 }",
      right: "| map { x = (id + 1) }"),
    DiagnosticPage(
      "E0024", "a bracket closes nothing",
      wrong: "| map { x = id + 1) }",
      right: "| map { x = id + 1 }"),
    DiagnosticPage(
      "E0025", "something else was expected here",
      wrong: "source f: E memory",
      right: "source f: E from memory"),
    DiagnosticPage(
      "E0026", "a name was expected",
      wrong: "type { id: int }",
      right: "type A { id: int }"),
    DiagnosticPage(
      "E0027", "a value was expected",
      wrong: "| where id >",
      right: "| where id > 0"),
    DiagnosticPage(
      "E0028", "a type was expected",
      wrong: "type A { id: }",
      right: "type A { id: int }"),
  ]
}
