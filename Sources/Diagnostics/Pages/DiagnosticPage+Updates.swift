extension DiagnosticPage {
  static let updates: [DiagnosticPage] = [
    DiagnosticPage(
      "E0391",
      "a stage that looks at rows for good, behind a stage that updates rows it gave before",
      advice: "the stage before the one that updates; or write the changes to a topic with "
        + "`updates: debezium` and go on from there",
      wrong: "| aggregate by id { n = count() } | limit 10",
      right: "| window tumbling 1m by id { n = count() } | limit 10"),
    DiagnosticPage(
      "E0392",
      "`first`, `last` or `collect` over a stream that updates and whose rows have no event time: "
        + "of rows that are taken back and given anew none comes first",
      advice: "`event_time:` at the source, or an aggregate that hangs on values alone",
      wrong: ##"""
        source f: E from memory
        stream a = f | aggregate by id { n = count() }
        stream s = a | aggregate by n { one = last(id) }
        sink s to print { updates: debezium }
        """##,
      right: ##"""
        source f: E from memory { event_time: at }
        stream a = f | aggregate by id { n = count() }
        stream s = a | aggregate by n { one = last(id) }
        sink s to print { updates: debezium }
        """##),
    DiagnosticPage(
      "E0393", "a sink of a stream that updates rows, which does not say how it takes that",
      advice:
        "`updates: upsert` (Kafka and files of JSON, with `key`), `updates: debezium`, "
        + "or `updates: final`",
      wrong: ##"""
        stream s = e | aggregate by id { n = count() }
        sink s to print
        """##,
      right: ##"""
        stream s = e | aggregate by id { n = count() }
        sink s to print { updates: debezium }
        """##),
    DiagnosticPage(
      "E0394", "`updates: upsert` to something that holds no rows by key",
      advice: "`updates: debezium` for each change, `updates: final` for what is left at the end",
      wrong: ##"""
        stream s = e | aggregate by id { n = count() }
        sink s to print { updates: upsert }
        """##,
      right: ##"""
        stream s = e | aggregate by id { n = count() }
        sink s to print { updates: final }
        """##),
    DiagnosticPage(
      "E0395",
      "`updates: upsert` with another key than the stream's: a row would not replace the one that "
        + "it updates",
      advice: "`key:` with the columns by which the stream updates, as `raudal check` shows them",
      wrong: ##"""
        stream s = e | aggregate by id { n = count() }
        sink s to kafka { brokers: "localhost:9092", topic: "t", key: n, updates: upsert }
        """##,
      right: ##"""
        stream s = e | aggregate by id { n = count() }
        sink s to kafka { brokers: "localhost:9092", topic: "t", key: id, updates: upsert }
        """##),
    DiagnosticPage(
      "W0319",
      "a running `aggregate` by keys: what it has made of a key's rows is kept for as long as the "
        + "pipeline runs, which grows with the number of keys",
      advice:
        "a `window`, where keys come and go; behind a window with `emit every` or `allow late` "
        + "that one without them, for a window takes no rows that change",
      wrong: ##"""
        stream s = e | aggregate by id { n = count() }
        sink s to print { updates: debezium }
        """##,
      right: ##"""
        stream s = e | window tumbling 1h by id { n = count() }
        sink s to print
        """##),
    DiagnosticPage(
      "W0331",
      "a join without `within` keeps the rows of both its streams for as long as the pipeline "
        + "runs, for each may meet one that comes later",
      advice: "`within` a span of time, or `expire after` on a plain `join`",
      wrong: ##"""
        stream a = e | where id > 5
        stream s = e | join a as n on id | map { id }
        sink s to print
        """##,
      right: ##"""
        stream a = e | where id > 5
        stream s = e | join a as n on id expire after 1d | map { id }
        sink s to print
        """##),
  ]
}
