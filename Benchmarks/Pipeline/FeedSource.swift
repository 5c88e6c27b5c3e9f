import Columns
import Connectors
import Plans
import Platform
import Schemas

/// Batches that cost next to nothing to make, all whole but the last.
protocol BatchFeed: Sendable {
  var partitions: Int { get }
  /// In each partition.
  var rows: Int { get }

  /// Columns of these names of a partition's batch.
  func columns(_ number: Int, of partition: Int, _ names: [String]) -> [Column]
}

/// Reads a feed.
final class FeedSource: Source {
  private let name: String
  private let schema: Schema
  private let feed: any BatchFeed

  init(_ spec: SourceSpec, _ feed: any BatchFeed) {
    name = spec.name
    schema = Schema(spec.decoding.columns.map(\.field))
    self.feed = feed
  }

  func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition] {
    (0..<feed.partitions).map { number in
      SourcePartition(
        id: PartitionID(source: name, topic: name, number: Int32(number)),
        start: Position(offset: 0), beginning: Position(offset: 0),
        end: Position(offset: Int64(feed.rows)))
    }
  }

  func makeReader(worker: Int, wake: any Wake) throws(ConnectorError) -> any SourceReader {
    FeedReader(schema, feed)
  }
}

private final class FeedReader: SourceReader {
  private let schema: Schema
  private let names: [String]
  private let feed: any BatchFeed
  private var readings: [(id: PartitionID, next: Int)] = []
  private var turn = 0

  init(_ schema: Schema, _ feed: any BatchFeed) {
    self.schema = schema
    self.feed = feed
    names = schema.fields.map(\.name)
  }

  func add(_ partition: PartitionID, at position: Position, end: Position?) throws(ConnectorError) {
    readings.append((partition, Int(position.offset) / Batch.rowLimit))
  }

  func poll(limit: Int) throws(ConnectorError) -> SourcePoll {
    guard !readings.isEmpty else { return .nothing }
    turn = (turn + 1) % readings.count
    let (id, number) = readings[turn]
    let (first, end) = (number * Batch.rowLimit, min((number + 1) * Batch.rowLimit, feed.rows))
    guard first < end else {
      readings.remove(at: turn)
      return .ended(id)
    }
    readings[turn].next = number + 1
    let batch = Batch(
      schema: schema, columns: feed.columns(number, of: Int(id.number), names),
      rowCount: end - first)
    return .rows(batch, id, next: Position(offset: Int64(end)))
  }

  func hold(_ partition: PartitionID) {}
  func release(_ partition: PartitionID) {}
  func close() {}
}
