extension DiagnosticPage {
  static let windows: [DiagnosticPage] = [
    DiagnosticPage(
      "E0460",
      "`emit every` of windows whose ends hang on the rows of their key: sessions and counted rows",
      advice: "a running `aggregate` for what there is so far, or windows at fixed times",
      wrong: "| window session gap 30m by id emit every 1m { n = count() }",
      right: "| window session gap 30m by id { n = count() }"),
    DiagnosticPage(
      "E0461",
      "`allow late` of windows whose ends hang on the rows of their key: a late row may join two "
        + "sessions that are told already, or shift all counted rows behind it",
      advice: "a longer `lateness` at the source; what is later still is in the output `late`",
      wrong: "| window session gap 30m by id allow late 1h { n = count() }",
      right: ##"""
        stream s = e | window tumbling 30m by id allow late 1h { n = count() }
        sink s to print { updates: debezium }
        """##),
    DiagnosticPage(
      "E0462", "`emit every` with as long as the window or longer: each closes before",
      advice: "a part of the window's length",
      wrong: "| window tumbling 1h by id emit every 1h { n = count() }",
      right: ##"""
        stream s = e | window tumbling 1h by id emit every 1m { n = count() }
        sink s to print { updates: debezium }
        """##),
  ]
}
