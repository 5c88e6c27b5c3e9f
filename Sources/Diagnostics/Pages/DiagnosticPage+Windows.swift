extension DiagnosticPage {
  static let windows: [DiagnosticPage] = [
    DiagnosticPage(
      "E0460",
      "`emit every` of a count window: several of a key may begin at the same time, and nothing "
        + "tells them apart until they end",
      advice: "a running `aggregate` for what there is so far, or windows by time",
      wrong: "| window count 10 by id emit every 1m { n = count() }",
      right: "| window count 10 by id { n = count() }"),
    DiagnosticPage(
      "E0461",
      "`allow late` of windows whose rows depend on their order: a late row would shift all "
        + "counted rows behind it, or end other sessions where `max` bounds them",
      advice:
        "sessions without `max`, or a longer `lateness` at the source; what is later still is "
        + "in the output `late`",
      wrong: "| window session gap 30m max 12h by id allow late 1h { n = count() }",
      right: ##"""
        stream s = e | window session gap 30m by id allow late 1h { n = count() }
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
    DiagnosticPage(
      "E0463",
      "a join with bounds from columns and without a span: rows would have to be kept for ever, "
        + "for the next one may reach back to any of them",
      advice:
        "the longest span that bounds can have, `within 30d between …`; what is further apart "
        + "is no match",
      wrong: "| join e as n on id within between n.at and n.at + 1h",
      right: "| join e as n on id within 1h between n.at and n.at + 1h"),
    DiagnosticPage(
      "E0464",
      "bounds of a join of which one is of this row and the other of the other row, or that are no "
        + "row's",
      advice: "both of one row: the other one's event time must lie between them",
      wrong: "| join e as n on id within 1h between at and n.at",
      right: "| join e as n on id within 1h between at and at + 10m"),
  ]
}
