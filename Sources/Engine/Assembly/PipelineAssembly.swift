import Connectors
import Dataflow
package import Expressions
package import Plans
package import Platform
import Schemas

/// Puts a run together from a plan and the world it runs in.
package struct PipelineAssembly: Sendable {
  package var plan: PhysicalPlan
  package var options: RunOptions
  package var executor: any Executor
  package var files: any FileStore
  package var connections: any PlanConnections
  package var notify: @Sendable (String) -> Void
  /// Functions of the embedding program, which the definition was compiled with.
  package var functions: ForeignFunctions

  package init(
    plan: PhysicalPlan, options: RunOptions, executor: any Executor, files: any FileStore,
    connections: any PlanConnections, functions: ForeignFunctions = [:],
    notify: @escaping @Sendable (String) -> Void
  ) {
    self.plan = plan
    self.options = options
    self.executor = executor
    self.files = files
    self.connections = connections
    self.functions = functions
    self.notify = notify
  }

  package func makeRun() -> PipelineRun {
    PipelineRun(
      PipelineSetup(
        plan: plan, options: options, executor: executor, files: files,
        connections: connections,
        makeOperators: { [plan, connections, functions, files, notify] environment in
          let connect: TableConnection = { table throws(ConnectorError) in
            try connections.source(Self.source(of: table), environment)
          }
          let tables = try plan.tables.map { try connect($0) }
          let lookups = try plan.lookups.map { try connections.lookup($0, environment) }
          let tasks = try plan.taskInputs.map { task, input in
            try connections.task(task, input: input, environment)
          }
          let models = try plan.models.map { try connections.models($0, environment) }
          let baselines = try plan.lookups.map { table in
            try table.model.flatMap { try connections.baseline($0, environment) }
          }
          ModelRecord(plan, models).tell(files, notify)
          return PlannedOperators(
            plan, tables: tables, lookups: lookups, tasks: tasks, models: models,
            baselines: baselines, environment: environment, functions: functions, connect: connect)
        },
        decoders: { try JobSetup.formatDecoder($0) },
        makeJob: { try PipelineJob($0) }, notify: notify))
  }

  /// A table as connectors read it whole.
  private static func source(of table: TableSpec) -> SourceSpec {
    var spec = SourceSpec(
      name: table.name, connector: table.connector, decoding: table.decoding, eventTime: nil)
    (spec.isTable, spec.tableKeys) = (true, table.keys)
    return spec
  }
}
