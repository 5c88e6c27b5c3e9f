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
  private let opened: [[any InferenceModel]]
  package let models: [String: String]
  private let baselines: [ModelBaseline?]
  private let functions: ForeignFunctions
  /// What operators on all workers share, by step.
  private let paces = Mutex<[PhysicalPlan.Index: Pace]>([:])
  /// By task: stages that execute the same one share its limits.
  private let limits = Mutex<[String: TaskLimits]>([:])
  /// By step: answers that rows were given before this attempt.
  private let books = Mutex<[PhysicalPlan.Index: AnswerBook]>([:])
  /// By look-up.
  private let budgets = Mutex<[Int: BudgetNotices]>([:])
  private let tables = Mutex<[SharedTable]?>(nil)
  private let connect: TableConnection?
  private let refresh = Mutex<[TableRefresh]>([])

  /// `tables` are the plan's, connected, in its order; each is closed when it was read. So are
  /// `lookups` and `tasks`, which are closed with this. `models` are the versions of each of the
  /// plan's; `baselines` are of models elsewhere, by look-up. `functions` are those that the plan
  /// calls and the catalogue does not know. `connect`: for tables that are read anew.
  package init(
    _ plan: PhysicalPlan, tables: [any Source], lookups: [any LookupClient] = [],
    tasks: [any TaskClient] = [], models: [[any InferenceModel]] = [],
    baselines: [ModelBaseline?] = [], environment: ConnectorEnvironment? = nil,
    functions: ForeignFunctions = [:],
    connect: TableConnection? = nil
  ) {
    self.connect = connect
    self.environment = environment
    self.plan = plan
    self.sources = tables
    self.lookups = lookups
    self.tasks = tasks
    opened = models
    self.baselines = baselines
    self.models = ModelPins(plan, models, lookups).answering
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
    var servers = ServerStart(in: environment)
    if !areStarted.withLock({ $0 }) {
      for place in lookups.indices { try start(place, &servers) }
      for (task, spec) in zip(tasks, plan.tasks) {
        try servers.wait(as: "task `\(spec.name)`", task.start)
      }
      areStarted.withLock { $0 = true }
    }
    guard tables.withLock({ $0 == nil }) else { return }
    var loaded: [SharedTable] = []
    for (index, spec) in plan.tables.enumerated() {
      loaded.append(SharedTable(try load(spec, index, &servers)))
    }
    tables.withLock { $0 = loaded }
    startRefresh(loaded)
  }

  /// Its server is waited for, unless there is something that stands in for its answers. Where rows
  /// without one are left out or aside, that begins when patience ends: till then all that has
  /// gathered would be.
  private func start(_ place: Int, _ servers: inout ServerStart) throws(ConnectorError) {
    let spec = plan.lookups[place]
    do throws(ConnectorError) {
      if spec.hasStandIn {
        try lookups[place].start()
      } else {
        try servers.wait(as: spec.place, lookups[place].start)
      }
    } catch {
      guard let environment, error.kind == .unreachable, goesOn(without: place) else { throw error }
      environment.notify("\(error.message). Rows go on without this answer until it is there")
    }
  }

  /// Whether rows that get no answer of it stop nothing, in no step.
  private func goesOn(without place: Int) -> Bool {
    plan.operators.allSatisfy { step in
      guard case .ask(let lookup, _, _, _) = step.kind, plan.asked(from: lookup).contains(place)
      else { return true }
      return goesOn(step, without: plan.lookups[place])
    }
  }

  /// Whether rows of a step that get no answer stop nothing.
  private func goesOn(_ step: PhysicalOperator, without table: TableSpec) -> Bool {
    step.errorRoute != .fail || table.hasStandIn
  }

  /// Where its server is not there yet it is waited for.
  private func load(
    _ spec: TableSpec, _ index: Int, _ servers: inout ServerStart
  ) throws(ConnectorError) -> ReplicatedTable {
    guard sources.indices.contains(index) else {
      throw ConnectorError(.configuration, "table `\(spec.name)` is not connected")
    }
    guard let connect, spec.refresh != nil else {
      return try .load(spec, from: sources[index])
    }
    var first: (any Source)? = sources[index]
    var table: ReplicatedTable?
    try servers.wait(as: spec.place) { () throws(ConnectorError) in
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
      book: book(of: index), baseline: baseline(of: step), service: service(of: index),
      models: models(of: step), functions: functions, pace: pace(of: index))
  }

  /// Of a step that asks, of each version of its model. The clients live as long as somebody may
  /// ask.
  private func questions(of step: PhysicalOperator) -> [LookupQuestion] {
    guard case .ask(let lookup, _, _, _) = step.kind else { return [] }
    return plan.asked(from: lookup).filter { lookups.indices.contains($0) }.map { place in
      let (client, goesOn) = (lookups[place], goesOn(step, without: plan.lookups[place]))
      let (notices, budget) = (goesOn ? notices : nil, budget(of: place))
      guard notices != nil || budget != nil else {
        return { keys, answer in client.ask(keys, answer) }
      }
      return { keys, answer in
        client.ask(keys) { result in
          notices?.look(at: result)
          budget?.look(at: result, goesOn: goesOn)
          answer(result)
        }
      }
    }
  }

  /// Of a step that asks a model elsewhere.
  private func baseline(of step: PhysicalOperator) -> ModelBaseline? {
    guard case .ask(let lookup, _, _, _) = step.kind, baselines.indices.contains(lookup) else {
      return nil
    }
    return baselines[lookup]
  }

  /// Of a step whose rows go on without an answer; else the run ends with the reason.
  private var notices: LookupNotices? {
    environment.map { LookupNotices($0.clock, $0.notify) }
  }

  /// Of all steps that ask it.
  private func budget(of place: Int) -> BudgetNotices? {
    guard let environment else { return nil }
    return budgets.withLock { budgets in
      let known = budgets[place] ?? BudgetNotices(plan.lookups[place], environment)
      budgets[place] = known
      return known
    }
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
    guard case .infer(let inference) = step.kind, opened.indices.contains(inference.model) else {
      return []
    }
    return opened[inference.model]
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
