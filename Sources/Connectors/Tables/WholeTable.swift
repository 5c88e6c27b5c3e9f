import Columns
package import Platform
import Schemas

/// A table that a server gives whole, as JSON objects: a source that is read at once.
package final class WholeTable: Source {
  /// Microseconds that reading it may take, where it is not said.
  package static let usualTimeout: Int64 = 60_000_000
  /// Bytes that are taken.
  package static let limit = 1 << 30

  private let partition: PartitionID
  private let read: @Sendable () throws(ConnectorError) -> [[UInt8]]

  /// `read` may wait.
  package init(
    _ name: String, _ read: @escaping @Sendable () throws(ConnectorError) -> [[UInt8]]
  ) {
    partition = PartitionID(source: name, topic: name, number: 0)
    self.read = read
  }

  package func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition] {
    let start = Position(offset: 0)
    return [SourcePartition(id: partition, start: start, beginning: start)]
  }

  package func makeReader(
    worker: Int, wake: any Wake
  ) throws(ConnectorError) -> any SourceReader {
    WholeTableReader(partition, try read())
  }
}

private final class WholeTableReader: SourceReader {
  private let partition: PartitionID
  private let objects: [[UInt8]]
  private var next = 0

  init(_ partition: PartitionID, _ objects: [[UInt8]]) {
    self.partition = partition
    self.objects = objects
  }

  func add(_ partition: PartitionID, at position: Position, end: Position?) {}

  func poll(limit: Int) -> SourcePoll {
    guard next < objects.count else { return .ended(partition) }
    let part = objects[next..<min(next + max(limit, 1), objects.count)]
    let records = RecordBatch(
      partition: partition, capacity: part.count,
      byteCapacity: max(part.reduce(0) { $0 + $1.count }, 1))
    for (number, object) in part.enumerated() {
      object.withUnsafeBytes {
        records.append(value: $0, key: nil, timestamp: .min, offset: Int64(next + number))
      }
    }
    next += part.count
    return .records(records, next: Position(offset: Int64(next)))
  }

  func hold(_ partition: PartitionID) {}
  func release(_ partition: PartitionID) {}
  func close() {}
}
