package import Columns
import Connectors
import Platform
import Schemas

/// A topic as a command reads it: from its beginning to the end that it has when it is opened, and
/// what comes after. Only records of committed transactions. Calls block.
package final class TopicTail {
  private let source: any Source
  private let reader: any SourceReader
  private let wake = Parker()
  /// Where each partition ends that was not read so far.
  private var ends: [PartitionID: Int64] = [:]

  /// nil where there is no such topic.
  package init?(_ place: TopicAccess.Place, _ access: TopicAccess) throws {
    guard try access.partitions(of: place) != nil else { return nil }
    source = try access.source(place)
    reader = try source.makeReader(worker: 0, wake: wake)
    for partition in try source.partitions(fixEnds: true) {
      try reader.add(partition.id, at: partition.beginning, end: nil)
      guard let end = partition.end, end.offset > partition.beginning.offset else { continue }
      ends[partition.id] = end.offset
    }
  }

  deinit {
    reader.close()
    source.close()
  }

  /// Hands over all that the topic held when it was opened.
  package func readToEnd(_ take: (RecordBatch) throws -> Void) throws {
    while !ends.isEmpty {
      if try !step(take) { wake.wait(nanoseconds: 1_000_000_000) }
    }
  }

  /// Hands over what has come since.
  package func readNew(_ take: (RecordBatch) throws -> Void) throws {
    while try step(take) {}
  }

  /// Whether there was anything.
  private func step(_ take: (RecordBatch) throws -> Void) throws -> Bool {
    switch try reader.poll(limit: Batch.rowLimit) {
    case .nothing: return false
    case .records(let records, let next):
      if let end = ends[records.partition], next.offset >= end { ends[records.partition] = nil }
      try take(records)
    // Behind the last record may stand the marks of transactions.
    case .caughtUp(let partition, _), .ended(let partition): ends[partition] = nil
    case .rows, .advanced: break
    }
    return true
  }
}
