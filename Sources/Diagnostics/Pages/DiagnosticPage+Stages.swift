extension DiagnosticPage {
  static let stages: [DiagnosticPage] = [
    DiagnosticPage(
      "E0300", "a stage is wrong in a way that has no message of its own"),
    DiagnosticPage(
      "E0301", "the stage needs event time and the source says none",
      advice: "`event_time: COLUMN`, `meta.timestamp` or `arrival` at the source",
      wrong: ##"""
        type A { id: int }
        source a: A from memory
        stream s = a | window tumbling 1m { n = count() }
        """##,
      right: ##"""
        type A { id: int }
        source a: A from memory { event_time: arrival }
        stream s = a | window tumbling 1m { n = count() }
        """##),
    DiagnosticPage(
      "E0302", "a span or number must be above zero",
      wrong: "| window tumbling 0s { n = count() }",
      right: "| window tumbling 10s { n = count() }"),
    DiagnosticPage(
      "E0303", "hopping windows with gaps: rows would be lost",
      advice: "`every` at most the window",
      wrong: "| window hopping 1m every 2m { n = count() }",
      right: "| window hopping 2m every 1m { n = count() }"),
    DiagnosticPage(
      "E0304", "an aggregate where there is one row",
      advice: "aggregates stand in a `window`, an `aggregate` or an `over`",
      wrong: "= sum(id)",
      right: "= id"),
    DiagnosticPage(
      "E0305", "a column that has many values in a window",
      advice: "aggregate it, or group `by` it",
      wrong: "| window tumbling 1m by id { who = name }",
      right: "| window tumbling 1m by id { who = first(name) }"),
    DiagnosticPage(
      "E0306", "an aggregate inside an aggregate",
      wrong: "| window tumbling 1m { n = sum(count()) }",
      right: "| window tumbling 1m { n = count() }"),
    DiagnosticPage(
      "E0307", "a filter in a function that is no aggregate",
      wrong: "= lower(name where paid)",
      right: "= if paid then lower(name) else name"),
    DiagnosticPage(
      "E0308", "the wrong number of key columns",
      advice: "the note says the table's key",
      wrong: ##"""
        table t: E key id, name from memory
        stream s = e | map { id } | enrich t on id
        """##,
      right: ##"""
        table t: E key id, name from memory
        stream s = e | map { id, n = name } | enrich t on (id, n)
        """##),
    DiagnosticPage(
      "E0309", "the table has a column of a name that is here already",
      advice: "`enrich T on … as n`, then `n.column`",
      wrong: ##"""
        table t: E key id from memory
        stream s = e | enrich t on id
        """##,
      right: ##"""
        table t: E key id from memory
        stream s = e | enrich t on id as other
        """##),
    DiagnosticPage(
      "E0310", "the name of a side is taken",
      wrong: ##"""
        table t: E key id from memory
        stream s = e | enrich t on id as name
        """##,
      right: ##"""
        table t: E key id from memory
        stream s = e | enrich t on id as other
        """##),
    DiagnosticPage(
      "E0311", "`union` of streams with different columns",
      advice: "`map` both to the same names and types",
      wrong: ##"""
        type A { id: string }
        source a: A from memory
        stream s = a | union e
        """##,
      right: ##"""
        stream a = e | map { id }
        stream s = e | map { id } | union a
        """##),
    DiagnosticPage(
      "E0312", "no column would be left",
      wrong: "| map { id } | drop id",
      right: "| map { id, name } | drop id"),
    DiagnosticPage(
      "E0313", "nothing goes out",
      advice: "add a `sink`; a file of types and functions alone is a library and needs none",
      wrong: "stream s = e | where paid",
      right: ##"""
        stream s = e | where paid
        sink s to print
        """##),
    DiagnosticPage(
      "E0315", "a function calls itself, directly or not",
      advice: "the note shows the circle",
      wrong: "function f(n: int): int = f(n - 1)",
      right: "function f(n: int): int = n - 1"),
    DiagnosticPage(
      "E0316", "a key that is an expression has no name",
      advice: "`by name = …`",
      wrong: "| window tumbling 1m by lower(name) { n = count() }",
      right: "| window tumbling 1m by who = lower(name) { n = count() }"),
    DiagnosticPage(
      "E0340",
      "a call of a function becomes more than 4,096 operations, or all calls together more "
        + "than 200,000",
      advice: "compute a part of it in a stage before",
      wrong: ##"""
        function ten(n: int): int = n + n + n + n + n + n + n + n + n + n
        function many(n: int): int = ten(ten(ten(ten(n))))
        stream s = e | map { x = many(id) }
        """##,
      right: ##"""
        function ten(n: int): int = n + n + n + n + n + n + n + n + n + n
        stream s = e | with { x = ten(ten(id)) } | with { x = ten(ten(x)) } on_error skip
        """##),
    DiagnosticPage(
      "E0341", "a name in `key by`",
      advice: "write the column or expression alone",
      wrong: "| key by k = id",
      right: "| key by id"),
    DiagnosticPage(
      "E0342", "a pipeline of more than 5,000 steps (stages, sources, tables, sinks)",
      advice: "several pipelines, joined by topics"),
    DiagnosticPage("E0343", "a row of more than 2,000 columns"),
    DiagnosticPage(
      "E0344", "the rows of all steps have more than 250,000 columns together",
      advice: "leave out columns that later stages don't need, or make several pipelines"),
    DiagnosticPage(
      "E0345", "a stage with more than 2,000 keys",
      advice: "compute one of them before, `| with { key = … }`"),
    DiagnosticPage(
      "E0347", "`throttle` takes a rate: rows in a unit of time",
      wrong: "| throttle 500",
      right: "| throttle 500/s"),
    DiagnosticPage(
      "E0348", "a cumulative window whose length is no multiple of its step",
      wrong: "| window cumulative 1h every 25m { n = count() }",
      right: "| window cumulative 1h every 20m { n = count() }"),
    DiagnosticPage(
      "E0349", "an offset or zone of windows that begin where rows come",
      wrong: "| window session gap 30m offset 5m by id { n = count() }",
      right: "| window session gap 30m by id { n = count() }"),
    DiagnosticPage(
      "E0366", "a state of a `fold` has the name of a column of its rows",
      advice: "another name for one of them: expressions see both at once",
      wrong: "| fold by id expire after 1d { paid: bool = false } { paid = true }",
      right: "| fold by id expire after 1d { has_paid: bool = false } { has_paid = paid }"),
    DiagnosticPage(
      "E0367", "a `funnel` of more than 62 steps", advice: "leave out steps between others"),
    DiagnosticPage(
      "E0390", "a stage, option or declaration of a later version",
      wrong: ##"""
        task t using http {
          url: "https://mail.example/send", idempotency_key: id
          response: { kind: string in ["sent", "queued"] }
        }
        stream s = e | execute t as r
        sink s to print
        """##,
      right: ##"""
        task t using http { url: "https://mail.example/send", idempotency_key: id }
        stream s = e | execute t as r
        sink s to print
        """##),
    DiagnosticPage(
      "W0301", "an unreadable record stops the pipeline, and nothing says that this is meant",
      advice: "`on_error: skip`, `dead_letter to …`, or `fail`",
      wrong: ##"""
        source a: E from file { path: "a.jsonl" }
        sink a to print
        """##,
      right: ##"""
        source a: E from file { path: "a.jsonl", on_error: skip }
        sink a to print
        """##),
    DiagnosticPage(
      "W0302",
      "a row can fail here on ordinary data (a cast, a division by what may be zero) and "
        + "would stop the pipeline, for neither the stage nor its source nor `settings` say where "
        + "it goes; of sums that may leave their type it does not warn",
      advice: "say behind the stage where such rows go, `on_error skip` or "
        + "`on_error dead_letter to …`, or at the source; or write what gives null instead, "
        + "`try_cast`, `try_divide`",
      wrong: ##"""
        stream s = e | map { n = cast(name as int) }
        sink s to print
        """##,
      right: ##"""
        stream s = e | map { n = try_cast(name as int) }
        sink s to print
        """##),
    DiagnosticPage(
      "W0303", "an `on_error` at a stage in which no row can fail",
      advice: "leave it out",
      wrong: ##"""
        stream s = e | where id > 1 on_error skip
        sink s to print
        """##,
      right: ##"""
        stream s = e | where id + 1 > 1 on_error skip
        sink s to print
        """##),
    DiagnosticPage(
      "W0304", "a parameter of a lambda that its body does not name",
      advice: "name it, or write `_` where it is meant to be the same for every element",
      wrong: ##"""
        function found(items: list<int>): bool = items.any(item => 1 > 0)
        stream s = e | where found([1])
        sink s to print
        """##,
      right: ##"""
        function found(items: list<int>): bool = items.any(item => item > 0)
        stream s = e | where found([1])
        sink s to print
        """##),
    DiagnosticPage(
      "W0310",
      "`collect`, `count_distinct`, `median` or `percentile` in a window of a day or longer: "
        + "the values themselves are kept, for so long",
      advice: "a shorter window, an aggregate that keeps a summary, or `collect(x, n)`, which"
        + " keeps the earliest",
      wrong: ##"""
        stream s = e | window tumbling 7d by id { all = collect(name) }
        sink s to print
        """##,
      right: ##"""
        stream s = e | window tumbling 1h by id { all = collect(name) }
        sink s to print
        """##),
    DiagnosticPage(
      "W0311",
      "windows over a topic whose source does not say when a partition is idle: one that "
        + "falls silent keeps them all open",
      advice: "`idle: 30s` at the source",
      wrong: ##"""
        source a: E from kafka {
          brokers: "b:9092", topic: "a", event_time: at, on_error: skip
        }
        stream s = a | window tumbling 1m by id { n = count() }
        sink s to print
        """##,
      right: ##"""
        source a: E from kafka {
          brokers: "b:9092", topic: "a", event_time: at, idle: 30s, on_error: skip
        }
        stream s = a | window tumbling 1m by id { n = count() }
        sink s to print
        """##),
    DiagnosticPage(
      "W0316",
      "a `fold` without `expire after`: the states of every key that came are kept for as long as "
        + "the pipeline runs",
      advice: "`expire after D`, unless the keys are a set that does not grow",
      wrong: ##"""
        stream s = e | fold by id { n: int = 0 } { n = n + 1 }
        sink s to print
        """##,
      right: ##"""
        stream s = e | fold by id expire after 30d { n: int = 0 } { n = n + 1 }
        sink s to print
        """##),
    DiagnosticPage(
      "W0317", "a state of a `fold` that its second block does not compute",
      advice: "compute it there, or leave it out",
      wrong: ##"""
        stream s = e | fold by id expire after 30d { n: int = 0, m: int = 0 } { n = n + 1 }
        sink s to print
        """##,
      right: ##"""
        stream s = e | fold by id expire after 30d { n: int = 0, m: int = 0 } { n = n + 1, m = n }
        sink s to print
        """##),
    DiagnosticPage(
      "W0320", "a key of a window that is the same for every row",
      advice: "leave it out",
      wrong: ##"""
        stream s = e | window tumbling 1m by id, region = "eu" { n = count() }
        sink s to print
        """##,
      right: ##"""
        stream s = e | window tumbling 1m by id { n = count() } | with { region = "eu" }
        sink s to print
        """##),
    DiagnosticPage(
      "W0321",
      "a key with few values, or none, where all rows of a key go to one worker: `key by`, `fold`, "
        + "`over` and the like, session and count windows, and windows that keep values; other "
        + "windows summarise on each worker first",
      advice: "another key",
      wrong: ##"""
        stream s = e | key by paid
        sink s to print
        """##,
      right: ##"""
        stream s = e | key by id
        sink s to print
        """##),
    DiagnosticPage(
      "W0322", "a Kafka sink whose keys have few values: all records of a key go to one partition",
      advice: "a key with more values",
      wrong: ##"sink e to kafka { brokers: "b:9092", topic: "t", key: paid }"##,
      right: ##"sink e to kafka { brokers: "b:9092", topic: "t", key: id }"##),
    DiagnosticPage(
      "W0330",
      "`print` beside sinks that write exactly once: after a restart it may say again what "
        + "they don't; of outputs that are set aside it is not told",
      advice: "`delivery: at_least_once` is what it does; print to look, not to keep",
      wrong: ##"""
        sink e to file { path: "out" }
        sink e to print
        """##,
      right: ##"sink e to file { path: "out" }"##),
    DiagnosticPage(
      "E0317", "more than 100,000 hopping windows over one row", advice: "a longer `every`",
      wrong: "| window hopping 30d every 1us by id { n = count() }",
      right: "| window hopping 30d every 1d by id { n = count() }"),
    DiagnosticPage(
      "W0312",
      "more than 1,000 hopping windows over one row: each is put together and written",
      advice: "a longer `every`, or a shorter window",
      wrong: "| window hopping 1d every 1s by id { n = count() }",
      right: "| window hopping 1d every 1h by id { n = count() }"),
    DiagnosticPage(
      "W0313",
      "a count window by keys: what a key has of an unfinished window is kept for as long as the "
        + "pipeline runs, which grows with the number of keys",
      advice: "a session or a window of time, where keys come and go",
      wrong: ##"""
        stream s = e | window count 10 by id { n = count() }
        sink s to print
        """##,
      right: ##"""
        stream s = e | window session gap 1h by id { n = count() }
        sink s to print
        """##),
    DiagnosticPage(
      "W0314",
      "frames of so many rows: the last rows of a key are kept for as long as the pipeline runs, "
        + "which grows with the number of keys",
      advice: "a frame of time, where keys come and go",
      wrong: ##"""
        stream s = e | over by id rows 10 preceding { n = count() }
        sink s to print
        """##,
      right: ##"""
        stream s = e | over by id 1h preceding { n = count() }
        sink s to print
        """##),
    DiagnosticPage(
      "W0318",
      "a session window whose `max` is shorter than its gap: sessions end before a gap ends them",
      advice: "take some times the gap",
      wrong: ##"""
        stream s = e | window session gap 1m max 10s by id { n = count() }
        sink s to print
        """##,
      right: ##"""
        stream s = e | window session gap 1m max 1h by id { n = count() }
        sink s to print
        """##),
  ]
}
