extension DiagnosticPage {
  static let options: [DiagnosticPage] = [
    DiagnosticPage(
      "E0400", "an option is wrong in a way that has no message of its own"),
    DiagnosticPage(
      "E0401", "no such connector",
      advice: "[connectors.md](connectors.md) lists them",
      wrong: "sink e to kafak { }",
      right: "sink e to print"),
    DiagnosticPage(
      "E0402", "no such option here",
      advice: "the note lists them",
      wrong: ##"sink e to file { path: "out", fromat: json }"##,
      right: ##"sink e to file { path: "out", format: json }"##),
    DiagnosticPage(
      "E0403", "a needed option is missing, or the value of a param",
      advice: "a param: `--set NAME=…`, or a default",
      wrong: "sink e to file",
      right: ##"sink e to file { path: "out" }"##),
    DiagnosticPage(
      "E0404", "the option takes another value",
      wrong: ##"sink e to file { path: "out", compression: zip }"##,
      right: ##"sink e to file { path: "out", compression: gzip }"##),
    DiagnosticPage(
      "E0405", "the connector can't play this role (`print` is no source)",
      wrong: "source a: E from print",
      right: "source a: E from memory"),
    DiagnosticPage(
      "E0406", "it is not said which brokers to use",
      advice: "`brokers:` here, or once in `settings { kafka: { … } }`",
      wrong: ##"sink e to kafka { topic: "t" }"##,
      right: ##"sink e to kafka { brokers: "b:9092", topic: "t" }"##),
    DiagnosticPage(
      "E0407", "set twice",
      wrong: ##"sink e to file { path: "a", path: "b" }"##,
      right: ##"sink e to file { path: "a" }"##),
    DiagnosticPage(
      "E0408", "exactly-once sinks on two clusters",
      advice: "`delivery: at_least_once` at the sinks of one",
      wrong: ##"""
        sink e to kafka { brokers: "a:9092", topic: "t" }
        sink e to kafka { brokers: "b:9092", topic: "t" }
        """##,
      right: ##"""
        sink e to kafka { brokers: "a:9092", topic: "t" }
        sink e to kafka { brokers: "b:9092", topic: "t", delivery: at_least_once }
        """##),
    DiagnosticPage(
      "E0409", "a stream does not fit the type its sink declares",
      wrong: ##"""
        type Row { id: string }
        sink out: Row = e to print
        """##,
      right: ##"""
        type Row { id: int }
        stream s = e | map { id }
        sink out: Row = s to print
        """##),
    DiagnosticPage(
      "E0410", "checkpoints more than 5 minutes apart beside an exactly-once Kafka sink",
      advice: "a transaction would outlive what brokers allow",
      wrong: "checkpoint { every: 10m }",
      right: "checkpoint { every: 30s }"),
    DiagnosticPage(
      "E0411", "a secret where the value is printed or stored",
      wrong: ##"sink e to file { path: secret("PATH") }"##,
      right: ##"sink e to file { path: env("PATH") }"##),
    DiagnosticPage(
      "E0413", "exactly one of several options is needed (`topic`, `topic_pattern`)",
      wrong: ##"source a: E from kafka { brokers: "b:9092" }"##,
      right: ##"source a: E from kafka { brokers: "b:9092", topic: "a" }"##),
    DiagnosticPage(
      "E0414", "a librdkafka key that the engine sets itself",
      advice: "the label says why",
      wrong:
        ##"""
        sink e to kafka {
          brokers: "b:9092", topic: "t"
          config: { "enable.idempotence": false }
        }
        """##,
      right: ##"sink e to kafka { brokers: "b:9092", topic: "t", config: { "linger.ms": 20 } }"##),
    DiagnosticPage(
      "E0415", "the connector has no such format in this role",
      wrong: ##"table t: E key id from file { path: "t.txt", format: text }"##,
      right: ##"table t: E key id from file { path: "t.csv", format: csv }"##),
    DiagnosticPage(
      "E0416", "`text` and `raw` take exactly one column",
      wrong: ##"sink e to file { path: "out", format: text }"##,
      right: ##"""
        stream s = e | map { line = name }
        sink s to file { path: "out", format: text }
        """##),
    DiagnosticPage(
      "E0417", "event time that is no timestamp or may be null",
      wrong: ##"""
        type A { at: timestamp? }
        source a: A from memory { event_time: at }
        """##,
      right: ##"""
        type A { at: timestamp }
        source a: A from memory { event_time: at }
        """##),
    DiagnosticPage(
      "E0418", "`meta.timestamp` of a connector whose records have none",
      advice: "a column, or `arrival`",
      wrong: "source a: E from memory { event_time: meta.timestamp }",
      right: "source a: E from memory { event_time: arrival }"),
    DiagnosticPage(
      "E0419", "`tombstone` at a sink without `key`",
      advice: "a deletion has only its key: write `key:`",
      wrong: ##"sink e to kafka { brokers: "b:9092", topic: "t", tombstone: paid }"##,
      right: ##"sink e to kafka { brokers: "b:9092", topic: "t", key: id, tombstone: paid }"##),
    DiagnosticPage(
      "E0420",
      "an option for another format, which would do nothing (`separator` beside JSON)",
      advice: "say `format:`, or leave the option out",
      wrong: ##"sink e to file { path: "f", separator: ";" }"##,
      right: ##"sink e to file { path: "f", format: csv, separator: ";" }"##),
  ]
}
