import ArgumentParser
import Columns
import Connectors
import Glibc
import KafkaConnector
import Platform
import Schemas

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Produce events to try pipelines with.",
    discussion: """
      EXAMPLES
        raudal generate ad-events --rate 20000 --seconds 30 --to kafka --topic ad-events
        raudal generate ad-events --count 1000 --start 1767225600000 --to file --path events.jsonl
        raudal generate ad-events --count 1000 --to stdout >> app.jsonl
      """,
    subcommands: [AdEvents.self])

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

    @Option(help: ArgumentHelp("Events a second; 0 for as fast as it goes.", valueName: "N"))
    var rate: Int64 = 10_000

    @Option(help: ArgumentHelp("Ends after so many seconds.", valueName: "N"))
    var seconds: Int64?

    @Option(help: ArgumentHelp("Ends after so many events.", valueName: "N"))
    var count: Int64?

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

    @Option(
      help: ArgumentHelp(
        "Time of the first event, in milliseconds since 1970; then times follow the rate.",
        valueName: "MS"))
    var start: Int64?

    @Option(help: ArgumentHelp("Another seed gives other events.", valueName: "N"))
    var seed: UInt64 = 1

    @Flag(help: "Leaves out the cost, as the original benchmark does.")
    var withoutCost = false

    func validate() throws {
      if rate < 0 || partitions < 1 {
        throw ValidationError("--rate and --partitions are positive")
      }
      if to == .file && path == nil { throw ValidationError("--to file needs --path") }
      if seconds == nil && count == nil && to != .kafka {
        throw ValidationError("say when to end: --seconds or --count")
      }
    }

    func run() throws {
      let generator = AdEventGenerator(seed: seed, hasCost: !withoutCost)
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
        let written = try produce(generator, to: sink, until: signals)
        try sink.close()
        Terminal.writeError("\(written) events\n")
      } catch let error as ConnectorError { throw CommandFailure(error.message) }
    }

    private func produce(
      _ generator: AdEventGenerator, to sink: any EventTarget, until signals: StopSignals
    ) throws -> Int64 {
      let clock = SystemClock()
      let began = clock.now().microseconds
      let limit = min(count ?? .max, seconds.map { rate == 0 ? .max : $0 * rate } ?? .max)
      // Times that are made up need no waiting for.
      let isPaced = rate > 0 && start == nil
      let buffer = ByteBuffer(capacity: 512)
      var written: Int64 = 0
      while written < limit {
        let elapsed = clock.now().microseconds - began
        if !isPaced, let seconds, elapsed >= seconds * 1_000_000 { break }
        let due = isPaced ? elapsed * rate / 1_000_000 : written + 1000
        while written < min(due, limit) {
          let time = start.map { $0 * 1000 + written * 1_000_000 / max(rate, 1) }
          buffer.removeAll()
          let now = time ?? clock.now().microseconds / 1000 * 1000
          generator.append(UInt64(written), eventTime: now, to: buffer)
          try sink.write(buffer.bytes, time: now)
          written += 1
        }
        if signals.wait(milliseconds: isPaced ? 2 : 0) == .stop { break }
      }
      return written
    }

    private var cluster: String {
      brokers ?? getenv("KAFKA_BROKERS").map { String(cString: $0) } ?? "localhost:9092"
    }

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

/// Where generated events go.
protocol EventTarget: AnyObject {
  /// Microseconds since 1970. May wait.
  func write(_ event: UnsafeBufferPointer<UInt8>, time: Int64) throws
  func close() throws
}

/// A file of lines.
final class OutputFile: EventTarget {
  private let path: String
  private let file: UnsafeMutablePointer<FILE>

  /// What the file held before is gone.
  convenience init(_ path: String) throws {
    try self.init(path, fopen(path, "wb"))
  }

  /// The descriptor, wherever it leads and stands: opening it anew by its name would begin at the
  /// front of a file that others append to.
  static func standardOutput() throws -> OutputFile {
    try OutputFile("standard output", fdopen(dup(STDOUT_FILENO), "wb"))
  }

  private init(_ path: String, _ file: UnsafeMutablePointer<FILE>?) throws {
    guard let file else { throw Self.failure(path) }
    setvbuf(file, nil, Int32(_IOFBF), 1 << 20)
    self.path = path
    self.file = file
  }

  private static func failure(_ path: String) -> CommandFailure {
    CommandFailure("can't write \(path): \(String(cString: strerror(errno)))")
  }

  func write(_ event: UnsafeBufferPointer<UInt8>, time: Int64) throws {
    write(event)
    guard putc(10, file) != EOF, ferror(file) == 0 else { throw Self.failure(path) }
  }

  func write(_ bytes: UnsafeBufferPointer<UInt8>) {
    fwrite(bytes.baseAddress, 1, bytes.count, file)
  }

  func close() throws {
    let failed = ferror(file) != 0
    guard fclose(file) == 0, !failed else { throw Self.failure(path) }
  }
}

/// A topic; records have no key, and so spread over the partitions.
final class TopicTarget: EventTarget {
  private let topic: String
  private let producer: RecordProducer
  private let account = DeliveryAccount()

  init(brokers: String, topic: String, create topics: [String], partitions: Int32) throws {
    self.topic = topic
    let configuration = ClientConfiguration(brokers: brokers)
    let admin = try KafkaAdmin(
      configuration: configuration, clock: SystemClock(),
      notify: { Terminal.writeError("\($0)\n") })
    for topic in topics {
      try admin.createTopic(
        topic, partitions: partitions, replicas: 1, settings: ["retention.ms": "-1"])
    }
    producer = try RecordProducer(
      configuration: configuration, place: "topic \(topic)", lanes: ThreadLanes())
    producer.register(account)
  }

  func write(_ event: UnsafeBufferPointer<UInt8>, time: Int64) throws {
    while true {
      let record = OutgoingRecord(
        topic: topic, key: nil, value: event, timestamp: time / 1000)
      switch producer.produce(record, account) {
      case .queued: return
      case .full: producer.drain(10)
      case .rejected(let error): throw error
      }
    }
  }

  func close() throws {
    while account.unacknowledged > 0 {
      producer.drain(50)
      if let failure = account.failure { throw failure }
    }
    producer.close()
  }
}
