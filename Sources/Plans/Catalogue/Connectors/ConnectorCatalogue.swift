/// All connectors, and the options that blocks have whatever their connector is.
public enum ConnectorCatalogue {
  public static let connectors: [ConnectorDescriptor] = [
    kafka, file, postgres, redis, http, print, memory,
  ]

  public static func connector(named name: String) -> ConnectorDescriptor? {
    connectors.first { $0.name == name }
  }

  /// Connectors that a later version brings; named so that the message can say so.
  public static let laterConnectors: Set<String> = [
    "mongodb", "clickhouse", "opensearch", "s3", "webhook",
    "generator", "parquet", "websocket", "smtp",
  ]

  /// What every block of a role may hold besides the connector's own options.
  public static func commonOptions(_ role: ConnectorDescriptor.Role) -> [OptionDescriptor] {
    switch role {
    case .source: decoding(of: recordFormats + ["debezium"]) + sourceTime + [errorRoute]
    case .table: decoding(of: recordFormats)
    case .sink: encoding + [errorRoute]
    case .deadLetter: []
    }
  }

  /// All options of a connector in a role, the connector's own first.
  public static func options(
    _ connector: ConnectorDescriptor, as role: ConnectorDescriptor.Role
  ) -> [OptionDescriptor] {
    (connector.options[role] ?? []) + commonOptions(role)
  }

  private static let errorRoute = OptionDescriptor(
    "on_error", .errorRoute, fallback: "the pipeline's",
    "Where a record goes that cannot be read or written: `fail`, `skip`, `dead_letter to …`.")

  private static let recordFormats = ["json", "csv", "text", "raw"]

  private static func decoding(of formats: [String]) -> [OptionDescriptor] {
    [OptionDescriptor("format", .word(formats), fallback: "json", "How a record is read.")]
      + further
  }

  private static let further: [OptionDescriptor] = [
    OptionDescriptor(
      "coerce", .bool, fallback: "false", "Takes `\"5\"` and `5.0` for the int 5, and the like."),
    OptionDescriptor(
      "separator", .text, fallback: "\",\"", formats: ["csv"], "CSV: what stands between cells."),
    OptionDescriptor(
      "header", .bool, fallback: "true", formats: ["csv"],
      "CSV: whether the first line names the columns; without, cells stand in declared order. "
        + "In Kafka values have no header line."),
  ]

  private static let sourceTime: [OptionDescriptor] = [
    OptionDescriptor(
      "event_time", .eventTime,
      "The column with the event's time, `meta.timestamp` for the record's own, or `arrival`."),
    OptionDescriptor(
      "lateness", .duration(atLeast: 0), fallback: "0s",
      "How far the watermark trails the latest event time of a partition."),
    OptionDescriptor(
      "idle", .duration(atLeast: 1), fallback: "never",
      "A partition at its end and silent for this long no longer holds the watermark back."),
    OptionDescriptor(
      "max_drift", .duration(atLeast: 1), fallback: "the largest window + lateness, at least 1m",
      "A partition further ahead of the slowest than this is held."),
    OptionDescriptor(
      "updates", .word(["upsert"]),
      "Each record is the newest row of its `key`, one without a value deletes it."),
    OptionDescriptor(
      "key", .columns,
      "Of a source that brings updates: the columns that tell its rows apart."),
  ]

  private static let encoding: [OptionDescriptor] = [
    OptionDescriptor(
      "format", .word(["json", "csv", "text"]), fallback: "json", "How a row is written."),
    OptionDescriptor(
      "timestamps",
      .word(["rfc3339", "epoch_millis", "epoch_micros", "epoch_seconds"]), fallback: "rfc3339",
      "How a timestamp is written."),
    OptionDescriptor(
      "decimals", .word(["number", "string"]), fallback: "number",
      "Decimals as JSON numbers with all digits, or as text."),
    OptionDescriptor(
      "nulls", .word(["write", "omit"]), fallback: "write", formats: ["json"],
      "JSON: whether nulls are written."),
    OptionDescriptor(
      "separator", .text, fallback: "\",\"", formats: ["csv"], "CSV: what stands between cells."),
    OptionDescriptor(
      "header", .bool, fallback: "true", formats: ["csv"],
      "CSV in files: whether the first line names the columns."),
    OptionDescriptor(
      "updates", .word(["upsert", "debezium", "final"]),
      "How a stream that updates is written: the newest row of each key (Kafka and files of JSON, "
        + "with `key`), each change with the row before and after, or the rows that are left at "
        + "the end."),
  ]
}
