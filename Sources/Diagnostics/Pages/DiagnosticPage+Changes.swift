extension DiagnosticPage {
  /// Sources whose records change rows that came before.
  static let changes: [DiagnosticPage] = [
    DiagnosticPage(
      "E0421",
      "`updates: upsert` at a source without `key:`: nothing says which row a record "
        + "replaces",
      advice: "`key:` with the column or columns that tell rows apart",
      wrong: ##"""
        source g: E from file { path: "g.jsonl", updates: upsert, on_error: skip }
        sink g to print { updates: debezium }
        """##,
      right: ##"""
        source g: E from file { path: "g.jsonl", updates: upsert, key: id, on_error: skip }
        sink g to print { updates: debezium }
        """##),
    DiagnosticPage(
      "E0422",
      "`key:` at a source whose records are rows for themselves, or at a file sink that "
        + "writes such rows: it would do nothing",
      advice: "`updates: upsert` beside it, or no `key:`",
      wrong: ##"""
        source g: E from file { path: "g.jsonl", key: id, on_error: skip }
        sink g to print
        """##,
      right: ##"""
        source g: E from file { path: "g.jsonl", on_error: skip }
        sink g to print
        """##),
    DiagnosticPage(
      "E0423",
      "`updates: upsert` beside `format: debezium`: changes are told by the format, and "
        + "are no whole rows that replace each other",
      advice: "leave `updates:` out; `key:` may stay",
      wrong: ##"""
        source g: E from file {
          path: "g.jsonl", format: debezium, updates: upsert, key: id, on_error: skip
        }
        sink g to print { updates: debezium }
        """##,
      right: ##"""
        source g: E from file { path: "g.jsonl", format: debezium, key: id, on_error: skip }
        sink g to print { updates: debezium }
        """##),
    DiagnosticPage(
      "E0424",
      "`format: debezium` without `key:` and with an event time that is no column: the "
        + "row before a change has none then",
      advice: "a column of the row, or `key:`, which keeps what rows were",
      wrong: ##"""
        source g: E from file {
          path: "g.jsonl", format: debezium, event_time: arrival, on_error: skip
        }
        sink g to print { updates: debezium }
        """##,
      right: ##"""
        source g: E from file {
          path: "g.jsonl", format: debezium, event_time: at, on_error: skip
        }
        sink g to print { updates: debezium }
        """##),
    DiagnosticPage(
      "E0425",
      "`deleted { … }` in a test where no row can be deleted: given to a source that "
        + "brings no updates, or expected",
      advice: "expected are the rows that are there at the end",
      wrong: ##"""
        test "gone" {
          given e [
            deleted { id: 1 }
          ]
          expect e []
        }
        """##),
    DiagnosticPage(
      "E0426",
      "`expire after` on a join `within` a time: how long its rows are kept is what `within` says",
      advice: "`within`, or `expire after` on a join without it",
      wrong: ##"""
        stream a = e | where id > 5
        stream s = e | join a as n on id within 1h expire after 1d | map { id }
        sink s to print
        """##,
      right: ##"""
        stream a = e | where id > 5
        stream s = e | join a as n on id expire after 1d | map { id }
        sink s to print
        """##),
    DiagnosticPage(
      "E0427",
      "`expire after` on a `left`, `right`, `full`, `semi` or `anti` join, where whether a row "
        + "stands alone hangs on rows that would be forgotten; or on a join of a stream that "
        + "updates, where a forgotten row could not be taken back",
      advice: "a plain `join` of streams that append, or `within` a span of time",
      wrong: ##"""
        stream a = e | where id > 5
        stream s = e | left join a as n on id expire after 1d | map { id }
        sink s to print { updates: debezium }
        """##,
      right: ##"""
        stream a = e | where id > 5
        stream s = e | left join a as n on id within 1d | map { id }
        sink s to print
        """##),
    DiagnosticPage(
      "E0490",
      "`parallel: true` at a source of files whose records change rows that came before: the "
        + "files would be read side by side, and their order says which row of a key is the newest",
      advice: "leave `parallel:` out; in Kafka all records of a key are in one partition",
      wrong: ##"""
        source g: E from file {
          path: "g-*.jsonl", parallel: true, updates: upsert, key: id, on_error: skip
        }
        sink g to print { updates: debezium }
        """##,
      right: ##"""
        source g: E from file { path: "g-*.jsonl", updates: upsert, key: id, on_error: skip }
        sink g to print { updates: debezium }
        """##),
  ]
}
