package import Columns
package import Connectors
package import Expressions
import KeyedState
package import Operators
package import Plans
import Schemas
import Synchronization

/// The operators that a plan says, over tables that are loaded once and shared by all workers.
package final class PlannedOperators: OperatorMaker {
  private let plan: PhysicalPlan
  private let sources: [any Source]
  private let lookups: [any LookupClient]
  /// What starts may wait with for servers; nil: they don't.
  private let environment: ConnectorEnvironment?
  private let areStarted = Mutex(false)
  private let tasks: [any TaskClient]
  private let models: [[any InferenceModel]]
  private let functions: ForeignFunctions
  /// What operators on all workers share, by step.
  private let paces = Mutex<[PhysicalPlan.Index: Pace]>([:])
  /// By task: stages that execute the same one share its limits.
  private let limits = Mutex<[String: TaskLimits]>([:])
  private let tables = Mutex<[ReplicatedTable]?>(nil)

  /// `tables` are the plan's, connected, in its order; each is closed when it was read. So are
  /// `lookups` and `tasks`, which are closed with this. `models` are the versions of each of the
  /// plan's. `functions` are those that the plan calls and the catalogue does not know.
  package init(
    _ plan: PhysicalPlan, tables: [any Source], lookups: [any LookupClient] = [],
    tasks: [any TaskClient] = [], models: [[any InferenceModel]] = [],
    environment: ConnectorEnvironment? = nil, functions: ForeignFunctions = [:]
  ) {
    self.environment = environment
    self.plan = plan
    self.sources = tables
    self.lookups = lookups
    self.tasks = tasks
    self.models = models
    self.functions = functions
  }

  deinit {
    for lookup in lookups { lookup.close() }
    for task in tasks { task.close() }
  }

  /// Loads the tables, and looks whether those that are asked are there; once, also if called
  /// again. Waits for them.
  package func prepare() throws {
    if !areStarted.withLock({ $0 }) {
      for (lookup, spec) in zip(lookups, plan.lookups) {
        try ServerStart.wait(in: environment, as: spec.place, lookup.start)
      }
      for (task, spec) in zip(tasks, plan.tasks) {
        try ServerStart.wait(in: environment, as: "task `\(spec.name)`", task.start)
      }
      areStarted.withLock { $0 = true }
    }
    guard tables.withLock({ $0 == nil }) else { return }
    var loaded: [ReplicatedTable] = []
    for (index, spec) in plan.tables.enumerated() {
      guard sources.indices.contains(index) else {
        throw ConnectorError(.configuration, "table `\(spec.name)` is not connected")
      }
      let rows = try TableLoader.load(spec, from: sources[index])
      do throws(TableError) {
        loaded.append(
          try ReplicatedTable(schema: rows.schema, keys: spec.keys, batches: [rows]))
      } catch {
        throw ConnectorError(.configuration, "table `\(spec.name)`: \(error)")
      }
    }
    tables.withLock { $0 = loaded }
  }

  package func make(_ index: PhysicalPlan.Index, worker: Int) throws -> any Operator {
    let step = plan.operators[index]
    return try OperatorFactory.make(
      step, inputSchemas: step.inputs.map { PhysicalVerifier.schema(of: $0, in: plan) },
      plan: plan, tables: tables.withLock { $0 } ?? [], question: question(of: step),
      service: service(of: index), models: models(of: step), functions: functions,
      pace: pace(of: index))
  }

  /// Of a step that asks. The client lives as long as somebody may ask.
  private func question(of step: PhysicalOperator) -> LookupQuestion? {
    guard case .ask(let lookup, _, _, _) = step.kind, lookups.indices.contains(lookup) else {
      return nil
    }
    return { [client = lookups[lookup]] keys, answer in client.ask(keys, answer) }
  }

  /// Of a step that executes a task: who makes its calls, within limits that all workers share.
  private func service(of index: PhysicalPlan.Index) -> TaskService? {
    guard case .execute(let step) = plan.operators[index].kind, tasks.indices.contains(step.task)
    else { return nil }
    let (client, task) = (tasks[step.task], plan.tasks[step.task])
    let shared = limits.withLock { limits in
      let shared = limits[task.name] ?? TaskLimits(task)
      limits[task.name] = shared
      return shared
    }
    return TaskService(
      limits: shared, perform: { attempt, answer in client.perform(attempt, answer) },
      read: { client.read($0) })
  }

  /// Of a step that asks a model, its versions.
  private func models(of step: PhysicalOperator) -> [any InferenceModel] {
    guard case .infer(let inference) = step.kind, models.indices.contains(inference.model) else {
      return []
    }
    return models[inference.model]
  }

  /// Of a step that keeps to a rate.
  private func pace(of index: PhysicalPlan.Index) -> Pace? {
    guard case .throttle(let spec) = plan.operators[index].kind else { return nil }
    return paces.withLock { paces in
      let pace = paces[index] ?? Pace(spec)
      paces[index] = pace
      return pace
    }
  }
}
