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
  /// The record before `next`, if it is known.
  var mark: RecordMark?
  var proof = Proof.none
  /// Where its end was when it was reached last: behind the last record, markers included.
  var endSeen: Int64 = 0
  var isHeld = false
  var hasEnded = false
  /// The position is gone, and what to do is being found out.
  var isInGap = false
  /// The cluster no longer names it: nothing is fetched until it does again.
  var isAbsent = false
  /// Whether another topic of its name has taken its place.
  var replaced = Replaced.no
  /// The position of which it was told that it may be another topic's.
  var unprovenAt: Int64?
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

  /// Whether the record at the mark is fetched once more, to see that it is still the same.
  enum Proof {
    case none
    /// Its absence says nothing: it may have been compacted away.
    case wanted
    /// The topic was away: without the record it is another one.
    case needed
  }

  enum Replaced {
    case no
    /// The topic was away, and the record at the mark is missing.
    case perhaps
    /// Another record is at the mark, or none behind it where there were some.
    case yes
  }

  init(_ id: PartitionID, at position: Position, end: Int64?) {
    self.id = id
    next = position.offset
    self.end = end
    mark = RecordMark(position)
    proof = mark == nil ? .none : .wanted
  }

  var fetchStart: Int64 {
    guard proof != .none, let mark else { return next }
    return mark.offset
  }

  var position: Position { Position(offset: next, detail: mark?.text ?? "") }
}

/// What a reader has to say about a partition, in order.
enum SourceEvent {
  case records(RecordBatch, next: Position)
  case caughtUp
  case ended
}
