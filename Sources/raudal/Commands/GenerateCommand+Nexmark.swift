import ArgumentParser
import Columns
import Connectors
import Glibc

extension GenerateCommand {
  struct Nexmark: ParsableCommand {
    enum Target: String, ExpressibleByArgument, CaseIterable { case kafka, file }

    static let configuration = CommandConfiguration(
      commandName: "nexmark",
      abstract: "People, auctions and bids of the Nexmark suite, as JSON.",
      discussion: """
        Of fifty events one is a person, three are auctions and 46 bids. Each kind goes to files \
        of its own, DIR/person-0.jsonl, DIR/auction-0.jsonl, DIR/bid-0.jsonl and so on, by turns, \
        or to the topics PREFIX-person, PREFIX-auction and PREFIX-bid. \
        The same seed gives the same events; only their times follow the clock, or with --start \
        begin there and go on by the rate, and then they are written as fast as it goes. \
        Pipelines/nexmark has the queries of the suite.

        EXAMPLES
          raudal generate nexmark --count 1000000 --start 1767225600000 --to file --path events
          raudal generate nexmark --rate 20000 --seconds 30 --to kafka
        """)

    @OptionGroup var pace: EventPace

    @Option(help: ArgumentHelp("kafka or file.", valueName: "TARGET"))
    var to: Target

    @Option(
      help: ArgumentHelp(
        "Kafka brokers; by default KAFKA_BROKERS, else localhost:9092.", valueName: "HOST:PORT"))
    var brokers: String?

    @Option(
      help: ArgumentHelp(
        "What the topics' names begin with; they are created if they do not exist.",
        valueName: "PREFIX"))
    var topic = "nexmark"

    @Option(
      help: ArgumentHelp("Partitions of topics that are created, or files.", valueName: "N"))
    var partitions: Int32 = 4

    @Option(
      help: ArgumentHelp(
        "The folder of the files, which is made if it does not exist; what they held is gone.",
        valueName: "DIR"))
    var path: String?

    @Option(
      help: ArgumentHelp("Writes the table of the side input to this file too.", valueName: "FILE"))
    var sideInput: String?

    func validate() throws {
      try pace.validateNumbers()
      if partitions < 1 { throw ValidationError("--partitions is positive") }
      if to == .file && path == nil { throw ValidationError("--to file needs --path") }
      if !pace.ends && to != .kafka {
        throw ValidationError("say when to end: --seconds or --count")
      }
    }

    func run() throws {
      signal(SIGPIPE, SIG_IGN)
      do {
        // Until then a signal simply ends the process: brokers may be waited for.
        let sinks = try makeSinks()
        if let sideInput {
          let file = try OutputFile(sideInput)
          NexmarkGenerator.sideInput().withUnsafeBufferPointer { file.write($0) }
          try file.close()
        }
        let signals = StopSignals()
        Terminal.writeError("writing to \(target)\n")
        let written = try produce(to: sinks, until: signals)
        for sink in sinks.values.joined() { try sink.close() }
        Terminal.writeError("\(written) events\n")
      } catch let error as ConnectorError { throw CommandFailure(error.message) }
    }

    /// Events of a kind go to its sinks by turns.
    private func produce(
      to sinks: [NexmarkGenerator.Kind: [any EventTarget]], until signals: StopSignals
    ) throws -> Int64 {
      // Without a rate auctions last as if there were the usual one.
      let generator = NexmarkGenerator(
        seed: pace.seed, rate: pace.rate > 0 ? pace.rate : EventPace.usualRate)
      let buffer = ByteBuffer(capacity: 1024)
      var turns: [NexmarkGenerator.Kind: Int] = [:]
      return try pace.produce(until: signals) { ordinal, time in
        let kind = NexmarkGenerator.kind(of: ordinal)
        guard let own = sinks[kind] else { return }
        let turn = turns[kind, default: 0]
        turns[kind] = (turn + 1) % own.count
        // The suite's times are milliseconds.
        let time = time / 1000 * 1000
        buffer.removeAll()
        generator.append(ordinal, eventTime: time, to: buffer)
        try own[turn].write(buffer.bytes, time: time)
      }
    }

    private var target: String {
      switch to {
      case .file: path ?? ""
      case .kafka: "topics \(topic)-… on \(TopicTarget.cluster(brokers))"
      }
    }

    private func makeSinks() throws -> [NexmarkGenerator.Kind: [any EventTarget]] {
      var sinks: [NexmarkGenerator.Kind: [any EventTarget]] = [:]
      if to == .file, let path { mkdir(path, 0o777) }
      for kind in NexmarkGenerator.Kind.allCases {
        switch to {
        case .file:
          sinks[kind] = try (0..<partitions).map {
            try OutputFile("\(path ?? "")/\(kind.rawValue)-\($0).jsonl")
          }
        case .kafka:
          let name = "\(topic)-\(kind.rawValue)"
          sinks[kind] = [
            try TopicTarget(
              brokers: TopicTarget.cluster(brokers), topic: name, create: [name],
              partitions: partitions)
          ]
        }
      }
      return sinks
    }
  }
}
