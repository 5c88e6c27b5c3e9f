import Connectors
import Instruments
import Schemas
import Synchronization

/// What one operator on one worker shows to the outside. Written by its worker, read by any thread.
final class StageInstruments: Sendable {
  let id: OperatorID
  let worker: Int
  let metrics = OperatorMetrics()
  let watermark = Gauge()
  private let partitions = Mutex<[PartitionID: JobStatus.Source]>([:])

  init(id: OperatorID, worker: Int) {
    self.id = id
    self.worker = worker
    watermark.set(Timestamp.beginning.microseconds)
  }

  func post(_ source: JobStatus.Source) {
    partitions.withLock { $0[source.partition] = source }
  }

  var stage: JobStatus.Stage {
    JobStatus.Stage(
      id: id, worker: worker,
      metrics: OperatorCounts(
        rowsIn: metrics.rowsIn.value, rowsOut: metrics.rowsOut.value,
        filtered: metrics.filtered.value, unmatched: metrics.unmatched.value,
        late: metrics.late.value, lateAfterIdle: metrics.lateAfterIdle.value,
        failed: metrics.failed.value, absorbed: metrics.absorbed.value,
        made: metrics.made.value),
      watermark: Timestamp(microseconds: watermark.value))
  }

  /// In the order of the partitions.
  var sources: [JobStatus.Source] {
    partitions.withLock { $0.values.sorted { $0.partition < $1.partition } }
  }
}
