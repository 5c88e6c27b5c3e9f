import Schemas

extension TaskCatalogue {
  /// A record for each task: a command for whoever reads the topic.
  public static let kafka = TaskKind(
    "kafka", ConnectorCatalogue.kafkaConnection + record + [kafkaAnswer],
    statuses: 0...255, done: 0...0, usualStatus: 0, retried: [.timeout, .connect, .broken],
    concurrency: 1_024,
    answer: [
      Field("topic", .string), Field("partition", .int), Field("offset", .int),
    ])

  private static let record: [OptionDescriptor] = [
    OptionDescriptor(
      "topic", .template, required: true,
      "Where it is written: a text, in which values of the row may stand."),
    OptionDescriptor(
      "key", .template, fallback: "none",
      "The record's key; records of one key go to one partition. A value that is null: none."),
    OptionDescriptor(
      "value", .jsonTemplate, required: true,
      "A block that is written as JSON, whose members are values of the row, or one such value; or "
        + "a text of JSON with `\\(x)` in it."),
    OptionDescriptor(
      "headers", .textTemplates, "Headers of each record, texts that may hold values of the row."),
    idempotencyHeader("record"),
  ]

  private static let kafkaAnswer = OptionDescriptor(
    "response", .fields, fallback: "nothing is read",
    "What is read of the brokers' word: `topic: string`, `partition: int`, `offset: int`.")
}
