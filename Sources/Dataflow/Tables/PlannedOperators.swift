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
  /// By step: answers that rows were given before this attempt.
  private let books = Mutex<[PhysicalPlan.Index: AnswerBook]>([:])
  private let tables = Mutex<[SharedTable]?>(nil)
  private let connect: TableConnection?
  private let refresh = Mutex<[TableRefresh]>([])

  /// `tables` are the plan's, connected, in its order; each is closed when it was read. So are
  /// `lookups` and `tasks`, which are closed with this. `models` are the versions of each of the
  /// plan's. `functions` are those that the plan calls and the catalogue does not know. `connect`:
  /// for tables that are read anew.
  package init(
    _ plan: PhysicalPlan, tables: [any Source], lookups: [any LookupClient] = [],
    tasks: [any TaskClient] = [], models: [[any InferenceModel]] = [],
    environment: ConnectorEnvironment? = nil, functions: ForeignFunctions = [:],
    connect: TableConnection? = nil
  ) {
    self.connect = connect
    self.environment = environment
    self.plan = plan
    self.sources = tables
    self.lookups = lookups
    self.tasks = tasks
    self.models = models
    self.functions = functions
  }

  deinit {
    for table in refresh.withLock({ $0 }) { table.end() }
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
    var loaded: [SharedTable] = []
    for (index, spec) in plan.tables.enumerated() {
      loaded.append(SharedTable(try load(spec, index)))
    }
    tables.withLock { $0 = loaded }
    startRefresh(loaded)
  }

  /// Where its server is not there yet it is waited for.
  private func load(
    _ spec: TableSpec, _ index: Int
  ) throws(ConnectorError) -> ReplicatedTable {
    guard sources.indices.contains(index) else {
      throw ConnectorError(.configuration, "table `\(spec.name)` is not connected")
    }
    guard let connect, spec.refresh != nil else {
      return try .load(spec, from: sources[index])
    }
    var first: (any Source)? = sources[index]
    var table: ReplicatedTable?
    try ServerStart.wait(in: environment, as: spec.place) { () throws(ConnectorError) in
      let source = if let first { first } else { try connect(spec) }
      first = nil
      table = try .load(spec, from: source)
    }
    guard let table else {
      throw ConnectorError(.fatal, "table `\(spec.name)` was not read")
    }
    return table
  }

  private func startRefresh(_ loaded: [SharedTable]) {
    guard let environment, let connect else { return }
    let tables = zip(plan.tables, loaded).compactMap { spec, shared in
      spec.refresh.map { TableRefresh(spec, every: $0, shared, environment, connect) }
    }
    refresh.withLock { $0 = tables }
    for table in tables { table.start() }
  }

  package func make(_ index: PhysicalPlan.Index, worker: Int) throws -> any Operator {
    let step = plan.operators[index]
    return try OperatorFactory.make(
      step, inputSchemas: step.inputs.map { PhysicalVerifier.schema(of: $0, in: plan) },
      plan: plan, shared: tables.withLock { $0 } ?? [], questions: questions(of: step),
      book: book(of: index), service: service(of: index), models: models(of: step),
      functions: functions, pace: pace(of: index))
  }

  /// Of a step that asks, of each version of its model. The clients live as long as somebody may
  /// ask.
  private func questions(of step: PhysicalOperator) -> [LookupQuestion] {
    guard case .ask(let lookup, _, _, _) = step.kind else { return [] }
    return plan.asked(from: lookup).filter { lookups.indices.contains($0) }.map { place in
      let client = lookups[place]
      guard let notices = notices(of: step, plan.lookups[place]) else {
        return { keys, answer in client.ask(keys, answer) }
      }
      return { keys, answer in
        client.ask(keys) { result in
          notices.look(at: result)
          answer(result)
        }
      }
    }
  }

  /// Of a step whose rows go on without an answer; else the run ends with the reason.
  private func notices(of step: PhysicalOperator, _ table: TableSpec) -> LookupNotices? {
    let goesOn = step.errorRoute != .fail || table.lookup?.fallback != nil || table.isShadow
    guard let environment, goesOn else { return nil }
    return LookupNotices(environment.clock, environment.notify)
  }

  /// Of a step whose answers must not change.
  private func book(of index: PhysicalPlan.Index) -> AnswerBook? {
    guard case .ask(let lookup, _, _, _) = plan.operators[index].kind,
      plan.lookups.indices.contains(lookup), plan.lookups[lookup].lookup?.isStable ?? false
    else { return nil }
    let place = plan.lookups[lookup].place
    let notify = environment?.notify
    return books.withLock { books in
      let book =
        books[index]
        ?? AnswerBook { count in
          notify?(
            "\(place): \(count) answers were given up that no row has asked for again since the "
              + "start, for all of them take more than \(AnswerBook.usualBytes >> 20) MiB")
        }
      books[index] = book
      return book
    }
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
