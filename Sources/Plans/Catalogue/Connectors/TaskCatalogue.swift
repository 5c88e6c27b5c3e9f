/// The kinds of tasks, and what their blocks may hold.
public enum TaskCatalogue {
  static let all = [http, smtp, kafka, command, swift]

  public static let kinds = all.map(\.name)

  /// Nil of a kind that there is not.
  public static func kind(named name: String) -> TaskKind? { all.first { $0.name == name } }

  /// Nil of a kind that there is not.
  public static func options(ofKind kind: String) -> [OptionDescriptor]? {
    self.kind(named: kind).map { $0.options + rules }
  }

  /// A request for each task.
  public static let http = TaskKind(
    "http", request + ConnectorCatalogue.httpConnection.map(asTasksConnect) + answer,
    statuses: 100...599, done: 200...299, usualStatus: 200, hasClasses: true,
    hasErrors: true, retried: [.status(429), .statusClass(5), .timeout, .connect, .broken])

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
    idempotencyHeader("call"), verify,
  ]

  private static let verify = OptionDescriptor(
    "verify",
    .block([
      OptionDescriptor("url", .template, required: true, "Where it is asked, as `url`."),
      OptionDescriptor(
        "method", .word(["GET", "POST"]), fallback: "GET, with a `body` POST", "How it is asked."),
      OptionDescriptor(
        "headers", .textTemplates, fallback: "those of the task", "Headers of the question."),
      OptionDescriptor("body", .jsonTemplate, "What is sent with it, as `body`."),
      OptionDescriptor(
        "done", .intOrList(200...599), fallback: "200 to 299",
        "Statuses that say that the task was done; the response is read from this answer."),
      OptionDescriptor(
        "not_done", .intOrList(200...599), fallback: "404",
        "Statuses that say that it was not, so that it may be sent again."),
    ]), "With `in_doubt: verify`: how the server is asked whether a task was done.")

  static func idempotencyHeader(_ call: String) -> OptionDescriptor {
    OptionDescriptor(
      "idempotency_header", .headerName, fallback: TaskSpec.usualIdempotencyHeader,
      "The header that says with each \(call) which task it is; `\"\"`: none.")
  }

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
      "concurrency", .concurrencies,
      fallback: "that of the kind; where only values have a bound 1024, programs 32, mails 64",
      "Calls under way at most: `200`, `50 per tenant`, or several in brackets; "
        + "`adaptive(4, max: 200)` begins with 4 and follows the server."),
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
          "on", .outcomes, fallback: "that of the kind",
          "Which calls are made again: statuses, `\"4xx\"`, `\"5xx\"`, `timeout`, `connect` (the "
            + "server was not reached), `broken` (no whole answer), `errors` (of GraphQL)."),
        OptionDescriptor(
          "budget", .share, fallback: "none",
          "How many calls may be made again, as a share of first calls: `20%`; what is beyond "
            + "waits."),
      ]), "What happens with calls that fail and may succeed later."),
    ConnectorCatalogue.breaker,
    OptionDescriptor(
      "in_doubt", .word(["resend", "hold", "verify"]), fallback: "resend, of mails hold",
      "What becomes of a task of which a crash has left unknown whether it was sent: it is sent "
        + "again with the same key, or fails, for a person to decide, or the server is asked."),
    OptionDescriptor(
      "ordered_by", .value, fallback: "none",
      "Tasks of one value are done one after the other, in the order in which they came "
        + "to the stage."),
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
    OptionDescriptor(
      "hours", .hours, fallback: "around the clock",
      "Calls begin between two times of the day alone, by the clock of a zone, a `string`: "
        + "`\"09:00\" until \"21:00\" zone contact_zone`."),
  ]

  private static func asTasksConnect(_ option: OptionDescriptor) -> OptionDescriptor {
    var option = option
    if option.name == "connections" { option.fallback = "as many as calls may be under way" }
    return option
  }
}
