/// The kinds of tasks, and what their blocks may hold.
public enum TaskCatalogue {
  public static let kinds = ["http"]

  /// Kinds of the language that this version does not have.
  public static let laterKinds = ["smtp", "kafka", "command"]

  /// Nil of a kind that there is not.
  public static func options(ofKind kind: String) -> [OptionDescriptor]? {
    kind == "http" ? http + rules : nil
  }

  /// What is sent, and what is read of the answer.
  public static let http: [OptionDescriptor] =
    request + ConnectorCatalogue.httpConnection.map(asTasksConnect) + answer

  private static let request: [OptionDescriptor] = [
    OptionDescriptor(
      "url", .template, required: true,
      "Where it is sent: `https://host/contacts/\\(contact_id)`, in which values are "
        + "percent-encoded; or a `string` alone, the whole address as it stands in the row."),
    OptionDescriptor(
      "method", .word(["GET", "POST", "PUT", "PATCH", "DELETE"]), fallback: "POST",
      "How it is sent."),
    OptionDescriptor(
      "headers", .textTemplates,
      "Headers of each call, texts that may hold values of the row: "
        + "`{ authorization: \"Bearer \\(secret(\"KEY\"))\", \"x-tenant\": tenant }`."),
    OptionDescriptor(
      "body", .jsonTemplate,
      "A block that is sent as JSON, whose members are values of the row, or one such value; or a "
        + "text of JSON with `\\(x)` in it."),
    ConnectorCatalogue.graphql, ConnectorCatalogue.oauth,
    OptionDescriptor(
      "idempotency_header", .headerName, fallback: "Idempotency-Key",
      "The header that says with each call which task it is; `\"\"`: none."),
  ]

  private static let answer: [OptionDescriptor] = [
    OptionDescriptor(
      "response", .fields, fallback: "nothing is read",
      "What is read of the answer, as JSON: names and types; `name: type from \"…\"` where it is "
        + "called otherwise there."),
    OptionDescriptor(
      "path", .text, fallback: "the whole answer",
      "Where the object with these fields stands in the answer: `data.items[0]`."),
  ]

  /// Which task it is, when it is sent, and what happens when that fails.
  public static let rules: [OptionDescriptor] = [
    OptionDescriptor(
      "idempotency_key", .value, required: true,
      "Which task it is, a `string` or an `int`: over restarts, and for the server."),
    OptionDescriptor(
      "rate", .rates, fallback: "none",
      "Calls that begin in a unit of time at most: `500/s`, `500/s per tenant burst 50`, or "
        + "several in brackets. `burst` is how many may begin at once, else what 20 ms give."),
    OptionDescriptor(
      "concurrency", .concurrencies, fallback: "64, and 1024 where only values have a bound",
      "Calls under way at most: `200`, `50 per tenant`, or several in brackets."),
    OptionDescriptor(
      "timeout", .duration(atLeast: 1_000), fallback: "10s",
      "How long an answer is waited for."),
    OptionDescriptor(
      "retry",
      .block([
        OptionDescriptor(
          "attempts", .int(1...1_000), fallback: "5", "Calls for a task at most."),
        OptionDescriptor(
          "backoff", .backoff, fallback: "exponential(200ms, max: 1m)",
          "How long a task waits before it is sent again: by chance, up to a bound that doubles "
            + "each time; longer where the server says so."),
        OptionDescriptor(
          "on", .outcomes, fallback: "[429, \"5xx\", timeout, connect, broken]",
          "Which calls are made again: statuses, `\"4xx\"`, `\"5xx\"`, `timeout`, `connect` (the "
            + "server was not reached), `broken` (no whole answer)."),
      ]), "What happens with calls that fail and may succeed later."),
    ConnectorCatalogue.breaker,
    OptionDescriptor(
      "in_doubt", .word(["resend", "hold"]), fallback: "resend",
      "What becomes of a task of which a crash has left unknown whether it was sent: it is sent "
        + "again with the same key, or fails, for a person to decide."),
    OptionDescriptor(
      "ordered_by", .value, fallback: "none",
      "Tasks of one value are done one after the other, in the order in which they came."),
    OptionDescriptor(
      "fair_by", .value, fallback: "none",
      "Values share the calls evenly, however many tasks of each wait."),
    OptionDescriptor(
      "weight", .value, fallback: "1", "How many shares a value of `fair_by` has, an `int`."),
    OptionDescriptor(
      "priority", .value, fallback: "0",
      "Of tasks that wait the greater goes first, among those of one value of `fair_by`; an "
        + "`int`."),
    OptionDescriptor(
      "at", .value, fallback: "at once",
      "A task is not sent before this time, a `timestamp`; null: at once."),
  ]

  private static func asTasksConnect(_ option: OptionDescriptor) -> OptionDescriptor {
    var option = option
    if option.name == "connections" { option.fallback = "as many as calls may be under way" }
    return option
  }
}
