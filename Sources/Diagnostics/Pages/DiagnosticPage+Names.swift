extension DiagnosticPage {
  static let names: [DiagnosticPage] = [
    DiagnosticPage(
      "E0100", "a name is wrong in a way that has no message of its own"),
    DiagnosticPage(
      "E0101", "no stream or source of that name",
      advice: "declare it, or take the name that is suggested",
      wrong: "stream s = evnts | where paid",
      right: "stream s = e | where paid"),
    DiagnosticPage(
      "E0102", "no column of that name here",
      advice: "the note lists the columns; `map`, `drop` and `rename` before change them",
      wrong: ##"| where nmae == "x""##,
      right: ##"| where name == "x""##),
    DiagnosticPage(
      "E0103", "no type of that name",
      advice: "declare `type NAME { … }`",
      wrong: "type A { id: integer }",
      right: "type A { id: int }"),
    DiagnosticPage(
      "E0104", "no function of that name",
      advice: "[functions.md](functions.md) lists them",
      wrong: "= lowr(name)",
      right: "= lower(name)"),
    DiagnosticPage(
      "E0105", "declared twice",
      advice: "rename one; sources, tables and streams share one name space",
      wrong: ##"""
        type A { id: int }
        type A { name: string }
        """##,
      right: ##"""
        type A { id: int }
        type B { name: string }
        """##),
    DiagnosticPage(
      "E0106", "a stream, directly or not, feeds itself",
      advice: "streams go one way",
      wrong: ##"""
        stream a = b | where paid
        stream b = a | where paid
        """##,
      right: ##"""
        stream a = e | where paid
        stream b = a | where paid
        """##),
    DiagnosticPage(
      "E0107", "no param of that name",
      advice: "declare `param NAME: TYPE`",
      wrong: ##"""
        param least: int = 3
        stream s = e | where id > param.lest
        """##,
      right: ##"""
        param least: int = 3
        stream s = e | where id > param.least
        """##),
    DiagnosticPage(
      "E0108", "the stream has no such further output",
      advice: "the note lists them: `late`, `unmatched`, `capped`, `expired`, `failed`, `errors`",
      wrong: ##"""
        stream s = e | where paid
        sink s.late to print
        """##,
      right: ##"""
        stream s = e | window tumbling 1m { n = count() }
        sink s.late to print
        """##),
    DiagnosticPage(
      "E0110", "several stages of the stream have this output",
      advice: "name the stage, `as w`, and write `S.w.late`",
      wrong: ##"""
        stream s = e
          | window tumbling 1m by id { n = count() }
          | window tumbling 1h by id { n = sum(n) } on_error skip
        sink s.late to print
        """##,
      right: ##"""
        stream s = e
          | window tumbling 1m by id { n = count() } as minutes
          | window tumbling 1h by id { n = sum(n) } on_error skip
        sink s.minutes.late to print
        """##),
    DiagnosticPage(
      "E0111", "two columns of one name in a block",
      advice: "rename one",
      wrong: "| map { id, id = id + 1 }",
      right: "| map { id, next = id + 1 }"),
    DiagnosticPage(
      "E0113", "no table of that name",
      advice: "a source is no table; declare `table NAME: TYPE key … from …`",
      wrong: "| enrich users on id",
      right: "| where paid"),
    DiagnosticPage(
      "E0114", "a table stands where a stream must",
      advice: "look it up: `enrich TABLE on …`",
      wrong: ##"""
        table users: E key id from memory
        stream s = users | where paid
        """##,
      right: ##"""
        table users: E key id from memory
        stream s = e | map { id } | enrich users on id
        """##),
    DiagnosticPage(
      "E0115", "no side was joined `as` this name",
      wrong: "| map { id, u.* }",
      right: "| map { id }"),
    DiagnosticPage(
      "E0116", "a function has the name of something that the language has",
      advice: "rename it; functions, aggregates, methods of lists and words such as `if` are taken",
      wrong: ##"""
        function lower(x: string): string = "<\(x)>"
        stream s = e | map { x = lower(name) }
        """##,
      right: ##"""
        function bracket(x: string): string = "<\(x)>"
        stream s = e | map { x = bracket(name) }
        """##),
    DiagnosticPage(
      "E0120", "an imported file can't be read",
      advice: "the path is relative to the file that imports it",
      wrong: ##"import "nowhere.raudal""##),
    DiagnosticPage(
      "E0121", "a file is imported by what it imports",
      advice: "put what both need into a third file",
      wrong: ##"import "example.raudal""##,
      right: ##"import "types.raudal""##),
    DiagnosticPage(
      "E0122", "an imported file declares something else than types and functions",
      advice: "move it to the pipeline's own file",
      wrong: ##"import "pipeline.raudal""##,
      right: ##"import "types.raudal""##),
    DiagnosticPage(
      "E0123", "more than 100 files are imported",
      advice: "most likely a link that leads in a circle",
      wrong: ##"import "circle/types.raudal""##,
      right: ##"import "types.raudal""##),
    DiagnosticPage(
      "W0101", "a column hides the param of its name",
      advice: "`param.NAME` reaches the param",
      wrong: ##"""
        param name: string = "x"
        stream s = e | where name == "y"
        sink s to print
        """##,
      right: ##"""
        param wanted: string = "x"
        stream s = e | where name == wanted
        sink s to print
        """##),
    DiagnosticPage(
      "W0102", "a stream, source or table that no sink depends on",
      advice: "remove it, or write it out",
      wrong: ##"""
        stream s = e | where paid
        sink e to print
        """##,
      right: ##"""
        stream s = e | where paid
        sink s to print
        """##),
    DiagnosticPage(
      "W0103", "a param that nothing names",
      advice: "remove it",
      wrong: ##"""
        param least: int = 3
        stream s = e | where id > 3
        sink s to print
        """##,
      right: ##"""
        param least: int = 3
        stream s = e | where id > least
        sink s to print
        """##),
    DiagnosticPage(
      "W0104", "a type that nothing names",
      advice: "remove it, or put it into a file of its own that is imported",
      wrong: ##"""
        type Old { id: int }
        sink e to print
        """##,
      right: "sink e to print"),
    DiagnosticPage(
      "W0105", "a function that nobody calls",
      advice: "remove it, or call it",
      wrong: ##"""
        function twice(n: int): int = n + n
        sink e to print
        """##,
      right: ##"""
        function twice(n: int): int = n + n
        stream s = e | map { x = twice(id) }
        sink s to print
        """##),
    DiagnosticPage(
      "W0106", "an import of which no type or function is named here",
      advice: "remove it",
      wrong: ##"""
        import "types.raudal"
        sink e to print
        """##,
      right: ##"""
        import "types.raudal"
        source f: Shared from memory { on_error: skip }
        sink f to print
        """##),
    DiagnosticPage(
      "W0107", "a parameter of a function that its body does not name",
      advice: "leave it out, here and in the calls",
      wrong: ##"""
        function twice(n: int, m: int): int = n + n
        stream s = e | map { x = twice(id, 1) }
        sink s to print
        """##,
      right: ##"""
        function twice(n: int): int = n + n
        stream s = e | map { x = twice(id) }
        sink s to print
        """##),
    DiagnosticPage(
      "W0108", "a model that no `infer` asks", advice: "remove it",
      wrong: ##"model m using onnx { path: "m.onnx", input: { x: float }, output: { p: float } }"##,
      right: ##"""
        model m using onnx { path: "m.onnx", input: { x: float }, output: { p: float } }
        stream s = e | infer m(rate) as c
        sink s to print
        """##),
    DiagnosticPage(
      "W0109", "a task that no `execute` carries out", advice: "remove it",
      wrong: ##"task t using http { url: "https://x.example/", idempotency_key: id }"##,
      right: ##"""
        task t using http { url: "https://x.example/", idempotency_key: id }
        stream s = e | execute t as r
        sink s to print
        """##),
  ]
}
