extension ConnectorCatalogue {
  static let postgres = ConnectorDescriptor(
    "postgres", "Tables, views and queries of a PostgreSQL server, looked up by key.",
    options: [
      .table: [
        OptionDescriptor(
          "url", .secretText, required: true,
          "Where the server is: `postgres://user@host:5432/database?sslmode=verify-full`, or "
            + "`host=… dbname=…`."),
        OptionDescriptor("username", .secretText, "Who we are, where `url` does not say it."),
        OptionDescriptor("password", .secretText, "Our password."),
        OptionDescriptor(
          "tls", .bool, fallback: "as `url` says",
          "`true`: encrypted, and the server's certificate must be right."),
        OptionDescriptor(
          "table", .text, "A table or view, perhaps `schema.table`. This or `query`."),
        OptionDescriptor(
          "query", .text,
          "A `SELECT` that gives the columns, and takes an array of each key column: "
            + "`… WHERE id = ANY($1)`."),
        connections, refresh,
      ] + asking
    ],
    formats: [.table: ["json"]], isAsked: true, exactlyOne: ["table", "query"])

  static let redis = ConnectorDescriptor(
    "redis", "Values or hashes of a Redis server, looked up by key.",
    options: [
      .table: [
        OptionDescriptor(
          "address", .text, required: true, "Where the server listens: `host:6379`."),
        OptionDescriptor("username", .secretText, "Who we are, where the server asks."),
        OptionDescriptor("password", .secretText, "Our password, where the server asks."),
        OptionDescriptor("database", .int(0...65_535), fallback: "0", "The database's number."),
        OptionDescriptor(
          "tls",
          .switchOrBlock(encryption), fallback: "false",
          "Encrypts; the server's certificate must be right then."),
        OptionDescriptor(
          "prefix", .text,
          "What stands before the key's text in the server's keys: `user:`."),
        OptionDescriptor(
          "key_separator", .text, fallback: "\":\"",
          "What stands between the texts of several key columns. A key that holds it before its "
            + "last column cannot be read."),
        OptionDescriptor(
          "value", .word(["json", "hash"]), fallback: "json",
          "A JSON object under each key, or a hash whose fields are the columns."),
        connections, refresh,
      ] + asking
    ],
    formats: [.table: ["json"]], isAsked: true)

  static let connections = OptionDescriptor(
    "connections", .int(1...64), fallback: "4", "Connections of the process to the server.")

  public static let refresh = OptionDescriptor(
    "refresh", .duration(atLeast: 1_000_000), fallback: "never",
    "The table is read whole, at the start and then at this interval; rows are looked up in "
      + "memory, and nobody is asked.")

  /// What a table that is read whole has of the options of those that are asked.
  public static let ofReading: Set<String> = ["timeout"]

  static let breaker = OptionDescriptor(
    "breaker",
    .block([
      OptionDescriptor(
        "open_at", .share, fallback: "50%", "The share of failed calls at which none is made."),
      OptionDescriptor("of", .int(1...10_000), fallback: "20", "Among so many last calls."),
      OptionDescriptor(
        "for", .duration(atLeast: 1_000), fallback: "10s",
        "For so long; then one call tries whether it goes on."),
    ]), fallback: "none", "Spares a server that fails.")

  /// What every table may hold that is asked: how that is done.
  public static let asking: [OptionDescriptor] = [
    OptionDescriptor(
      "batch", .batching, fallback: "64 within 2ms",
      "Keys of one call at most, and how long it waits for them."),
    OptionDescriptor(
      "concurrency", .int(1...1_024), fallback: "4", "Calls under way at most, of each worker."),
    OptionDescriptor(
      "timeout", .duration(atLeast: 1_000), fallback: "5s",
      "How long an answer is waited for, before the call counts as failed."),
    OptionDescriptor(
      "retry",
      .block([
        OptionDescriptor(
          "attempts", .int(1...1_000), fallback: "3", "Calls for the same keys at most."),
        OptionDescriptor(
          "backoff", .backoff, fallback: "exponential(100ms, max: 10s)",
          "How long a failed call waits: by chance, up to a bound that doubles each time."),
      ]), "What happens with calls that fail and may succeed later."),
    breaker,
    OptionDescriptor(
      "cache",
      .durationOrBlock([
        OptionDescriptor("rows", .int(1...100_000_000), fallback: "100000", "Keys kept at most."),
        OptionDescriptor(
          "bytes", .int(1...1_000_000_000_000), fallback: "268435456",
          "Bytes of their rows at most; one that is larger is not kept."),
        OptionDescriptor(
          "for", .duration(atLeast: 1), required: true, "How long an answer counts as it is."),
        OptionDescriptor(
          "stale", .duration(atLeast: 0), fallback: "0s",
          "How long after that it is still given, while it is asked for anew."),
      ]), fallback: "none", "Answers that are kept, of each worker: also that there is no row."),
    OptionDescriptor(
      "fallback", .constants, fallback: "none",
      "What rows get that have no answer: `{ column: value }`, the other columns null, or `nulls`. "
        + "Without, they take the stage's error route."),
    OptionDescriptor(
      "order", .word(["none"]), fallback: "as rows came",
      "`none`: rows leave as their answers come, but never past a watermark."),
    OptionDescriptor(
      "stable", .bool, fallback: "false",
      "`true`: a row that is read again behind a restart gets the answer that it had; answers are "
        + "written down before they leave."),
  ]
}
