extension DiagnosticPage {
  static let sketches: [DiagnosticPage] = [
    DiagnosticPage(
      "E0480",
      "`approx_count_distinct`, `approx_percentile` or `approx_top` over a stream that updates: "
        + "a sketch doesn't know which values it was made of, so none can be taken back",
      advice: "the exact aggregate, which keeps the values",
      wrong: ##"""
        stream a = e | aggregate by id { n = count() }
        stream s = a | aggregate by n { ids = approx_count_distinct(id) }
        sink s to print { updates: debezium }
        """##,
      right: ##"""
        stream a = e | aggregate by id { n = count() }
        stream s = a | aggregate by n { ids = count_distinct(id) }
        sink s to print { updates: debezium }
        """##),
    DiagnosticPage(
      "E0481", "a number of values that is not between 1 and 1,000",
      wrong: "| window tumbling 1m by kind { most = approx_top(id, 0) }",
      right: "| window tumbling 1m by kind { most = approx_top(id, 10) }"),
  ]
}
