package import Checkpoints
package import Columns
package import Connectors
package import Operators
package import Plans
package import Platform
package import Schemas

/// All that a job is made of.
package struct JobSetup: Sendable {
  /// Row *i* of the batch is record *i*; the failed ones are not selected.
  package typealias Decoder = (RecordBatch) -> (batch: Batch, failures: [RowFailure])

  package var plan: PhysicalPlan
  package var configuration: JobConfiguration
  package var executor: any Executor
  /// By the id of the plan's source operator.
  package var sources: [OperatorID: any Source]
  /// By the id of the plan's sink operator.
  package var sinks: [OperatorID: any Sink]
  /// Makes what stands between sources and sinks.
  package var operators: any OperatorMaker
  /// Makes the decoder of a source whose reader gives records.
  package var decoders: @Sendable (SourceSpec) throws -> Decoder
  /// Where reading begins and what the operators remember; checkpoint 0 at the first start.
  package var restored: any RestoredState
  /// The number of that checkpoint.
  package var epoch: Epoch
  /// Where journals are kept; nil where no operator needs one.
  package var journals: JournalPlace?
  /// No partition is looked for while running, so a worker without any has ended.
  package var stopsAtEnd: Bool
  /// Sources whose partitions have all ended for good: none is looked for.
  package var ended: Set<OperatorID>
  /// Called on the workers' threads and lanes; must not wait.
  package var events: @Sendable (JobEvent) -> Void

  package init(
    plan: PhysicalPlan, configuration: JobConfiguration, executor: any Executor,
    sources: [OperatorID: any Source], sinks: [OperatorID: any Sink],
    operators: any OperatorMaker,
    decoders: @escaping @Sendable (SourceSpec) throws -> Decoder, restored: any RestoredState,
    epoch: Epoch = Epoch(0),
    journals: JournalPlace? = nil, stopsAtEnd: Bool = false,
    ended: Set<OperatorID> = [],
    events: @escaping @Sendable (JobEvent) -> Void
  ) {
    self.plan = plan
    self.configuration = configuration
    self.executor = executor
    self.sources = sources
    self.sinks = sinks
    self.operators = operators
    self.decoders = decoders
    self.restored = restored
    self.epoch = epoch
    self.journals = journals
    self.stopsAtEnd = stopsAtEnd
    self.ended = ended
    self.events = events
  }
}

/// Where a job's journals are, and which of their entries its operators get back.
package struct JournalPlace: Sendable {
  package var files: any FileStore
  /// This attempt's number, which no earlier attempt on these files had.
  package var incarnation: UInt64
  /// The checkpoint at which the restored state was taken; nil: nothing is given back, for the run
  /// begins anew.
  package var base: CheckpointID?
  /// Throws if a newer attempt has taken over, which may have read the journals already: so what is
  /// appended now is not known to it, and nobody may be told.
  package var verify: @Sendable () throws(CheckpointError) -> Void

  package init(
    files: any FileStore, incarnation: UInt64, base: CheckpointID?,
    verify: @escaping @Sendable () throws(CheckpointError) -> Void = {}
  ) {
    self.files = files
    self.incarnation = incarnation
    self.base = base
    self.verify = verify
  }
}

/// Makes the operators of a plan, one for each worker.
package protocol OperatorMaker: AnyObject, Sendable {
  /// What answers under the name of each version of a model.
  var models: [String: String] { get }
  /// Loads what all workers share, such as tables. On a lane, before any `make`; a second call does
  /// nothing.
  func prepare() throws
  /// Called on the worker's thread.
  func make(_ index: PhysicalPlan.Index, worker: Int) throws -> any Operator
}

extension OperatorMaker {
  package var models: [String: String] { [:] }
  package func prepare() throws {}
}

/// Which worker reads a partition.
package enum PartitionAssignment {
  /// Round-robin over the sorted partitions of all sources: the same on every worker, at every
  /// start with that number of workers.
  package static func workers(
    of partitions: [PartitionID], count: Int
  ) -> [(partition: PartitionID, worker: Int)] {
    partitions.sorted().enumerated().map { ($0.element, $0.offset % count) }
  }
}
