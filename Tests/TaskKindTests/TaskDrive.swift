import Columns
import Connectors
import Plans
import Platform
import Schemas
import Synchronization
import TestKit

/// Makes calls of a task's client, as its stage would.
struct TaskDrive {
  static let input = Schema([
    Field("id", .int), Field("email", .string, nullable: true),
    Field("name", .string, nullable: true), Field("doc", .json, nullable: true),
  ])

  let client: any TaskClient

  static func environment(
    _ directory: String = ".", lanes: any BackgroundLanes = ThreadLanes()
  ) -> ConnectorEnvironment {
    ConnectorEnvironment(
      pipeline: "test", clock: SystemClock(), lanes: lanes, workers: 1,
      checkpointInterval: 1_000_000, directory: directory)
  }

  init(
    _ factory: some ConnectorFactory, _ options: [String: ResolvedValue],
    timeout: Int64 = 5_000_000, concurrency: Int = 4, response: [Field] = [],
    directory: String = ".", lanes: any BackgroundLanes = ThreadLanes(), secrets: [String] = []
  ) throws {
    let task = TaskSpec(
      name: "call", kind: factory.name, options: [],
      response: response.map { DecodedColumn(field: $0, origin: .field($0.name)) },
      idempotencyKey: "id", concurrency: [TaskSpec.Concurrency(calls: concurrency)],
      timeout: timeout)
    var resolved = ResolvedOptions(options)
    resolved.secrets = secrets
    client = try factory.makeTask(
      task, input: Self.input, options: resolved,
      environment: Self.environment(directory, lanes: lanes))
    try client.start()
  }

  func attempt(_ row: [Cell], key: String, number: Int = 1) -> TaskAttempt {
    TaskAttempt(
      rows: Batch(Self.input, [[0, nil, nil, nil], row]), row: 1, idempotencyKey: key,
      number: number)
  }

  /// Of a row with an id, an address, a name and a document.
  func call(_ row: [Cell], key: String = "key-1", number: Int = 1) -> TaskAnswer {
    call([(row, key)], number: number)[0]
  }

  /// At the same time, the answers in the order of the calls.
  func call(_ rows: [(row: [Cell], key: String)], number: Int = 1) -> [TaskAnswer] {
    let box = Mutex<[Int: TaskAnswer]>([:])
    let parker = Parker()
    for (place, (row, key)) in rows.enumerated() {
      client.perform(attempt(row, key: key, number: number)) { answer in
        box.withLock { $0[place] = answer }
        parker.wake()
      }
    }
    while true {
      let answers = box.withLock { $0 }
      if answers.count == rows.count { return rows.indices.compactMap { answers[$0] } }
      parker.wait(nanoseconds: 100_000_000)
    }
  }

  /// What is read of an answer.
  func read(_ answer: TaskAnswer, _ fields: [Field]) -> [Cell] {
    let read = client.read([answer.response])
    return Batch(schema: Schema(fields), columns: read.columns, rowCount: 1).cells[0]
  }
}

extension TaskAnswer {
  /// How it ended, without the reason.
  var kind: String {
    switch end {
    case .done: "done"
    case .refused: "refused"
    case .errors: "errors"
    case .undone: "undone"
    case .timedOut: "timeout"
    case .unreached: "connect"
    case .broken: "broken"
    case .invalid: "invalid"
    }
  }

  var reason: String {
    switch end {
    case .done: ""
    case .refused(let text), .errors(let text), .undone(let text), .timedOut(let text),
      .unreached(let text), .broken(let text), .invalid(let text):
      text
    }
  }
}
