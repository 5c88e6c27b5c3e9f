import Columns
import Connectors
import Plans
import Schemas
import Synchronization

/// How a test's tasks are answered.
final class TaskScripts: Sendable {
  private let scripts = Mutex<[String: TaskScript]>([:])

  func set(_ task: String, _ script: TaskScript) { scripts.withLock { $0[task] = script } }

  /// Nil where nothing is said of the call: it is done.
  func answer(_ task: String, toCall number: Int) -> TaskScript.Answer? {
    scripts.withLock { $0[task] }?.answer(toCall: number)
  }
}

/// Connections of a test: its tasks call nobody.
struct ScriptedConnections: PlanConnections {
  private let connections: any PlanConnections
  private let scripts: TaskScripts

  init(_ connections: any PlanConnections, _ scripts: TaskScripts) {
    self.connections = connections
    self.scripts = scripts
  }

  func task(
    _ spec: TaskSpec, input: Schema, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient {
    // A test says values in their usual forms, whatever those of the server are.
    var usual = spec
    for index in usual.response.indices {
      usual.response[index].timeFormat = .standard
      usual.response[index].parts = []
    }
    return ScriptedTask(spec, try ResponseDecoder(usual), scripts)
  }

  func source(
    _ spec: SourceSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    try connections.source(spec, environment)
  }

  func lookup(
    _ spec: TableSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any LookupClient {
    try connections.lookup(spec, environment)
  }

  func models(
    _ spec: ModelSpec, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> [any InferenceModel] {
    try connections.models(spec, environment)
  }

  func cluster(
    of plan: PhysicalPlan, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> (any TransactionalCluster)? {
    try connections.cluster(of: plan, environment)
  }

  func sink(
    _ spec: SinkSpec, schema: Schema, transaction: (any TransactionalOutput)?,
    _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink {
    try connections.sink(spec, schema: schema, transaction: transaction, environment)
  }
}

/// A task whose calls are answered at once, as the test says.
private final class ScriptedTask: TaskClient {
  private let name: String
  private let kind: TaskKind
  private let decoder: ResponseDecoder
  private let scripts: TaskScripts

  init(_ spec: TaskSpec, _ decoder: ResponseDecoder, _ scripts: TaskScripts) {
    name = spec.name
    kind = spec.kindOfCalls
    self.decoder = decoder
    self.scripts = scripts
  }

  func start() {}

  func perform(
    _ attempt: TaskAttempt, _ answer: @escaping @Sendable (TaskAnswer) -> Void
  ) {
    // What is asked of in doubt was not done, so that the next answer is that of the next call.
    if attempt.isQuestion { return answer(TaskAnswer(.undone("not done"))) }
    let done = TaskScript.Answer(.status(kind.usualStatus))
    let said = scripts.answer(name, toCall: attempt.number) ?? done
    switch said.end {
    case .status(let status) where kind.done.contains(status):
      answer(TaskAnswer(.done, status: status, response: Array((said.response ?? "").utf8)))
    case .status(let status):
      answer(TaskAnswer(.refused("status \(status)"), status: status))
    case .statusClass(let digit):
      answer(TaskAnswer(.refused("status \(digit)00"), status: digit * 100))
    case .timeout: answer(TaskAnswer(.timedOut("no answer in time")))
    case .connect: answer(TaskAnswer(.unreached("the server was not reached")))
    case .broken: answer(TaskAnswer(.broken("the connection ended before the answer did")))
    case .errors: answer(TaskAnswer(.errors("the answer holds errors"), status: 200))
    }
  }

  func read(_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String]) {
    decoder.read(responses)
  }

  func close() {}
}
