import Checkpoints
import Connectors
import Dataflow
import KeyedState
import Plans
import Platform
import Schemas

/// An attempt whose job runs: its coordinator and what it has gathered of the epoch under way. Used
/// by the coordinator's thread alone.
final class Running {
  /// What the workers have handed over of one epoch.
  struct Gathered {
    var snapshots: [Int: [(id: OperatorID, snapshot: any StateSnapshot)]] = [:]
    var partitions: [PartitionState] = []
    var outputs: [PendingOutput] = []
    var parts: [PartReference] = []
    /// Its snapshots hold everything: no earlier part is needed.
    var isFull: Bool
    var injectedAt: Timestamp
  }

  let made: Attempt
  let job: any Job
  var coordinator: Coordinator
  var gathered: [Epoch: Gathered] = [:]
  /// The newest checkpoint that counts, and the one that was made last.
  var committed: Manifest
  var latest: Manifest
  var knownPartitions: Set<PartitionID>
  /// When each source is asked for new partitions next.
  var discoveries: [OperatorID: Timestamp] = [:]

  init(_ made: Attempt, _ run: PipelineRun) throws {
    let setup = run.setup
    let number = run.attempt
    let interval = setup.plan.checkpoints.interval
    let now = setup.executor.clock.now()
    let ended = Set(setup.plan.sources.filter { made.ended.contains($0.spec.name) }.map(\.id))
    self.made = made
    committed = made.committed
    latest = made.committed
    knownPartitions = Set(made.restored.partitions.map(\.partition))
    coordinator = Coordinator(
      Coordinator.Configuration(
        workers: setup.options.workers, interval: interval,
        hasTransaction: made.turns != nil, transactionTimeout: made.turns?.timeout),
      first: made.next, at: now)
    job = try setup.makeJob(
      JobSetup(
        plan: setup.plan,
        configuration: setup.options.configuration
          ?? JobConfiguration(workers: setup.options.workers),
        executor: setup.executor, sources: made.sources, sinks: made.sinks,
        operators: made.operators, decoders: setup.decoders, restored: made.restored,
        epoch: made.committed.id.epoch,
        journals: JournalPlace(
          files: setup.files, incarnation: made.incarnation.number, base: made.journalBase,
          verify: { [incarnation = made.incarnation] () throws(CheckpointError) in
            try incarnation.verify()
          }),
        stopsAtEnd: made.stopsAtEnd, ended: ended,
        events: { [weak run] event in run?.post(.job(attempt: number, event)) }))
    if !made.stopsAtEnd {
      for (id, source) in made.sources where !ended.contains(id) {
        if let interval = source.discoveryInterval { discoveries[id] = now.adding(interval) }
      }
    }
    run.observer.running(job, committed: made.committed, turns: made.turns, at: now)
    job.start()
  }

  var nextTime: Timestamp? {
    ([coordinator.nextTime] + discoveries.values.map { $0 }).compactMap { $0 }.min()
  }
}
