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
  var watermark: PartitionWatermark
  var hasEnded: Bool
  /// All that it holds was read; since when there was nothing more.
  var quietSince: Timestamp?
  /// Silent for so long that it does not hold the watermark.
  var isIdle = false
  /// Not read because it is too far ahead of the others.
  var isHeld = false
  var bytesRead: Int64 = 0
  /// Records not yet read, where the reader knows.
  var backlog: Int64?

  init(_ state: PartitionState, lane: Int64, lateness: Int64) {
    id = state.partition
    self.lane = lane
    position = state.position
    end = state.end
    watermark = PartitionWatermark(
      time: state.isEnded ? .endOfTime : state.watermark, lateness: lateness)
    hasEnded = state.isEnded
  }

  /// What a checkpoint keeps of it. One that is idle joins at the source's watermark when it comes
  /// back, after a restore too.
  func state(at source: Timestamp) -> PartitionState {
    PartitionState(
      partition: id, position: position, end: end, isEnded: hasEnded,
      watermark: hasEnded
        ? .endOfTime : isIdle ? max(watermark.time, source) : watermark.time)
  }

  var status: JobStatus.Source {
    JobStatus.Source(
      partition: id, position: position, watermark: hasEnded ? .endOfTime : watermark.time,
      bytesRead: bytesRead, isIdle: isIdle, backlog: backlog)
  }

  /// Whether it holds the watermark.
  var isLive: Bool { !hasEnded && !isIdle }
}
