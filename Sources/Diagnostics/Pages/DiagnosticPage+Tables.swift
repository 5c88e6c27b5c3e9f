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
  ]
}
