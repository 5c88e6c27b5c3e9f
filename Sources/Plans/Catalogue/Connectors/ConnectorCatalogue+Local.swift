extension ConnectorCatalogue {
  static let file = ConnectorDescriptor(
    "file", "Files of lines: JSON or CSV, plain or compressed.",
    options: [
      .source: [filePath, compression] + [
        OptionDescriptor(
          "parallel", .bool, fallback: "false",
          "Each file of a glob is a partition; without, all are one, in name order."),
        OptionDescriptor(
          "follow", .bool, fallback: "false", "Waits for more at the end, and for new files."),
        maximumRecord,
      ],
      .table: [filePath, compression, maximumRecord, refresh],
      .sink: [
        OptionDescriptor("path", .text, required: true, "The directory that gets the parts."),
        OptionDescriptor(
          "compression", .word(["none", "zstd", "lz4", "gzip"]), fallback: "none",
          "How parts are compressed."),
        OptionDescriptor(
          "key", .columns, "Of `updates: upsert`: the key by which the stream updates."),
        OptionDescriptor(
          "part_size", .int(1...Int64.max), fallback: "268435456",
          "Bytes, before compression, after which a part ends and another begins."),
        OptionDescriptor(
          "delivery", .word(["exactly_once", "at_least_once"]), fallback: "exactly_once",
          "Parts appear whole with the checkpoint that holds them."),
      ],
      .deadLetter: [
        OptionDescriptor("path", .text, required: true, "The directory that gets the parts.")
      ],
    ],
    formats: [
      .source: ["json", "csv", "text", "raw", "debezium"], .table: ["json", "csv"],
      .sink: ["json", "csv", "text"],
    ])

  static let print = ConnectorDescriptor(
    "print", "A line for each row on standard output.",
    options: [.sink: [], .deadLetter: []],
    formats: [.sink: ["json", "csv", "text"]])

  static let memory = ConnectorDescriptor(
    "memory", "Rows of the embedding program or a test, by the name of the source or sink.",
    options: [.source: [], .table: [], .sink: [], .deadLetter: []],
    formats: [.source: [], .table: [], .sink: []])

  private static let filePath = OptionDescriptor(
    "path", .text, required: true,
    "A file, or a glob (`in/*.jsonl.zst`); relative to the definition.")

  private static let maximumRecord = OptionDescriptor(
    "max_record", .int(1...268_435_455), fallback: "67108864",
    "Bytes of the longest record; a longer one is a record that cannot be read.")

  private static let compression = OptionDescriptor(
    "compression", .word(["auto", "none", "zstd", "lz4", "gzip"]), fallback: "auto",
    "`auto` goes by the name: `.zst`, `.lz4`, `.gz`.")
}
