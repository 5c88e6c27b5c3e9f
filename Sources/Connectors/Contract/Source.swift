package import Columns
package import Platform
package import Schemas

/// A declared source, connected: its partitions and a reader for each worker. Calls may block and
/// come from a background lane.
package protocol Source: AnyObject, Sendable {
  /// All partitions known now, with where reading begins when nothing is stored.
  /// `fixEnds`: also where each ends, for a run that stops at the end of its input.
  func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition]
  /// Whether a stored partition that `partitions` no longer names was read to its end, so that it
  /// may be let go.
  func isSpent(_ partition: PartitionID, at position: Position) -> Bool
  /// Partitions that appear while running are looked for at this interval (microseconds); nil:
  /// never.
  var discoveryInterval: Int64? { get }
  /// Whether the next run may read more behind the end at which this one stops. Where that can't
  /// be, as of files that are not followed, the source's time ends with its rows.
  var canGoOn: Bool { get }
  func makeReader(worker: Int, wake: any Wake) throws(ConnectorError) -> any SourceReader
  /// Tells tools how far a committed checkpoint has read (Kafka: the group's offsets). Best effort.
  func publish(_ positions: [PartitionID: Position]) throws(ConnectorError)
  func close()
}

extension Source {
  package func isSpent(_ partition: PartitionID, at position: Position) -> Bool { false }
  package var discoveryInterval: Int64? { nil }
  package var canGoOn: Bool { true }
  package func publish(_ positions: [PartitionID: Position]) throws(ConnectorError) {}
  package func close() {}
}

package struct SourcePartition: Hashable, Sendable {
  package var id: PartitionID
  /// Where reading begins at the first start (the source's `start:`).
  package var start: Position
  /// The beginning of what is kept: where a partition is read from that no checkpoint knows.
  package var beginning: Position
  /// Where it ends, if it does.
  package var end: Position?

  package init(id: PartitionID, start: Position, beginning: Position, end: Position? = nil) {
    self.id = id
    self.start = start
    self.beginning = beginning
    self.end = end
  }
}

/// One worker's share of a source. Used by the worker's thread alone; no call waits.
package protocol SourceReader: AnyObject {
  func add(_ partition: PartitionID, at position: Position, end: Position?) throws(ConnectorError)
  /// The next rows of any partition; `.nothing` when there are none, after which the reader rings
  /// its wake when there are.
  func poll(limit: Int) throws(ConnectorError) -> SourcePoll
  /// Stops reading a partition (it is too far ahead) until `release`. Keeps what was prefetched or
  /// rereads it.
  func hold(_ partition: PartitionID)
  func release(_ partition: PartitionID)
  /// Records of the partition that are known to be there and were not handed out yet; nil where
  /// nobody knows. Never waits.
  func backlog(_ partition: PartitionID) -> Int64?
  /// Whether the end that was reached is still the partition's end, asked before it falls idle:
  /// silence alone may be a broker that is away. False while nobody knows; the reader rings its
  /// wake when it does, and may be asked again. Never waits.
  func isAtEnd(_ partition: PartitionID) -> Bool
  func close()
}

extension SourceReader {
  package func backlog(_ partition: PartitionID) -> Int64? { nil }
  package func isAtEnd(_ partition: PartitionID) -> Bool { true }
}

package enum SourcePoll {
  case nothing
  /// Undecoded records of one partition; `next` is the position behind the last.
  case records(RecordBatch, next: Position)
  /// Decoded rows of one partition.
  case rows(Batch, PartitionID, next: Position)
  /// All that the partition holds at present was read. `at`: a position that says so, if there is
  /// one apart from that behind the last row.
  case caughtUp(PartitionID, at: Position? = nil)
  /// The partition promises that no row before this time comes, without a row that says so.
  case advanced(PartitionID, to: Timestamp)
  /// The partition's fixed end was reached; nothing will come of it again.
  case ended(PartitionID)
}

/// What went wrong with the outside world, and what to do.
package struct ConnectorError: Error, Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// The definition's options are wrong.
    case configuration
    /// A stored position no longer exists.
    case gap
    /// Another instance of this pipeline took over; this one must end.
    case fenced
    /// May pass: restart the attempt.
    case retriable
    /// Nobody has ever answered within the time that a start waits.
    case unreachable
    /// A record that can't be written (too large, refused); named in the message.
    case record
    case fatal
  }

  package var kind: Kind
  /// The source or sink, and what happened, and what to do.
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}
