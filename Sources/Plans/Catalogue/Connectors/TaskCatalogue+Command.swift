extension TaskCatalogue {
  /// A program of the machine for each task.
  public static let command = TaskKind(
    "command", program + limits + [commandAnswer], statuses: 0...255, done: 0...0, usualStatus: 0,
    retried: [.status(temporaryFailure), .timeout, .connect, .broken], concurrency: 4,
    most: 32)

  /// `EX_TEMPFAIL` of sysexits.h: the one exit status with which programs ask to be called again.
  private static let temporaryFailure = 75

  private static let program: [OptionDescriptor] = [
    OptionDescriptor(
      "program", .text, required: true,
      "The program's file: a path, relative to the definition. It is started as it is, by no "
        + "shell, and looked for nowhere else."),
    OptionDescriptor(
      "arguments", .templates, fallback: "none",
      "Its arguments, each a text that may hold values of the row: `[\"--to\", email]`."),
    OptionDescriptor(
      "stdin", .textOrBlock, fallback: "nothing",
      "What it reads: a block, which is written as JSON, or a text, in which values of the row may "
        + "stand."),
    OptionDescriptor(
      "environment", .textTemplates,
      "Environment variables, texts that may hold values of the row. Of the engine's own it gets "
        + "`PATH`, `HOME`, `LANG`, `TZ` and `TMPDIR` alone."),
    OptionDescriptor(
      "directory", .text, fallback: "the definition's", "Where it runs, relative to the definition."
    ),
  ]

  private static let limits: [OptionDescriptor] = [
    OptionDescriptor(
      "output_bytes", .int(1...(16 << 20)), fallback: "1048576",
      "What it may write to its standard output; with more it is ended, and has failed."),
    OptionDescriptor(
      "memory_mib", .int(1...(1 << 20)), fallback: "none", "Its address space at most, in MiB."),
    OptionDescriptor(
      "cpu", .duration(atLeast: 1_000_000), fallback: "none",
      "Time of a processor at most, in whole seconds."),
  ]

  private static let commandAnswer = OptionDescriptor(
    "response", .fields, fallback: "nothing is read",
    "What is read of its standard output, as JSON: names and types; `name: type from \"…\"` where "
      + "it is called otherwise there.")
}
