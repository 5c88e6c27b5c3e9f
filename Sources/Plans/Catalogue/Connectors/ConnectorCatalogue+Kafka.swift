extension ConnectorCatalogue {
  static let kafka = ConnectorDescriptor(
    "kafka", "Topics of a Kafka cluster.",
    options: [
      .source: kafkaConnection + kafkaReading,
      .sink: kafkaConnection + kafkaWriting,
      .deadLetter: kafkaConnection + [kafkaTarget],
    ],
    formats: [
      .source: ["json", "csv", "text", "raw", "debezium"], .sink: ["json", "csv", "text"],
    ], hasRecordTimestamp: true)

  /// What `settings { kafka: { … } }` may hold, and each Kafka block for itself.
  public static let kafkaConnection: [OptionDescriptor] = [
    OptionDescriptor(
      "brokers", .text, fallback: "settings, else the only brokers in the file",
      "Addresses to begin with: `host:9092,host2:9092`."),
    OptionDescriptor(
      "tls",
      .switchOrBlock(
        encryption + [
          OptionDescriptor("key_password", .secretText, "The private key's password."),
          OptionDescriptor(
            "verify", .bool, fallback: "true",
            "Whether the broker's name must fit its certificate."),
        ]), fallback: "false", "Encrypts the connection."),
    OptionDescriptor(
      "sasl",
      .block([
        OptionDescriptor(
          "mechanism", .word(["plain", "scram_sha_256", "scram_sha_512"]), fallback: "plain",
          "How we log in."),
        OptionDescriptor("username", .secretText, required: true, "Who we are."),
        OptionDescriptor("password", .secretText, required: true, "Our password."),
      ]), "Logs in at the brokers."),
    OptionDescriptor(
      "config", .freeBlock, "Any key of librdkafka that the engine does not set itself."),
  ]

  private static let kafkaTarget = OptionDescriptor(
    "topic", .text, required: true, "The topic that is written.")

  private static let kafkaReading: [OptionDescriptor] = [
    OptionDescriptor(
      "topic", .textOrList, "The topic, or a list of topics. This or `topic_pattern`."),
    OptionDescriptor(
      "topic_pattern", .pattern, "A regular expression; all topics whose whole name matches it."),
    OptionDescriptor(
      "start", .start(["earliest", "latest", "committed"]), fallback: "earliest",
      "Where the first start begins; `timestamp \"…\"`: at the first record of that time; "
        + "`{ \"0\": 120 }`: at that offset of partition 0 (of several topics `\"orders:0\"`), at "
        + "the beginning of the others."),
    OptionDescriptor(
      "on_gap", .word(["fail", "earliest", "latest"]), fallback: "fail",
      "What happens when the stored position no longer exists."),
    OptionDescriptor(
      "discovery", .duration(atLeast: 0), fallback: "30s",
      "How often new partitions and topics are looked for; `0s`: never."),
    OptionDescriptor(
      "group", .text, fallback: "raudal.<pipeline>",
      "The group whose offsets tools see; `start: committed` reads it."),
  ]

  private static let kafkaWriting: [OptionDescriptor] = [
    kafkaTarget,
    OptionDescriptor(
      "key", .columns, "The record's key: a column's text, of several a JSON array."),
    OptionDescriptor("headers", .expressions, "Headers of each record."),
    OptionDescriptor(
      "tombstone", .condition,
      "Rows for which this holds are written as deletions: the key, and null for the value. Needs"
        + " `key`."),
    OptionDescriptor(
      "delivery", .word(["exactly_once", "at_least_once"]), fallback: "exactly_once",
      "In transactions that commit with the checkpoints, or at once."),
  ]
}
