import Columns
import Connectors
import Plans
import Platform
import Schemas
import Synchronization

/// Hands out batches that share the columns of `YahooColumns`, with times that grow: a source that
/// costs next to nothing, and a sink that counts. In the place of the connector `memory`.
struct ColumnsConnector: ConnectorFactory {
  let name = "memory"
  let feed: ColumnFeed
  let counts: OutputCounts

  func makeSource(
    _ spec: SourceSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    FeedSource(spec, feed)
  }

  func makeSink(
    _ spec: SinkSpec, schema: Schema, options: ResolvedOptions,
    transaction: (any TransactionalOutput)?, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink {
    guard let column = schema.index(of: "views") else {
      throw ConnectorError(.configuration, "the sink has no column `views` to add up")
    }
    return CountingSink(column: column, counts)
  }
}

/// What the engine put out: rows, and the sum of their views.
final class OutputCounts: Sendable {
  private let counts = Mutex((rows: 0, views: Int64(0)))

  func add(_ batch: Batch, column: Int) {
    let selection = batch.selection?.rowNumbers ?? Array(0..<batch.rowCount)
    let views = batch.columns[column].ints
    let sum = selection.reduce(into: Int64(0)) { $0 += views[$1] }
    counts.withLock { $0 = ($0.rows + selection.count, $0.views + sum) }
  }

  var total: (rows: Int, views: Int64) { counts.withLock { $0 } }
}

/// A stretch of ad events for each partition, text or codes.
struct ColumnFeed: BatchFeed {
  /// Microseconds of event time between two events of a partition.
  static let step: Int64 = 10

  let columns: YahooColumns
  let usesCodes: Bool
  let partitions: Int
  /// In each partition.
  let batches: Int

  var rows: Int { batches * Batch.rowLimit }

  /// The same of every partition.
  func columns(_ number: Int, of partition: Int, _ names: [String]) -> [Column] {
    let place = number % columns.batchCount
    return names.map { name in
      switch name {
      case "event_type": usesCodes ? columns.typeCodes[place] : columns.types[place]
      case "ad_id": usesCodes ? columns.adCodes[place] : columns.adIDs[place]
      default: times(number)
      }
    }
  }

  func times(_ number: Int) -> Column {
    let column = Column(fixed: .timestamp, rowCount: Batch.rowLimit)
    Self.fill(column.ints, number)
    return column
  }

  static func fill(_ times: UnsafeMutablePointer<Int64>, _ number: Int) {
    let first = Int64(number &* Batch.rowLimit) &* step
    for row in 0..<Batch.rowLimit { times[row] = first &+ Int64(row) &* step }
  }
}

private final class CountingSink: Sink {
  private let column: Int
  private let counts: OutputCounts

  init(column: Int, _ counts: OutputCounts) {
    self.column = column
    self.counts = counts
  }

  func makeWriter(worker: Int, wake: any Wake) throws(ConnectorError) -> any SinkWriter {
    CountingWriter(worker, column: column, counts)
  }
}

private final class CountingWriter: SinkWriter {
  private let worker: Int
  private let column: Int
  private let counts: OutputCounts

  init(_ worker: Int, column: Int, _ counts: OutputCounts) {
    self.worker = worker
    self.column = column
    self.counts = counts
  }

  var hasRoom: Bool { true }

  func write(_ batch: Batch) throws(ConnectorError) -> [RowFailure] {
    counts.add(batch, column: column)
    return []
  }

  func prepare(_ epoch: Epoch) throws(ConnectorError) {}

  func prepared(_ epoch: Epoch) throws(ConnectorError) -> PendingOutput? {
    PendingOutput(sink: "views", worker: worker, epoch: epoch)
  }
}
