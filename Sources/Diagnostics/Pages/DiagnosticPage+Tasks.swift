extension DiagnosticPage {
  /// Of tasks and of stages that execute them.
  static let tasks: [DiagnosticPage] = [
    DiagnosticPage(
      "E0560", "`execute` of a task that is not declared",
      advice: "`task NAME using http { … }`, or the name as it is declared",
      wrong: ##"""
        task send using http { url: "https://x.example/", idempotency_key: id }
        stream s = e | execute sent as r
        sink s to print
        """##,
      right: ##"""
        task send using http { url: "https://x.example/", idempotency_key: id }
        stream s = e | execute send as r
        sink s to print
        """##),
    DiagnosticPage(
      "E0561", "a kind of task that there is not",
      advice: "`using http`, `smtp`, `kafka`, `command` or `swift`",
      wrong: ##"""
        task t using htp { url: "https://x.example/", idempotency_key: id }
        """##,
      right: ##"""
        task t using http { url: "https://x.example/", idempotency_key: id }
        """##),
    DiagnosticPage(
      "E0562", "a task that does not say which of its tasks is which",
      advice: "`idempotency_key: …`, a value that is different for each task and stays the same",
      wrong: ##"""
        task t using http {
          url: "https://x.example/send"
          body: { id: id }
        }
        stream s = e | execute t as r
        sink s to print
        """##,
      right: ##"""
        task t using http {
          url: "https://x.example/send"
          body: { id: id }
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##),
    DiagnosticPage(
      "E0563", "an idempotency key that may be null, is the same for all rows, or no text or int",
      advice: "a column such as `task_id`, or a text of several, `\"\\(user_id)/\\(campaign_id)\"`",
      wrong: ##"""
        task t using http {
          url: "https://x.example/send"
          idempotency_key: kind
        }
        stream s = e | execute t as r
        sink s to print
        """##,
      right: ##"""
        task t using http {
          url: "https://x.example/send"
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##),
    DiagnosticPage(
      "E0564", "a bound, order or share by a value that is the same for all rows",
      advice: "a column, or a value of columns; or leave it out",
      wrong: ##"""
        task t using http {
          url: "https://x.example/send"
          rate: 500/s per "all"
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##,
      right: ##"""
        task t using http {
          url: "https://x.example/send"
          rate: 500/s per name
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##),
    DiagnosticPage(
      "E0565", "a retry on something that is no end of a call",
      advice:
        "`timeout`, `connect`, `broken`, and the kind's own statuses: of `http` those from 300 "
        + "to 599, `\"4xx\"` and `\"5xx\"`, of `command` those from 1 to 255",
      wrong: ##"""
        task t using http {
          url: "https://x.example/send"
          retry: { on: [429, timeouts] }
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##,
      right: ##"""
        task t using http {
          url: "https://x.example/send"
          retry: { on: [429, timeout] }
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##),
    DiagnosticPage(
      "E0566", "an option that says nothing without another one",
      advice: "add the other one, or leave it out",
      wrong: ##"""
        task t using http {
          url: "https://x.example/send"
          weight: id
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##,
      right: ##"""
        task t using http {
          url: "https://x.example/send"
          fair_by: name, weight: id
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##),
    DiagnosticPage(
      "E0567", "a field of a `response` that is called like a column of each outcome",
      advice: "another name, and the answer's own behind `from`",
      wrong: ##"""
        task t using http {
          url: "https://x.example/send"
          response: { status: string }
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##,
      right: ##"""
        task t using http {
          url: "https://x.example/send"
          response: { answer: string from "status" }
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##),
    DiagnosticPage(
      "E0568", "a header of a task that goes with each call of itself",
      advice: "leave it out; `idempotency_header` gives it another name, or `\"\"` none",
      wrong: ##"""
        task t using http {
          url: "https://x.example/send"
          headers: { "Idempotency-Key": "x" }
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##,
      right: ##"""
        task t using http {
          url: "https://x.example/send"
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##),
    DiagnosticPage(
      "E0569", "a task that sends a secret to whoever a row names",
      advice: "the server in the definition, `https://host/\\(id)`, or no secret in the call",
      wrong: ##"""
        task t using http {
          url: name
          headers: { authorization: "Bearer \(secret("KEY"))" }
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##,
      right: ##"""
        task t using http {
          url: "https://x.example/hooks/\(name)"
          headers: { authorization: "Bearer \(secret("KEY"))" }
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##),
  ]
}
