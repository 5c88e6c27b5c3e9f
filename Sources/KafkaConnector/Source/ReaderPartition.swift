internal import CRdKafka
internal import Columns
internal import Schemas

/// What a reader knows of one of its partitions.
final class ReaderPartition {
  let id: PartitionID
  /// Where it ends; records at or behind it are not ours.
  let end: Int64?
  /// The first record not yet returned by librdkafka.
  var next: Int64
  /// Where its end was when it was reached last: behind the last record, markers included.
  var endSeen: Int64 = 0
  var isHeld = false
  var hasEnded = false
  /// The position is gone, and what to do is being found out.
  var isInGap = false
  /// Polls' results that wait for `release`.
  var parked: [SourceEvent] = []
  /// The batch being filled from the records at hand.
  var open: RecordBatch?
  /// Of the records at hand: how many are still to come.
  var expected = 0
  /// librdkafka's topic of its messages, compared by address.
  var topic: OpaquePointer?
  /// Its own queue, forwarded to the reader's.
  var queue: OpaquePointer?

  init(_ id: PartitionID, next: Int64, end: Int64?) {
    self.id = id
    self.next = next
    self.end = end
  }
}

/// What a reader has to say about a partition, in order.
enum SourceEvent {
  case records(RecordBatch, next: Int64)
  case caughtUp
  case ended
}
