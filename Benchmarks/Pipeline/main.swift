// The Yahoo Streaming Benchmark on the whole engine, beside a C++ loop that does the same work:
//
//   PipelineBenchmark DEFINITION text|codes|json [EVENTS [ROUNDS]]
//
// and the queries of the Nexmark suite by themselves, all or one:
//
//   PipelineBenchmark FOLDER nexmark [EVENTS [ROUNDS [QUERY]]]
//
// and `execute` of tasks, without anybody who is called; `kafka`: from the broker that `KAFKA_BROKERS`
// names, from one topic to others:
//
//   PipelineBenchmark FOLDER tasks|ordered [TASKS [ROUNDS]]
//   PipelineBenchmark FOLDER kafka TASKS ROUNDS FROM TO
//
// One worker and two; the two sides in turn, so that both meet the same machine.
import Connectors
import Columns
import Glibc
import Plans

let arguments = CommandLine.arguments
let subjects = ["text", "codes", "json", "nexmark", "tasks", "ordered", "kafka"]
guard arguments.count >= 3, subjects.contains(arguments[2]) else {
  let all = subjects.joined(separator: "|")
  print("usage: PipelineBenchmark DEFINITION|FOLDER \(all) [EVENTS [ROUNDS …]]")
  exit(2)
}
do {
  let rounds = arguments.count > 4 ? Int(arguments[4]) ?? 7 : 7
  let events = arguments.count > 3 ? Int(arguments[3]) : nil
  let tasks = TaskBenchmark(folder: arguments[1], rounds: rounds)
  switch arguments[2] {
  case "nexmark": try nexmark(events: events ?? 10_000_000, rounds: rounds)
  case "tasks": try tasks.memory(tasks: events ?? 2_000_000)
  case "ordered": try tasks.ordered(tasks: events ?? 10_000)
  case "kafka" where arguments.count == 7:
    try tasks.kafka(tasks: events ?? 0, from: arguments[5], to: arguments[6])
  case "kafka": throw BenchmarkFailure("`kafka` takes TASKS ROUNDS FROM TO")
  default: try yahoo(events: events, rounds: rounds)
  }
} catch {
  print("failed: \(error)")
  exit(1)
}

func nexmark(events: Int, rounds: Int) throws {
  let queries = try NexmarkBenchmark.queries(arguments.count > 5 ? arguments[5] : nil)
  let suite = try NexmarkBenchmark(folder: arguments[1], events: events, rounds: rounds)
  defer { suite.removeEvents() }
  try suite.run(queries)
}

func yahoo(events: Int?, rounds: Int) throws {
  let benchmark = try YahooBenchmark(definition: arguments[1], rounds: rounds)
  for workers in [1, 2] {
    if arguments[2] == "json" {
      try benchmark.json(events: events ?? 4_000_000, workers: workers)
    } else {
      try benchmark.columns(
        events: events ?? 40_000_000, workers: workers, usesCodes: arguments[2] == "codes")
    }
  }
}

struct YahooBenchmark {
  private let engine: EngineRun
  private let rounds: Int
  private let directory: String
  private let data = YahooColumns(batches: 16)

  init(definition: String, rounds: Int) throws {
    engine = try EngineRun(definition: definition)
    self.rounds = rounds
    directory = "/tmp/raudal-benchmark-\(getuid())"
    mkdir(directory, 0o755)
  }

  func columns(events: Int, workers: Int, usesCodes: Bool) throws {
    try Files.writeAds(data, to: "\(directory)/ads.csv")
    let feed = ColumnFeed(
      columns: data, usesCodes: usesCodes, partitions: workers,
      batches: events / Batch.rowLimit / workers)
    let yardstick = Yardstick(ads: data.ads, campaigns: data.campaignOfAd)
    let memory = ConnectorSpec(connector: "memory", options: [])
    try compare(
      usesCodes ? "dictionary columns" : "text columns",
      events: feed.batches * Batch.rowLimit * workers, workers, memory, feed, yardstick
    ) { yardstick.run(feed) }
  }

  func json(events: Int, workers: Int) throws {
    let generator = AdEventGenerator(seed: 1)
    let table = generator.adsTable()
    let file = try Files.create("\(directory)/ads.csv")
    table.withUnsafeBufferPointer { Files.write($0, to: file) }
    fclose(file)
    let share = events / workers
    let files = (0..<workers).map { "\(directory)/events-\(workers)-\($0).jsonl" }
    for (number, path) in files.enumerated() {
      try Files.writeEvents(share, to: path, first: number * share)
    }
    defer { for path in files { unlink(path) } }
    let source = ConnectorSpec(
      connector: "file",
      options: [
        Option("path", .string("\(directory)/events-\(workers)-*.jsonl")),
        Option("parallel", .bool(true)),
      ])
    let feed = ColumnFeed(columns: data, usesCodes: false, partitions: 0, batches: 0)
    let yardstick = Yardstick(table: table, adsPerCampaign: generator.adsPerCampaign)
    try compare("JSON lines", events: share * workers, workers, source, feed, yardstick) {
      yardstick.run(files: files)
    }
  }

  private func compare(
    _ name: String, events: Int, _ workers: Int, _ source: ConnectorSpec, _ feed: ColumnFeed,
    _ yardstick: Yardstick, _ other: () throws -> Void
  ) throws {
    var comparison = Comparison(name, events: events, workers: workers)
    var total: (rows: Int, views: Int64) = (0, 0)
    try comparison.run(
      times: rounds,
      ours: {
        total = try engine.run(
          source: source, feed: feed, workers: workers, directory: directory)
      }, yardstick: other)
    comparison.report()
    guard total.views == yardstick.views, total.views > 0 else {
      throw BenchmarkFailure("the engine counted \(total.views) views, C++ \(yardstick.views)")
    }
    print("  totals     \(total.views) views in \(total.rows) rows, the same on both sides")
  }
}
