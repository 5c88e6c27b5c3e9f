package import Connectors
package import KeyedState
package import Operators
package import Schemas

/// One attempt to run a physical plan: from a restored checkpoint (or none) to its end, failure or
/// stop. The engine makes a job, and after a failure another one.
///
/// The engine and the job meet in two queues only: commands (`inject`, `stop`) and events.
package protocol Job: AnyObject, Sendable {
  func start()
  /// Sends barrier `epoch` into all sources of all workers. `isFinal`: sources stop reading behind
  /// it (SIGTERM, savepoint); windows stay open. `full`: snapshots must not be deltas.
  func inject(_ epoch: Epoch, full: Bool, isFinal: Bool)
  /// Tells the journals and sources that the checkpoint counts.
  func committed(_ epoch: Epoch)
  /// Stops reading until `resumeSources` (an epoch's transaction is too old).
  func holdSources()
  func resumeSources()
  /// Partitions discovered while running; they take effect behind the next barrier.
  func add(_ partitions: [SourcePartition])
  /// Ends all workers, without a snapshot; returns when they have ended.
  func stop()
  /// Has the workers tell what waits in operators and which keys are hottest: a later status has
  /// it. Any thread.
  func look()
  /// What the metrics and the status line show. Any thread.
  func status() -> JobStatus
}

/// What a job tells the engine. Delivered in order for each worker, from any thread.
package enum JobEvent: Sendable {
  /// The worker has its graph, with all writers of its sinks; barriers are welcome from now on.
  case opened(worker: Int)
  /// An operator's state at the barrier; the engine writes it on a lane.
  case snapshot(Epoch, worker: Int, operator: OperatorID, any StateSnapshot)
  /// Where the worker's sources stand at the barrier.
  case sources(Epoch, worker: Int, [PartitionState])
  /// What the steps of a segment had counted of the rows before the barrier, when it passed them
  /// (promise 2: every row in is accounted for). For whoever watches the sums.
  case counted(Epoch, worker: Int, [JobStatus.Stage])
  /// All rows before the barrier are safe in the sink's writer.
  case prepared(Epoch, worker: Int, PendingOutput)
  /// The barrier has passed the whole worker: all of the above were sent.
  case passed(Epoch, worker: Int)
  /// All sources have ended, the watermark is at the end of time and everything was emitted.
  case finished(worker: Int)
  /// All sources have ended, and nothing is left to do but with rows that only another run can let
  /// go on. May be said again.
  case rested
  case failed(worker: Int, JobFailure)
}

/// What is stored of a source partition.
package struct PartitionState: Hashable, Sendable, Codable {
  package var partition: PartitionID
  package var position: Position
  package var end: Position?
  package var isEnded: Bool
  /// The partition's watermark.
  package var watermark: Timestamp

  package init(
    partition: PartitionID, position: Position, end: Position? = nil, isEnded: Bool = false,
    watermark: Timestamp = .beginning
  ) {
    self.partition = partition
    self.position = position
    self.end = end
    self.isEnded = isEnded
    self.watermark = watermark
  }
}

package enum JobFailure: Error, Sendable {
  case operatorFailed(OperatorError)
  case connector(ConnectorError)
  case restore(String)
}

/// What a job starts from.
package protocol RestoredState: Sendable {
  /// Of all partitions that the checkpoint knows.
  var partitions: [PartitionState] { get }
  /// The blocks of the operator that belong to `worker` of `workers`; nil if it has none.
  func reader(for id: OperatorID, worker: Int, of workers: Int) throws -> (any StateReader)?
}

/// Knobs that tests turn.
package struct JobConfiguration: Sendable {
  package var workers: Int
  /// Batches in each ring between two segments.
  package var ringCapacity: Int
  /// Rows that an exchange gathers before it sends, and that a source reads at most.
  package var batchRows: Int
  /// Microseconds after which a part-filled exchange batch is sent.
  package var exchangeDelay: Int64

  package init(
    workers: Int, ringCapacity: Int = 16, batchRows: Int = 4096, exchangeDelay: Int64 = 1_000
  ) {
    self.workers = workers
    self.ringCapacity = ringCapacity
    self.batchRows = batchRows
    self.exchangeDelay = exchangeDelay
  }
}

package struct JobStatus: Sendable {
  package struct Stage: Sendable {
    package var id: OperatorID
    package var worker: Int
    package var metrics: OperatorCounts
    package var watermark: Timestamp
    /// What waits in it, when it was last asked.
    package var waiting: Waiting?
    /// Of its rows by key; nil where they have none, or it is not known.
    package var hottest: HotKeys.Hottest?

    package init(id: OperatorID, worker: Int, metrics: OperatorCounts, watermark: Timestamp) {
      self.id = id
      self.worker = worker
      self.metrics = metrics
      self.watermark = watermark
    }
  }

  package struct Source: Sendable {
    package var partition: PartitionID
    package var position: Position
    package var watermark: Timestamp
    package var bytesRead: Int64
    package var isIdle: Bool
    /// Records not yet read; nil where nobody knows.
    package var backlog: Int64?

    package init(
      partition: PartitionID, position: Position, watermark: Timestamp, bytesRead: Int64,
      isIdle: Bool, backlog: Int64? = nil
    ) {
      self.partition = partition
      self.position = position
      self.watermark = watermark
      self.bytesRead = bytesRead
      self.isIdle = isIdle
      self.backlog = backlog
    }
  }

  package struct Worker: Sendable {
    /// Nanoseconds since the start.
    package var busy: Int64
    package var idle: Int64
    package var heldUp: Int64

    package init(busy: Int64, idle: Int64, heldUp: Int64) {
      self.busy = busy
      self.idle = idle
      self.heldUp = heldUp
    }
  }

  package var stages: [Stage]
  package var sources: [Source]
  package var workers: [Worker]

  package init(stages: [Stage], sources: [Source], workers: [Worker]) {
    self.stages = stages
    self.sources = sources
    self.workers = workers
  }
}

/// A reading of an operator's counters.
package struct OperatorCounts: Sendable {
  package var rowsIn: Int64
  package var rowsOut: Int64
  package var filtered: Int64
  package var unmatched: Int64
  package var late: Int64
  package var lateAfterIdle: Int64
  package var failed: Int64
  package var absorbed: Int64
  package var made: Int64
  package var expired: Int64 = 0
  /// By how much the furthest of the late rows was behind, in microseconds.
  package var lateness: Int64 = 0
  /// Nanoseconds at work.
  package var busy: Int64 = 0
  /// Of an operator that has asked the outside world.
  package var calls: CallCounts?
  /// Of an operator that asks a model, of each version.
  package var versions: [VersionCounts] = []

  package init(
    rowsIn: Int64, rowsOut: Int64, filtered: Int64, unmatched: Int64, late: Int64,
    lateAfterIdle: Int64, failed: Int64, absorbed: Int64, made: Int64 = 0
  ) {
    self.rowsIn = rowsIn
    self.rowsOut = rowsOut
    self.filtered = filtered
    self.unmatched = unmatched
    self.late = late
    self.lateAfterIdle = lateAfterIdle
    self.failed = failed
    self.absorbed = absorbed
    self.made = made
  }
}
