import Checkpoints
import Connectors
import Dataflow
import KeyedState
import Schemas

/// What a job starts from: a checkpoint's contents, or only positions.
struct RestoredCheckpoint: RestoredState {
  /// nil: no operator remembers anything.
  var contents: CheckpointContents?
  var declared: [OperatorID: [StateDeclaration]]
  var partitions: [PartitionState]

  func reader(
    for id: OperatorID, worker: Int, of workers: Int
  ) throws -> (any StateReader)? {
    guard let contents, let states = declared[id] else { return nil }
    let owners = Dictionary(
      PartitionAssignment.workers(of: partitions.map(\.partition), count: workers)
        .map { ($0.partition, $0.worker) }, uniquingKeysWith: { first, _ in first })
    return contents.reader(of: id, declared: states, worker: worker, of: workers) {
      owners[$0] ?? 0
    }
  }
}

extension PartitionState {
  init(_ stored: StoredPartition) {
    self.init(
      partition: stored.partition, position: stored.position, end: stored.end,
      isEnded: stored.isEnded, watermark: stored.watermark)
  }

  var stored: StoredPartition {
    StoredPartition(
      partition: partition, position: position, end: end, isEnded: isEnded, watermark: watermark)
  }
}

extension Manifest {
  /// Where a partition joins that this checkpoint does not know: no step was ahead of the least
  /// watermark of the partitions that were read, and time never goes back.
  func joiningWatermark(of source: String) -> Timestamp {
    let own = partitions.filter { $0.partition.source == source }
    let live = own.filter { !$0.isEnded }.map(\.watermark)
    return live.min() ?? own.map(\.watermark).max() ?? .beginning
  }
}

extension PendingOutput {
  init(_ stored: StoredOutput) {
    self.init(
      sink: stored.sink, worker: stored.worker, epoch: stored.epoch, payload: stored.payload)
  }

  var stored: StoredOutput {
    StoredOutput(sink: sink, worker: worker, epoch: epoch, payload: payload)
  }
}
