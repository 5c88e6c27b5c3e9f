import Connectors
import Plans

/// The definition, compiled once, run with other places for its input and output.
struct EngineRun {
  private let plan: PhysicalPlan

  init(definition path: String) throws { plan = try WholeEngine.compile(path) }

  /// Reads `source` to its end on so many workers, whole engine, and returns what the sink counted.
  func run(
    source: ConnectorSpec, feed: ColumnFeed, workers: Int, directory: String
  ) throws -> (rows: Int, views: Int64) {
    var plan = plan
    plan.replaceEnds(source: source, sink: ConnectorSpec(connector: "memory", options: []))
    let counts = OutputCounts()
    try WholeEngine.run(
      plan, workers: workers, directory: directory,
      [FileConnector(), ColumnsConnector(feed: feed, counts: counts)])
    return counts.total
  }
}
