extension DiagnosticPage {
  /// Of tasks of which it is not known whether they were done.
  static let taskDoubt: [DiagnosticPage] = [
    DiagnosticPage(
      "E0580", "`in_doubt: verify` without saying how the server is asked",
      advice: "`verify: { url: … }`, where the server says by its status whether a task was done",
      wrong: ##"""
        task t using http {
          url: "https://x.example/send"
          in_doubt: verify
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##,
      right: ##"""
        task t using http {
          url: "https://x.example/send"
          in_doubt: verify
          verify: { url: "https://x.example/sent/\(id)" }
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##),
    DiagnosticPage(
      "E0581", "a status that says that a task was done, and that it was not",
      advice: "leave it out of `done` or `not_done`; unsaid they are 200 to 299 and 404",
      wrong: ##"""
        task t using http {
          url: "https://x.example/send"
          in_doubt: verify
          verify: { url: "https://x.example/sent/\(id)", not_done: [204, 404] }
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##,
      right: ##"""
        task t using http {
          url: "https://x.example/send"
          in_doubt: verify
          verify: { url: "https://x.example/sent/\(id)", done: 200, not_done: [204, 404] }
          idempotency_key: id
        }
        stream s = e | execute t as r
        sink s to print
        """##),
  ]
}
