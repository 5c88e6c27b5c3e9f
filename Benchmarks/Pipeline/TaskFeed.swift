import Columns
import Connectors
import Plans
import Schemas

/// Tasks of so many lines, each with up to five milliseconds of work.
struct TaskFeed: BatchFeed {
  static let mostWork = 5_000

  let partitions: Int
  /// In each partition.
  let rows: Int
  let lines: Int

  func columns(_ number: Int, of partition: Int, _ names: [String]) -> [Column] {
    let first = number * Batch.rowLimit
    let range = first..<min(first + Batch.rowLimit, rows)
    return names.map { name in
      let column = Column(fixed: .int, rowCount: range.count)
      for (row, place) in range.enumerated() {
        // Numbers of all partitions.
        let id = place * partitions + partition
        column.ints[row] =
          switch name {
          case "line": Int64(id % lines)
          case "work": Int64(id &* 7_919 % (Self.mostWork + 1))
          default: Int64(id)
          }
      }
      return column
    }
  }
}

/// Reads a feed of tasks, in the place of the connector `memory`.
struct TaskFeedConnector: ConnectorFactory {
  let name = "memory"
  let feed: TaskFeed

  func makeSource(
    _ spec: SourceSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    FeedSource(spec, feed)
  }
}
