import Connectors
import Glibc
import KafkaConnector
import Plans
import Platform
import Schemas

/// `execute` on the whole engine, with journal and checkpoints on disk, and nobody who is called.
struct TaskBenchmark {
  /// Of the definitions.
  let folder: String
  let rounds: Int
  /// Of the states of its runs.
  private let state = "/tmp/raudal-tasks-\(getuid())"

  /// From memory to memory: tasks a second of wall time and of each core.
  func memory(tasks: Int) throws {
    for workers in [1, 2] {
      let feed = TaskFeed(partitions: workers, rows: tasks / workers, lines: 1_000)
      var costs: [Cost] = []
      for _ in 0..<rounds {
        costs.append(try Cost.of { try run("memory", feed: feed, workers: workers) })
      }
      report("memory to memory", tasks, workers, costs)
    }
  }

  /// Tasks of 1,000 lines in their order, 100 under way, up to 5 ms of work each.
  func ordered(tasks: Int) throws {
    let feed = TaskFeed(partitions: 2, rows: tasks / 2, lines: 1_000)
    var spans: [Double] = []
    for _ in 0..<rounds {
      let timer = AnswerTimer()
      try timer.run { try run("ordered", feed: feed, workers: 2, timer: timer) }
      spans.append(timer.span)
    }
    let work = (0..<tasks).reduce(0) { $0 + $1 * 7_919 % (TaskFeed.mostWork + 1) }
    print(
      "ordered by line, 100 under way: \(tasks) tasks in \(spread(spans)) s from the first call to"
        + " the last answer; the work alone is \(hundredths(Double(work) / 100e6)) s")
  }

  /// From one topic to another, exactly once, of the broker that `KAFKA_BROKERS` names.
  func kafka(tasks: Int, from: String, to: String) throws {
    var costs: [Cost] = []
    for round in 0..<rounds {
      let plan = try WholeEngine.compile(
        "\(folder)/kafka.raudal",
        settings: ["requests_topic": from, "outcomes_topic": "\(to)-\(round)"])
      costs.append(
        try Cost.of { try run(plan, 1, [KafkaConnectorFactory(), StandInConnector()]) })
    }
    report("Kafka to Kafka", tasks, 1, costs)
  }

  private func report(_ name: String, _ tasks: Int, _ workers: Int, _ costs: [Cost]) {
    let rates = costs.map { Double(tasks) / $0.wall / 1e3 }
    let own = costs.map { $0.processor * 1e6 / Double(tasks) }
    print(
      "\(name): \(workers) worker\(workers == 1 ? "" : "s"), \(tasks) tasks: \(spread(rates)) k"
        + " tasks/s of wall time, \(spread(own)) µs of processor a task")
  }

  private func spread(_ values: [Double]) -> String {
    let ends = [values.min() ?? .nan, values.max() ?? .nan].map(hundredths)
    return "\(hundredths(median(values))) (\(ends[0])–\(ends[1]))"
  }

  private func hundredths(_ value: Double) -> String { String((value * 100).rounded() / 100) }

  private func run(
    _ name: String, feed: TaskFeed, workers: Int, timer: AnswerTimer? = nil
  ) throws {
    var plan = try WholeEngine.compile("\(folder)/\(name).raudal")
    plan.replaceEnds(
      source: ConnectorSpec(connector: "memory", options: []),
      sink: ConnectorSpec(connector: "drop", options: []))
    let counts = RowCount()
    try run(
      plan, workers,
      [
        TaskFeedConnector(feed: feed), DropConnector(counts: counts),
        StandInConnector(timer: timer),
      ])
    guard counts.rows == feed.partitions * feed.rows else {
      throw BenchmarkFailure("of \(feed.partitions * feed.rows) tasks \(counts.rows) came out")
    }
  }

  private func run(
    _ plan: PhysicalPlan, _ workers: Int, _ connectors: [any ConnectorFactory]
  ) throws {
    let place = "\(state)/\(SystemClock().now().microseconds)"
    try WholeEngine.run(
      plan, workers: workers, directory: folder, files: LinuxFileStore(root: place), connectors)
  }
}
