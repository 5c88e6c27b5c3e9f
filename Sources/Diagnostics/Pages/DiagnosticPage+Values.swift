extension DiagnosticPage {
  static let values: [DiagnosticPage] = [
    DiagnosticPage(
      "E0200", "a type is wrong in a way that has no message of its own"),
    DiagnosticPage(
      "E0201", "an operator does not take these types",
      advice: "cast one side",
      wrong: ##"= name + "!""##,
      right: ##"= name ++ "!""##),
    DiagnosticPage(
      "E0202", "an argument has the wrong type",
      wrong: "= lower(id)",
      right: "= lower(name)"),
    DiagnosticPage(
      "E0203", "the wrong number of arguments",
      wrong: "= lower(name, 1)",
      right: "= lower(name)"),
    DiagnosticPage(
      "E0204", "two types that can't be compared",
      advice: "cast one of them",
      wrong: "| where id == name",
      right: "| where cast(id as string) == name"),
    DiagnosticPage(
      "E0205", "a decimal with a float",
      advice: "say which you want: `cast(x as float)` or `cast(y as decimal(p, s))`",
      wrong: "= cost * rate",
      right: "= cast(cost as float) * rate"),
    DiagnosticPage(
      "E0206", "`x == null` is null for every row",
      advice: "`x is null`, `x is not null`",
      wrong: "| where kind == null",
      right: "| where kind is null"),
    DiagnosticPage(
      "E0207", "another type is needed in this place",
      advice: "`where` takes a bool, `by` scalars, …",
      wrong: "| where id",
      right: "| where id > 0"),
    DiagnosticPage(
      "E0208",
      "a text or number that is no value of the type, or out of its range; also for `--set`",
      wrong: ##"param day: date = "soon""##,
      right: ##"param day: date = date "2026-01-31""##),
    DiagnosticPage(
      "E0209", "no such cast",
      wrong: "= cast(at as int)",
      right: "= epoch_millis(at)"),
    DiagnosticPage(
      "E0210", "the branches of `if`, `case` or `??` have different types",
      advice: "cast them to one",
      wrong: ##"= if paid then 1 else "no""##,
      right: ##"= if paid then "yes" else "no""##),
    DiagnosticPage(
      "E0211", "null is possible where it must not be",
      advice: "settle it: `?? value`, or `where x is not null` before",
      wrong: ##"""
        function f(x: string): string = x
        stream s = e | map { k = f(kind) }
        """##,
      right: ##"""
        function f(x: string): string = x
        stream s = e | map { k = f(kind ?? "") }
        """##),
    DiagnosticPage(
      "E0212", "must be known before the first row",
      advice: "a literal or a param",
      wrong: ##"= regexp_extract(name, "(a)(b)", id)"##,
      right: ##"= regexp_extract(name, "(a)(b)", 2)"##),
    DiagnosticPage(
      "E0213", "a decimal has 1 to 38 digits, and no more decimals than digits",
      wrong: "type A { cost: decimal(50, 2) }",
      right: "type A { cost: decimal(12, 2) }"),
    DiagnosticPage(
      "E0215", "a list, struct, lambda or the like where a scalar stands",
      wrong: "= 500/s",
      right: "= 500"),
    DiagnosticPage(
      "E0216",
      ##"a constant text that is none of the possible words (`date_trunc("hours", …)`)"##,
      advice: "the note lists them",
      wrong: ##"= date_trunc("hours", at)"##,
      right: ##"= date_trunc("hour", at)"##),
    DiagnosticPage(
      "E0217", "a null or an empty list whose type nothing says",
      advice: "`cast(null as T)`, `cast([] as list<T>)`; an empty array of JSON is `json_array()`",
      wrong: "= null",
      right: "= cast(null as string)"),
    DiagnosticPage(
      "E0218", "arguments have no names here",
      advice: "leave `name:` out",
      wrong: "= lower(text: name)",
      right: "= lower(name)"),
    DiagnosticPage(
      "E0219", "`as FORMAT` at a field that is no timestamp",
      wrong: "type A { id: int as epoch_seconds }",
      right: "type A { at: timestamp as epoch_seconds }"),
    DiagnosticPage(
      "E0220", "an unknown way to read a timestamp, or an empty pattern",
      advice: "`epoch_seconds`, `epoch_millis`, `epoch_micros` or a pattern in quotes",
      wrong: "type A { at: timestamp as epoch_second }",
      right: "type A { at: timestamp as epoch_seconds }"),
    DiagnosticPage(
      "E0221",
      "a constant expression that overflows or divides by zero, or a number with more digits behind"
        + " the point than its decimal has",
      wrong: "param least: int = 1 % 0",
      right: "param least: int = 1"),
    DiagnosticPage(
      "E0222", "a member of a `json` value",
      advice: ##"`json_value(x, "$.a")`"##,
      wrong: "= doc.user",
      right: ##"= json_value(doc, "$.user")"##),
    DiagnosticPage(
      "E0223",
      "a constant that no row could be computed with: a pattern, format, JSON path or time zone "
        + "that can't be read",
      advice: "the label says what is wrong in it",
      wrong: ##"= name matches "[a-z""##,
      right: ##"= name matches "[a-z]""##),
    DiagnosticPage(
      "E0230", "a param whose type is no scalar, or `json`",
      wrong: "param rules: json = 1",
      right: ##"param rules: string = "{}""##),
  ]
}
