internal import CRdKafka
internal import Connectors
internal import Platform
internal import Schemas
internal import Synchronization

/// Wakes librdkafka's fetching when a reader's queue has been full and has room again.
///
/// A broker's thread that finds the queue full sleeps, for up to a second, until something comes to
/// it: that there is room again is nothing that it is told (a queue of 32 MB is empty in a tenth of
/// that). Any question to the broker wakes it, so we ask where the partitions end.
package struct QueueWatch {
  /// What makes the queue full; see `queued.min.messages` and `queued.max.messages.kbytes`.
  package struct Limits: Sendable {
    var records: Int
    var bytes: Int

    package init(records: Int, bytes: Int) {
      self.records = records
      self.bytes = bytes
    }
  }

  private let limits: Limits
  private var wasFull = false
  private var takenBefore = 0
  /// Of the records taken lately.
  private var meanBytes = 0.0

  package init(_ limits: Limits) { self.limits = limits }

  /// Tells what was in the queue, and what was then taken of it. Whether fetching is to be woken.
  ///
  /// Full counts a little early: the thread may have looked before we took the last two batches.
  package mutating func hasRoomAgain(waiting: Int, taken: Int, bytes: Int) -> Bool {
    if taken > 0 { meanBytes += (Double(bytes) / Double(taken) - meanBytes) / 8 }
    let early = waiting + takenBefore + taken
    takenBefore = taken
    if early >= limits.records || Double(early) * meanBytes >= Double(limits.bytes) {
      wasFull = true
    }
    let rest = waiting - taken
    guard wasFull, rest < limits.records / 2, Double(rest) * meanBytes < Double(limits.bytes / 2)
    else { return false }
    wasFull = false
    return true
  }
}

extension KafkaReader {
  /// Has a background lane ask the brokers of this reader's partitions for their ends.
  func wakeFetching() {
    if ends.takeTurn(at: source.environment.clock.monotonic(), isUrgent: true) { askForEnds() }
  }
}
