import Columns
import Connectors
import Schemas

/// One partition as a source's reader on a worker sees it.
struct ReadPartition {
  let id: PartitionID
  /// See `OrderTag`.
  let lane: Int64
  var position: Position
  let end: Position?
  /// Of its own rows.
  var watermark: PartitionWatermark
  /// Where it joined the others when it came back from idle, or was found. Rows behind that are
  /// late for operators that are there already, and not by its own watermark: so they are told
  /// apart.
  var joinedAt = Timestamp.beginning
  var hasEnded: Bool
  /// All that it holds was read; since when there was nothing more.
  var quietSince: Timestamp?
  /// All was read that it held when the run began, or more.
  var isRead = false
  /// Silent for so long that it does not hold the watermark.
  var isIdle = false
  /// Not read because it is too far ahead of the others.
  var isHeld = false
  var bytesRead: Int64 = 0
  /// Records not yet read, where the reader knows.
  private(set) var backlog: Int64?
  /// Where it ended when that was first known. Of one that is written without a pause nobody ever
  /// sees the end.
  private var firstEnd: Int64?

  init(_ state: PartitionState, lane: Int64, lateness: Int64) {
    id = state.partition
    self.lane = lane
    position = state.position
    end = state.end
    watermark = PartitionWatermark(time: state.watermark, lateness: lateness)
    hasEnded = state.isEnded
  }

  /// It was read up to a place, with so much left behind that.
  mutating func note(_ place: Position, backlog: Int64?) {
    position = place
    self.backlog = backlog
    firstEnd = firstEnd ?? backlog.map { place.offset &+ $0 }
    if let firstEnd, place.offset >= firstEnd { isRead = true }
  }

  /// How far it has come, for those who wait for it.
  var time: Timestamp { hasEnded ? .endOfTime : reached }

  /// The same, whether it has ended or not: an end may be that of one run.
  private var reached: Timestamp { max(watermark.time, joinedAt) }

  /// What a checkpoint keeps of it. An idle one goes on where the others are: they did not wait for
  /// it, and will not go back after a restore.
  func state(at operatorTime: Timestamp) -> PartitionState {
    PartitionState(
      partition: id, position: position, end: end, isEnded: hasEnded,
      watermark: isIdle ? max(reached, operatorTime) : reached)
  }

  var status: JobStatus.Source {
    JobStatus.Source(
      partition: id, position: position, watermark: time, bytesRead: bytesRead, isIdle: isIdle,
      backlog: backlog)
  }

  /// Whether it holds the watermark.
  var isLive: Bool { !hasEnded && !isIdle }
}
