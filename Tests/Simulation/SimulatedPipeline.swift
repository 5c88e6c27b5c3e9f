import Columns
import Checkpoints
import Connectors
import Dataflow
package import Engine
import Operators
import Plans
package import Platform
import Schemas
import TestKit

/// One machine's disk, a cluster, and processes that run a pipeline on them until it has finished.
package final class SimulatedPipeline: @unchecked Sendable {
  package enum Commit: Sendable { case transaction, manifest }

  package let world: SimulatedWorld
  package let disk: Disk
  package let broker: Broker
  package let shelf = Shelf()
  package let commit: Commit
  package let plan: SimulatedPlan
  /// Microseconds between checkpoints.
  package let interval: Int64
  package let rows: [[(key: String, time: Int64)]]
  package private(set) var processes: [SimulatedProcess] = []
  package private(set) var notices: [String] = []
  private var alive: Set<Int> = []

  package init(
    seed: UInt64, commit: Commit, plan: SimulatedPlan, rows: [[(key: String, time: Int64)]],
    interval: Int64,
    weather: SimulatedWorld.Weather = SimulatedWorld.Weather()
  ) {
    world = SimulatedWorld(seed: seed, weather: weather)
    disk = Disk(seed: seed ^ 0xD15C)
    broker = Broker(seed: seed ^ 0xB40C)
    self.commit = commit
    self.plan = plan
    self.interval = interval
    self.rows = rows
  }

  /// A process that has not begun.
  package func makeProcess() -> SimulatedProcess {
    let number = processes.count
    alive.insert(number)
    let process = SimulatedProcess(
      number: number, executor: world.makeProcess(),
      isAlive: { [unowned self] in alive.contains($0) },
      died: { [unowned self] in alive.remove(number) })
    processes.append(process)
    return process
  }

  /// The pipeline in a process, begun.
  package func start(_ process: SimulatedProcess, _ options: RunOptions) -> PipelineRun {
    let plan = plan.physical(interval: interval)
    let run = PipelineRun(
      PipelineSetup(
        plan: plan, options: options, executor: process.executor,
        files: FaultyFileStore(disk, of: process),
        connections: SimulatedConnections(pipeline: self, process: process),
        makeOperators: { SimulatedOperators(plan) },
        decoders: { _ in { _ in (Batch(SimulatedPlan.rowSchema, []), []) } },
        makeJob: { try PipelineJob($0) },
        notify: { [weak self] in self?.notices.append($0) }))
    run.start()
    return run
  }

  /// What a reader of committed output sees.
  package var output: [String] {
    commit == .transaction ? broker.committedValues : shelf.committedValues
  }
}

/// Gives a process's run its sources, cluster and sinks.
struct SimulatedConnections: PlanConnections {
  unowned let pipeline: SimulatedPipeline
  let process: SimulatedProcess

  func source(
    _ spec: SourceSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source { MemorySource(name: spec.name, rows: pipeline.rows) }

  func cluster(
    of plan: PhysicalPlan, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> (any TransactionalCluster)? {
    pipeline.commit == .transaction ? FaultyCluster(pipeline.broker, of: process) : nil
  }

  func sink(
    _ spec: SinkSpec, schema: Schema, transaction: (any TransactionalOutput)?,
    _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink {
    if let transaction { return TopicSink(name: spec.name, output: transaction) }
    return StagedSink(name: spec.name, shelf: pipeline.shelf, of: process)
  }
}
