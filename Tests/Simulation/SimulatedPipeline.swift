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
  /// What makes an epoch count: the cluster's transaction, the manifest (all sinks deliver at least
  /// once), or the transaction with a sink beside it that follows.
  package enum Commit: Sendable, CaseIterable {
    case transaction, manifest, mixed

    /// The sinks of the result, by name.
    package var outputs: [String] { self == .mixed ? ["out", "files"] : ["out"] }

    package var hasTransaction: Bool { self != .manifest }

    func delivery(of sink: String) -> SinkSpec.Delivery {
      hasTransaction && sink != "files" ? .exactlyOnce : .atLeastOnce
    }
  }

  /// Partitions that appear while the pipeline runs, until somebody says that all are there.
  package struct Discovery: Sendable {
    /// Microseconds between looks.
    package var interval: Int64
    /// Microseconds from the beginning of the world, by partition.
    package var appearances: [Int64]

    package init(interval: Int64, appearances: [Int64]) {
      self.interval = interval
      self.appearances = appearances
    }
  }

  package let world: SimulatedWorld
  package let disk: Disk
  package let broker: Broker
  package let outside = Outside()
  package let sums = SumsWatch()
  /// What the next run's sinks are.
  package var commit: Commit
  /// Whether the definition still says where the transactions were.
  package var namesCluster = true
  package let plan: SimulatedPlan
  /// Microseconds between checkpoints.
  package let interval: Int64
  /// What the source holds for the next attempt.
  package var rows: [[SimulatedRow]]
  package var discovery: Discovery?
  /// What answers under the name of each version of a model in the next run.
  package var models: [String: String] = [:]
  package let voices = ModelVoices()
  /// Of the table that is asked, and of those who are called.
  package var serviceFaults = SimulatedService.Faults()
  package private(set) var processes: [SimulatedProcess] = []
  package private(set) var notices: [String] = []
  private var alive: Set<Int> = []
  private var shelves: [String: Shelf] = [:]
  private let began: Timestamp
  private let seed: UInt64

  package init(
    seed: UInt64, commit: Commit, plan: SimulatedPlan, rows: [[SimulatedRow]],
    interval: Int64,
    weather: SimulatedWorld.Weather = SimulatedWorld.Weather()
  ) {
    world = SimulatedWorld(seed: seed, weather: weather)
    began = world.clock.now()
    self.seed = seed
    disk = Disk(seed: seed ^ 0xD15C)
    broker = Broker(seed: seed ^ 0xB40C)
    self.commit = commit
    self.plan = plan
    self.interval = interval
    self.rows = rows
    broker.clock = world.clock
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
    let plan = plan.physical(interval: interval, commit)
    let (outside, sums, models, voices) = (outside, sums, models, voices)
    let service = SimulatedService(
      process.executor.lanes, seed: UInt64(process.number) ^ seed,
      faults: { [weak self] in self?.serviceFaults ?? SimulatedService.Faults() })
    let tasks = SimulatedTasks(
      process.executor.lanes, seed: UInt64(process.number) ^ seed ^ 0x7A5C, outside,
      isOnce: plan.tasks.contains { $0.doubt == .verify },
      faults: { [weak self] in self?.serviceFaults ?? SimulatedService.Faults() })
    let run = PipelineRun(
      PipelineSetup(
        plan: plan, options: options, executor: process.executor,
        files: FaultyFileStore(disk, of: process),
        connections: SimulatedConnections(pipeline: self, process: process),
        makeOperators: { _ in
          try SimulatedOperators(plan, outside, service, tasks, models, voices)
        },
        decoders: { _ in { _ in (Batch(SimulatedRow.schema, []), []) } },
        makeJob: { try PipelineJob(sums.watching($0)) },
        notify: { [weak self] in self?.notices.append($0) }))
    run.start()
    return run
  }

  /// What a reader of committed output sees of a sink as it is now.
  package func output(_ sink: String) -> [String] {
    commit.delivery(of: sink) == .exactlyOnce
      ? broker.committedValues(sink) : shelf(sink).committedValues
  }

  /// Of the sink of the result, the first if there are several.
  package var output: [String] { output(commit.outputs[0]) }

  /// Where a sink that delivers at least once leaves its rows.
  package func shelf(_ sink: String) -> Shelf {
    let shelf = shelves[sink] ?? Shelf()
    shelves[sink] = shelf
    return shelf
  }

  /// What one worker puts out of the same rows where nothing fails.
  func calmOutput() -> [String] {
    let calm = SimulatedPipeline(
      seed: 1, commit: .manifest, plan: plan, rows: rows, interval: 1_000_000_000)
    let run = calm.start(calm.makeProcess(), RunOptions(workers: 1, stopsAtEnd: true))
    _ = calm.world.run(limit: 400_000) { run.outcome != nil }
    guard case .finished? = run.outcome else { return ["the calm run did not finish"] }
    return calm.output
  }

  /// All partitions are there from now on.
  package func allAppear() {
    discovery?.appearances = rows.map { _ in 0 }
  }

  func isThere(_ partition: Int) -> Bool {
    guard let discovery else { return true }
    return world.clock.now().microseconds - began.microseconds >= discovery.appearances[partition]
  }
}

/// Gives a process's run its sources, cluster and sinks.
struct SimulatedConnections: PlanConnections {
  unowned let pipeline: SimulatedPipeline
  let process: SimulatedProcess

  func source(
    _ spec: SourceSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    MemorySource(
      name: spec.name, rows: pipeline.rows, discoveryInterval: pipeline.discovery?.interval,
      isThere: { [unowned pipeline] in pipeline.isThere($0) })
  }

  func cluster(
    of plan: PhysicalPlan, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> (any TransactionalCluster)? {
    let isNeeded = plan.operators.contains { step in
      if case .sink(let spec) = step.kind { spec.delivery == .exactlyOnce } else { false }
    }
    return isNeeded && pipeline.namesCluster ? FaultyCluster(pipeline.broker, of: process) : nil
  }

  func sink(
    _ spec: SinkSpec, schema: Schema, transaction: (any TransactionalOutput)?,
    _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink {
    if let transaction { return TopicSink(name: spec.name, output: transaction) }
    return StagedSink(name: spec.name, shelf: pipeline.shelf(spec.name), of: process)
  }
}
