extension DiagnosticPage {
  /// Of tables that are asked.
  static let lookups: [DiagnosticPage] = [
    DiagnosticPage(
      "E0530", "a required match of a table whose fallback has nulls",
      advice: "all columns that may not be null in the table's `fallback`, or no `required`",
      wrong: ##"""
        table t: E key id from redis { address: "localhost:6379", fallback: nulls }
        stream s = e | map { id } | enrich t on id as v required
        sink s to print
        """##,
      right: ##"""
        table t: E key id from redis { address: "localhost:6379", fallback: nulls }
        stream s = e | map { id } | enrich t on id as v
        sink s to print
        """##),
    DiagnosticPage(
      "E0531", "`expire after` of a table that is asked",
      advice: "`cache: 1d` in its block: how long an answer counts",
      wrong: ##"table t: E key id expire after 1d from redis { address: "localhost:6379" }"##,
      right: ##"table t: E key id from redis { address: "localhost:6379", cache: 1d }"##),
    DiagnosticPage(
      "E0532", "a PostgreSQL table without `table` and `query`, or with both",
      advice: "one of them: `table` names a table or view, `query` is a `SELECT`",
      wrong: ##"table t: E key id from postgres { url: "postgres://localhost/shop" }"##,
      right: ##"table t: E key id from postgres { url: "postgres://localhost/shop", table: "e" }"##
    ),
    DiagnosticPage(
      "E0533", "a key of a type that no server can be asked for",
      advice: "a key of type string, int, bool, decimal, date or timestamp",
      wrong: ##"""
        type Price { amount: float, name: string }
        table t: Price key amount from redis { address: "localhost:6379" }
        """##,
      right: ##"""
        type Price { amount: decimal(12, 2), name: string }
        table t: Price key amount from redis { address: "localhost:6379" }
        """##),
  ]
}
