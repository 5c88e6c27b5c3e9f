import Connectors
import Instruments
import KeyedState
import Schemas
import Synchronization

/// What one operator on one worker shows to the outside. Written by its worker, read by any thread.
final class StageInstruments: Sendable {
  let id: OperatorID
  let worker: Int
  let metrics = OperatorMetrics()
  let watermark = Gauge()
  private let standing = Mutex<(waiting: Waiting?, hottest: HotKeys.Hottest?)>((nil, nil))
  private let partitions = Mutex<[PartitionID: JobStatus.Source]>([:])

  init(id: OperatorID, worker: Int) {
    self.id = id
    self.worker = worker
    watermark.set(Timestamp.beginning.microseconds)
  }

  func post(_ source: JobStatus.Source) {
    partitions.withLock { $0[source.partition] = source }
  }

  /// What its worker says when it is asked.
  func post(_ waiting: Waiting?, _ hottest: HotKeys.Hottest?) {
    standing.withLock { $0 = (waiting, hottest) }
  }

  var stage: JobStatus.Stage {
    var stage = JobStatus.Stage(
      id: id, worker: worker,
      metrics: OperatorCounts(
        rowsIn: metrics.rowsIn.value, rowsOut: metrics.rowsOut.value,
        filtered: metrics.filtered.value, unmatched: metrics.unmatched.value,
        late: metrics.late.value, lateAfterIdle: metrics.lateAfterIdle.value,
        failed: metrics.failed.value, absorbed: metrics.absorbed.value,
        made: metrics.made.value),
      watermark: Timestamp(microseconds: watermark.value))
    stage.metrics.expired = metrics.expired.value
    stage.metrics.lateness = metrics.lateness.value
    stage.metrics.busy = metrics.busy.value
    stage.metrics.calls = CallCounts(metrics.calls)
    stage.metrics.versions = metrics.inference.versions.map { VersionCounts($0) }
    (stage.waiting, stage.hottest) = standing.withLock { $0 }
    return stage
  }

  /// In the order of the partitions.
  var sources: [JobStatus.Source] {
    partitions.withLock { $0.values.sorted { $0.partition < $1.partition } }
  }
}
