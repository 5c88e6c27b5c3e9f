import Columns
package import Schemas

/// Names a checkpoint: its epoch, which no later attempt uses again, and who made it.
package struct CheckpointID: Hashable, Sendable {
  package var epoch: Epoch
  package var incarnation: UInt64

  package init(epoch: Epoch, incarnation: UInt64) {
    self.epoch = epoch
    self.incarnation = incarnation
  }
}

extension CheckpointID: CustomStringConvertible {
  package var description: String { "\(epoch)" }
}

/// What makes parts a checkpoint: it appears in one step, when all that it names is durable.
package struct Manifest: Hashable, Sendable {
  package var id: CheckpointID
  package var pipeline: String
  package var lineage: String
  /// The newest committed checkpoint when this one was made.
  package var predecessor: CheckpointID?
  /// The checkpoint at which the operators' state was taken, where it is not this one: a start
  /// that fixes new ends takes over the state of its base, and journals go on behind that.
  package var stateFrom: CheckpointID?
  /// Sources whose time has ended for good, by name: a run has finished with them, and windows have
  /// closed on it. Those that a later definition adds are read without them.
  package var ended: Set<String> = []
  /// What has answered under the name of each version of a model: the hash of its file, or what its
  /// server calls it.
  package var models: [String: String] = [:]
  package var createdAt: Timestamp
  package var workers: Int
  /// All sources had ended and everything was emitted: there is nothing to go on with.
  package var isFinished: Bool
  /// A transaction's marker decides whether it counts; else it counts from its appearance.
  package var isDecidedByTransaction: Bool
  /// What maps keys to groups.
  package var keyHash: String
  package var partitions: [StoredPartition]
  package var outputs: [StoredOutput]
  package var operators: [OperatorStates]
  /// Ascending by epoch: bases before their deltas.
  package var parts: [PartReference]

  /// The hash that spreads keys over the groups.
  package static var keyHashName: String { KeyHasher.name }

  package init(
    id: CheckpointID, pipeline: String, lineage: String, predecessor: CheckpointID?,
    createdAt: Timestamp, workers: Int, isFinished: Bool = false,
    isDecidedByTransaction: Bool = false, partitions: [StoredPartition] = [],
    outputs: [StoredOutput] = [], operators: [OperatorStates] = [], parts: [PartReference] = []
  ) {
    self.id = id
    self.pipeline = pipeline
    self.lineage = lineage
    self.predecessor = predecessor
    self.createdAt = createdAt
    self.workers = workers
    self.isFinished = isFinished
    self.isDecidedByTransaction = isDecidedByTransaction
    self.keyHash = Self.keyHashName
    self.partitions = partitions
    self.outputs = outputs
    self.operators = operators
    self.parts = parts
  }

  /// Bytes of all parts it needs.
  package var size: Int { parts.reduce(0) { $0 + $1.size } }
}

/// Where a source partition stands.
package struct StoredPartition: Hashable, Sendable {
  package var partition: PartitionID
  package var position: Position
  package var end: Position?
  package var isEnded: Bool
  package var watermark: Timestamp

  package init(
    partition: PartitionID, position: Position, end: Position?, isEnded: Bool,
    watermark: Timestamp
  ) {
    self.partition = partition
    self.position = position
    self.end = end
    self.isEnded = isEnded
    self.watermark = watermark
  }
}

/// What a sink has prepared and must still make visible.
package struct StoredOutput: Hashable, Sendable {
  package var sink: String
  package var worker: Int
  package var epoch: Epoch
  package var payload: String

  package init(sink: String, worker: Int, epoch: Epoch, payload: String) {
    self.sink = sink
    self.worker = worker
    self.epoch = epoch
    self.payload = payload
  }
}

/// A part file that a checkpoint needs, of its own or of an earlier one.
package struct PartReference: Hashable, Sendable {
  package struct Operator: Hashable, Sendable {
    package var id: OperatorID
    package var isDelta: Bool
    package var rows: Int
  }

  package var id: CheckpointID
  package var worker: Int
  /// Bytes in the file.
  package var size: Int
  /// Checksum of the part's index, so that no other part can stand in for it.
  package var digest: UInt32
  package var operators: [Operator]

  package init(
    id: CheckpointID, worker: Int, size: Int, digest: UInt32, operators: [Operator]
  ) {
    self.id = id
    self.worker = worker
    self.size = size
    self.digest = digest
    self.operators = operators
  }

  package var path: String { StateLayout.part(id, worker: worker) }
}
