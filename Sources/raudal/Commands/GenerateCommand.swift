import ArgumentParser
import Columns
import Connectors
import Glibc

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Produce events to try pipelines with.",
    discussion: """
      EXAMPLES
        raudal generate ad-events --rate 20000 --seconds 30 --to kafka --topic ad-events
        raudal generate ad-events --count 1000 --start 1767225600000 --to file --path events.jsonl
        raudal generate ad-events --count 1000 --to stdout >> app.jsonl
        raudal generate nexmark --count 1000000 --start 1767225600000 --to file --path events
      """,
    subcommands: [AdEvents.self, Nexmark.self])

  struct AdEvents: ParsableCommand {
    enum Target: String, ExpressibleByArgument, CaseIterable { case kafka, file, stdout }

    static let configuration = CommandConfiguration(
      commandName: "ad-events",
      abstract: "Ad events of the Yahoo Streaming Benchmark, as JSON of about 245 bytes.",
      discussion: """
        The same seed gives the same events; only their times follow the clock, or with --start \
        begin there and go on by the rate, and then they are written as fast as it goes.

        EXAMPLES
          raudal generate ad-events --rate 20000 --seconds 30 --to kafka --topic ad-events
          raudal generate ad-events --count 1000 --start 1767225600000 --to file --path events.jsonl
          raudal generate ad-events --count 0 --ads ads.csv --to stdout     only the table of ads
        """)

    @OptionGroup var pace: EventPace

    @Option(help: ArgumentHelp("kafka, file or stdout.", valueName: "TARGET"))
    var to: Target

    @Option(
      help: ArgumentHelp(
        "Kafka brokers; by default KAFKA_BROKERS, else localhost:9092.", valueName: "HOST:PORT"))
    var brokers: String?

    @Option(
      help: ArgumentHelp("The topic; it is created if it does not exist.", valueName: "TOPIC"))
    var topic = "ad-events"

    @Option(help: ArgumentHelp("Partitions of topics that are created.", valueName: "N"))
    var partitions: Int32 = 4

    @Option(help: ArgumentHelp("Creates another topic too; repeatable.", valueName: "TOPIC"))
    var createTopic: [String] = []

    @Option(help: ArgumentHelp("The file to write; what it held is gone.", valueName: "FILE"))
    var path: String?

    @Option(
      help: ArgumentHelp("Writes the table of ads to this file too.", valueName: "FILE"))
    var ads: String?

    @Flag(help: "Leaves out the cost, as the original benchmark does.")
    var withoutCost = false

    func validate() throws {
      try pace.validateNumbers()
      if partitions < 1 { throw ValidationError("--partitions is positive") }
      if to == .file && path == nil { throw ValidationError("--to file needs --path") }
      if !pace.ends && to != .kafka {
        throw ValidationError("say when to end: --seconds or --count")
      }
    }

    func run() throws {
      let generator = AdEventGenerator(seed: pace.seed, hasCost: !withoutCost)
      if let ads {
        let file = try OutputFile(ads)
        generator.adsTable().withUnsafeBufferPointer { file.write($0) }
        try file.close()
      }
      signal(SIGPIPE, SIG_IGN)
      do {
        // Until then a signal simply ends the process: brokers may be waited for.
        let sink = try makeSink()
        let signals = StopSignals()
        Terminal.writeError("writing to \(target)\n")
        let buffer = ByteBuffer(capacity: 512)
        let written = try pace.produce(until: signals) { ordinal, time in
          buffer.removeAll()
          generator.append(ordinal, eventTime: time, to: buffer)
          try sink.write(buffer.bytes, time: time)
        }
        try sink.close()
        Terminal.writeError("\(written) events\n")
      } catch let error as ConnectorError { throw CommandFailure(error.message) }
    }

    private var cluster: String { TopicTarget.cluster(brokers) }

    private var target: String {
      switch to {
      case .stdout: "standard output"
      case .file: path ?? ""
      case .kafka: "topic \(topic) on \(cluster)"
      }
    }

    private func makeSink() throws -> any EventTarget {
      switch to {
      case .stdout: return try OutputFile.standardOutput()
      case .file: return try OutputFile(path ?? "")
      case .kafka:
        return try TopicTarget(
          brokers: cluster, topic: topic,
          create: [topic] + createTopic, partitions: partitions)
      }
    }
  }
}
