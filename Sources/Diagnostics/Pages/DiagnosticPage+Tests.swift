extension DiagnosticPage {
  static let tests: [DiagnosticPage] = [
    DiagnosticPage(
      "E0501", "a given row lacks a column that is never null",
      advice: "add it, or declare it nullable",
      wrong: ##"""
        type A { id: int, name: string }
        source a: A from memory
        sink a to print
        test "x" {
          given a [ { id: 1 } ]
          expect a [ { id: 1 } ]
        }
        """##,
      right: ##"""
        type A { id: int, name: string }
        source a: A from memory
        sink a to print
        test "x" {
          given a [ { id: 1, name: "n" } ]
          expect a [ { id: 1 } ]
        }
        """##),
    DiagnosticPage(
      "E0502", "rows given to something that is no source or table",
      wrong: ##"""
        stream s = e | where paid
        sink s to print
        test "x" {
          given s []
          expect s []
        }
        """##,
      right: ##"""
        stream s = e | where paid
        sink s to print
        test "x" {
          given e []
          expect s []
        }
        """##),
    DiagnosticPage(
      "E0503", "two tests of one name",
      wrong: ##"""
        test "x" {
          expect e []
        }
        test "x" {
          expect e []
        }
        """##,
      right: ##"""
        test "x" {
          expect e []
        }
        test "y" {
          expect e []
        }
        """##),
    DiagnosticPage(
      "E0504", "parallelism outside 1 to 1024",
      wrong: ##"""
        test "x" {
          then restart with parallelism 0
          expect e []
        }
        """##,
      right: ##"""
        test "x" {
          then restart with parallelism 2
          expect e []
        }
        """##),
    DiagnosticPage(
      "E0505", "`advance to` goes back",
      wrong: ##"""
        test "x" {
          advance to "2026-01-01T00:01:00Z"
          advance to "2026-01-01T00:00:00Z"
          expect e []
        }
        """##,
      right: ##"""
        test "x" {
          advance to "2026-01-01T00:00:00Z"
          advance to "2026-01-01T00:01:00Z"
          expect e []
        }
        """##),
    DiagnosticPage(
      "E0506", "a test that expects nothing",
      wrong: ##"""
        test "x" {
          given e []
        }
        """##,
      right: ##"""
        test "x" {
          given e []
          expect e []
        }
        """##),
    DiagnosticPage(
      "E0507", "`then upgrade from` with a text that is empty or computed",
      advice: "write the path of the older definition",
      wrong: ##"""
        test "x" {
          then upgrade from ""
          expect e []
        }
        """##,
      right: ##"""
        test "x" {
          then upgrade from "older.raudal"
          expect e []
        }
        """##),
    DiagnosticPage(
      "W0510", "`then upgrade from` a file that can't be read: the test will fail",
      advice: "write the path as it is seen from this file",
      wrong: ##"""
        test "x" {
          given e []
          then upgrade from "nope.raudal"
          expect e []
        }
        """##,
      right: ##"""
        test "x" {
          given e []
          then crash and restore
          expect e []
        }
        """##),
    DiagnosticPage(
      "E0508", "a given row that says the same of its record twice",
      advice: "say the column that comes `from meta`, or `meta`, not both",
      wrong: ##"""
        type A { id: int, user: string from meta.key }
        source a: A from kafka { brokers: "localhost:9092", topic: "a", format: json }
        sink a to print
        test "x" {
          given a [ { id: 1, user: "u", meta: { key: "u" } } ]
          expect a [ { id: 1 } ]
        }
        """##,
      right: ##"""
        type A { id: int, user: string from meta.key }
        source a: A from kafka { brokers: "localhost:9092", topic: "a", format: json }
        sink a to print
        test "x" {
          given a [ { id: 1, meta: { key: "u" } } ]
          expect a [ { id: 1, user: "u" } ]
        }
        """##),
    DiagnosticPage(
      "E0509", "a given row with a header that the definition never reads",
      advice: "correct its name, or leave it out",
      wrong: ##"""
        type A { id: int }
        source a: A from kafka { brokers: "localhost:9092", topic: "a", format: json }
        stream s = a | map { id, tenant = meta.headers.tenant }
        sink s to print
        test "x" {
          given a [ { id: 1, meta: { headers: { tenat: "t" } } } ]
          expect s [ { id: 1 } ]
        }
        """##,
      right: ##"""
        type A { id: int }
        source a: A from kafka { brokers: "localhost:9092", topic: "a", format: json }
        stream s = a | map { id, tenant = meta.headers.tenant }
        sink s to print
        test "x" {
          given a [ { id: 1, meta: { headers: { tenant: "t" } } } ]
          expect s [ { id: 1, tenant: "t" } ]
        }
        """##),
    DiagnosticPage(
      "E0511", "a call that a test answers with what is no answer",
      advice: "a status, `timeout`, `connect`, `broken`, or a block with `status` and `response`",
      wrong: ##"""
        type A { id: int }
        source a: A from file { path: "a.jsonl", event_time: arrival }
        task send using http { url: "https://x.example/", idempotency_key: id }
        stream s = a | execute send as r
        sink s to print
        test "x" {
          given send responds busy twice
          given a [ { id: 1 } ]
          expect s [ { id: 1, "r.attempts": 3 } ]
        }
        """##,
      right: ##"""
        type A { id: int }
        source a: A from file { path: "a.jsonl", event_time: arrival }
        task send using http { url: "https://x.example/", idempotency_key: id }
        stream s = a | execute send as r
        sink s to print
        test "x" {
          given send responds 429 twice
          given a [ { id: 1 } ]
          expect s [ { id: 1, "r.attempts": 3 } ]
        }
        """##),
    DiagnosticPage(
      "E0512", "an answer of a model that its output is declared never to be",
      advice: "one of the texts of `in […]`, or that list with this text too",
      wrong: ##"""
        type A { id: int, text: string }
        source a: A from file { path: "a.jsonl", event_time: arrival }
        model tone using openai {
          url: "http://localhost/v1", model: "small", prompt: "Which tone? \(text)"
          input: { text: string }, output: { tone: string in ["good", "bad"] }
        }
        stream s = a | infer tone(text) as t | map { id, t.tone }
        sink s to print
        test "x" {
          given tone [ { text: "hello", tone: "nice" } ]
          given a [ { id: 1, text: "hello" } ]
          expect s [ { id: 1, tone: "nice" } ]
        }
        """##,
      right: ##"""
        type A { id: int, text: string }
        source a: A from file { path: "a.jsonl", event_time: arrival }
        model tone using openai {
          url: "http://localhost/v1", model: "small", prompt: "Which tone? \(text)"
          input: { text: string }, output: { tone: string in ["good", "bad"] }
        }
        stream s = a | infer tone(text) as t | map { id, t.tone }
        sink s to print
        test "x" {
          given tone [ { text: "hello", tone: "good" } ]
          given a [ { id: 1, text: "hello" } ]
          expect s [ { id: 1, tone: "good" } ]
        }
        """##),
  ]
}
