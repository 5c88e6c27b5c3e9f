import CommandConnector
import Connectors
import Dataflow
import Engine
import Expressions
import HTTPConnector
import KafkaConnector
import MailConnector
import OnnxRuntime
import Plans
import Platform
import PostgresConnector
import RedisConnector
import Schemas

/// A pipeline that was checked and planned, ready to run.
public struct Program: Sendable {
  let plan: PhysicalPlan
  let tasks: [String: TaskHandler]
  let functions: ForeignFunctions
  let directory: String
  /// What `raudal check` would warn of; empty where there is nothing.
  public let warnings: String

  /// Where checkpoints are kept.
  public enum State: Sendable {
    /// In memory: the run begins anew each time. What `memory` sources were given is in memory too.
    case memory
    /// In a folder of its own: the next run goes on from there, also after a crash.
    case directory(String)
  }

  /// How a run is carried out.
  public struct Settings: Sendable {
    /// Threads, 1 to 1024.
    public var workers = 1
    public var state = State.memory
    /// Reads to the ends that the sources have at the start, emits everything and ends.
    public var stopsAtEnd = false
    /// Gets a line for whoever operates the pipeline; from any thread.
    public var log: @Sendable (String) -> Void = { _ in }

    public init() {}
  }

  /// Starts the pipeline on threads of its own. `tables`: the rows of each `memory` table, which
  /// is read before the first event.
  /// - Throws: `Run.InputError` where the rows of a table do not fit it.
  public func start(
    _ settings: Settings = Settings(), tables rows: [String: [Row]] = [:]
  ) throws(Run.InputError) -> Run {
    let tables = MemoryTables()
    let inputs = memorySources(tables)
    try fillTables(rows, tables)
    let files: any FileStore =
      switch settings.state {
      case .memory: VolatileFileStore()
      case .directory(let path): LinuxFileStore(root: path)
      }
    let registry = ConnectorRegistry(
      [
        FileConnector(), KafkaConnectorFactory(), PostgresConnector(), RedisConnector(),
        HTTPConnectorFactory(), CommandConnectorFactory(), MailConnectorFactory(),
        ProgramTasks(tasks), ServedModels(), LanguageModels(), PrintConnector(),
        MemoryConnector(tables),
      ], models: ModelRegistry([OnnxModels()]))
    let assembly = PipelineAssembly(
      plan: plan,
      options: RunOptions(
        workers: min(max(settings.workers, 1), KeyGroup.count), stopsAtEnd: settings.stopsAtEnd),
      executor: ThreadExecutor(), files: files,
      connections: RegistryConnections(registry, resolver: .process, directory: directory),
      functions: functions, notify: settings.log)
    return Run(assembly.makeRun(), tables: tables, inputs: inputs)
  }

  /// The `memory` sources with the columns that the plan reads, made and left open.
  private func memorySources(_ tables: MemoryTables) -> [String: Schema] {
    var inputs: [String: Schema] = [:]
    for step in plan.operators {
      guard case .source(let spec) = step.kind, spec.connector.connector == "memory" else {
        continue
      }
      inputs[spec.name] = step.schema
      tables.setSource(spec.name, partitions: [[]], isClosed: false)
    }
    return inputs
  }

  private func fillTables(
    _ rows: [String: [Row]], _ tables: MemoryTables
  ) throws(Run.InputError) {
    for table in plan.tables where table.connector.connector == "memory" {
      let schema = Schema(table.decoding.columns.map(\.field))
      let batch = try RowBatch.batch(of: rows[table.name] ?? [], as: schema, for: table.name)
      tables.setSource(table.name, partitions: [[batch]])
    }
  }
}
