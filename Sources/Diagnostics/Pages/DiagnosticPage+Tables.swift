extension DiagnosticPage {
  static let tables: [DiagnosticPage] = [
    DiagnosticPage(
      "E0350", "a look-up in a versioned table that does not say as of when",
      advice: "`as of event_time`: what the table held at each row's event time",
      wrong: ##"""
        table t: E versioned key id from stream e
        stream s = e | map { id, at } | enrich t on id as v
        """##,
      right: ##"""
        table t: E versioned key id from stream e
        stream s = e | map { id, at } | enrich t on id as v as of event_time
        """##),
    DiagnosticPage(
      "E0351", "versions at another time than the row's event time",
      advice: "`as of event_time`; which column that is says the source",
      wrong: ##"""
        table t: E versioned key id from stream e
        stream s = e | map { id, at } | enrich t on id as v as of at
        """##,
      right: ##"""
        table t: E versioned key id from stream e
        stream s = e | map { id, at } | enrich t on id as v as of event_time
        """##),
    DiagnosticPage(
      "E0352", "`as of` of a table that is read whole and has no versions",
      advice: "leave it out, or declare the table `versioned`, from a source with an event time",
      wrong: ##"""
        table t: E key id from memory
        stream s = e | map { id } | enrich t on id as of event_time
        """##,
      right: ##"""
        table t: E key id from memory
        stream s = e | map { id } | enrich t on id
        """##),
    DiagnosticPage(
      "E0353", "`expire after` of a table that is read whole",
      advice: "leave it out: its rows stay; or declare the table `versioned`",
      wrong: "table t: E key id expire after 1d from memory",
      right: "table t: E versioned key id expire after 1d from memory { event_time: at }"),
    DiagnosticPage(
      "E0354", "a table's type that the stream of its versions does not fit",
      advice: "the type, or a `map` in the stream before",
      wrong: ##"""
        stream n = e | map { id, name }
        table t: E versioned key id from stream n
        """##,
      right: ##"""
        stream n = e | map { id, name }
        type N { id: int, name: string }
        table t: N versioned key id from stream n
        """##),
    DiagnosticPage(
      "W0335", "a table of a stream's latest rows that keeps them for ever",
      advice: "`expire after 30d`, where a key that is that old counts no more",
      wrong: ##"""
        table t: E key id from stream e
        stream s = e | map { id } | enrich t on id as v
        sink s to print
        """##,
      right: ##"""
        table t: E key id expire after 30d from stream e
        stream s = e | map { id, at } | enrich t on id as v
        sink s to print
        """##),
  ]

  /// Of tables of latest rows.
  static let latestRows: [DiagnosticPage] = [
    DiagnosticPage(
      "E0440", "a stream that updates asks a table that is elsewhere",
      advice: "the `enrich` before the stage that updates",
      wrong: ##"""
        table t: E key id from redis { address: "localhost:6379" }
        stream s = e | aggregate by id { n = count() } | enrich t on id as v
        """##,
      right: ##"""
        table t: E key id from redis { address: "localhost:6379" }
        stream s = e | map { id } | enrich t on id as v | aggregate by id { n = count() }
        """##),
    DiagnosticPage(
      "E0441", "a table of a stream that updates by another key",
      advice: "the key by which the stream updates, or an `aggregate` by the table's",
      wrong: ##"""
        stream n = e | aggregate by id, name { n = count() }
        type N { id: int, name: string, n: int }
        table t: N key id from stream n
        """##,
      right: ##"""
        stream n = e | aggregate by id, name { n = count() }
        type N { id: int, name: string, n: int }
        table t: N key (id, name) from stream n
        """##),
    DiagnosticPage(
      "E0442", "`expire after` of rows without an event time",
      advice: "`event_time:` at the source, or no `expire after`",
      wrong: ##"""
        source a: E from memory
        table t: E key id expire after 1d from stream a
        """##,
      right: ##"""
        source a: E from memory { event_time: at }
        table t: E key id expire after 1d from stream a
        """##),
    DiagnosticPage(
      "E0443", "a table that is not read from its beginning",
      advice: "no `start`, or `start: earliest`",
      wrong: ##"""
        table t: E key id from kafka { brokers: "b:9", topic: "t", start: latest }
        """##,
      right: ##"""
        table t: E key id from kafka { brokers: "b:9", topic: "t" }
        """##),
    DiagnosticPage(
      "E0444", "`key` in the block of a table, whose changes are of the table's own key",
      advice: "no `key:`; the key is what stands behind `key` in the declaration",
      wrong: ##"""
        table t: E key id from kafka { brokers: "b:9", topic: "t", format: debezium, key: id }
        """##,
      right: ##"""
        table t: E key id from kafka { brokers: "b:9", topic: "t", format: debezium }
        """##),
  ]
}
