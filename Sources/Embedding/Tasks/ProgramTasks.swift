import Columns
import Connectors
import Plans
import Schemas
import Synchronization

/// The connector `swift`: tasks whose calls closures of this program make.
struct ProgramTasks: ConnectorFactory {
  let name = TaskCatalogue.swift.name
  private let handlers: [String: TaskHandler]

  init(_ handlers: [String: TaskHandler]) { self.handlers = handlers }

  func makeTask(
    _ spec: TaskSpec, input: Schema, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any TaskClient {
    guard let handler = handlers[spec.name] else {
      throw ConnectorError(
        .configuration, "task `\(spec.name)` is `using swift`, and nothing makes its calls")
    }
    let values = try BodyTemplate(
      options["values"] ?? .object([:]), columns: input.fields,
      in: "task `\(spec.name)`: `values`")
    return ProgramTask(
      handler, values, try ResponseDecoder(spec), timeout: spec.timeout,
      executor: CallExecutor(spec.name))
  }
}

/// Makes the calls of one of them.
private final class ProgramTask: TaskClient {
  private struct State {
    var running: [Int: Task<Void, Never>] = [:]
    var last = 0
    var isClosed = false
  }

  private let handler: TaskHandler
  private let values: BodyTemplate
  private let decoder: ResponseDecoder
  private let timeout: Duration
  private let executor: CallExecutor
  private let state = Mutex(State())

  init(
    _ handler: TaskHandler, _ values: BodyTemplate, _ decoder: ResponseDecoder, timeout: Int64,
    executor: CallExecutor
  ) {
    self.handler = handler
    self.values = values
    self.decoder = decoder
    self.timeout = .microseconds(timeout)
    self.executor = executor
  }

  func start() {}

  func perform(
    _ attempt: TaskAttempt, _ answer: @escaping @Sendable (TaskAnswer) -> Void
  ) {
    let call: TaskCall
    do throws(TemplateRefusal) {
      let json = try values.bytes(attempt.rows, row: attempt.row)
      call = TaskCall(
        idempotencyKey: attempt.idempotencyKey, attempt: attempt.number,
        json: String(decoding: json, as: UTF8.self))
    } catch {
      return answer(TaskAnswer(.invalid(error.reason)))
    }
    state.withLock { state in
      guard !state.isClosed else { return }
      state.last += 1
      let number = state.last
      state.running[number] = Task(executorPreference: executor) { [self] in
        let told = await made(call)
        // Those that are ended by `close` are nobody's any more.
        let isAwaited = self.state.withLock { $0.running.removeValue(forKey: number) != nil }
        if isAwaited { answer(told) }
      }
    }
  }

  /// Makes the call, for as long as it may take.
  private func made(_ call: TaskCall) async -> TaskAnswer {
    let work = Task(executorPreference: executor) { [handler] in await Self.told(handler, call) }
    let limit = Task(executorPreference: executor) { [timeout] in
      try? await Task.sleep(for: timeout)
      if !Task.isCancelled { work.cancel() }
    }
    defer { limit.cancel() }
    return await withTaskCancellationHandler {
      await work.value
    } onCancel: {
      work.cancel()
    }
  }

  private static func told(_ handler: TaskHandler, _ call: TaskCall) async -> TaskAnswer {
    do {
      let reply = try await handler.body(call)
      guard TaskCatalogue.swift.done.contains(reply.status) else {
        return TaskAnswer(.refused("status \(reply.status)"), status: reply.status)
      }
      return TaskAnswer(.done, status: reply.status, response: reply.json)
    } catch let failure as TaskFailure {
      let pause = failure.retryAfter?.wholeMicroseconds
      switch failure.end {
      case .unreached: return TaskAnswer(.unreached(failure.reason), retryAfter: pause)
      case .refused(let status):
        return TaskAnswer(.refused(failure.reason), status: status, retryAfter: pause)
      }
    } catch is CancellationError {
      return TaskAnswer(.timedOut("it did not end in time"))
    } catch {
      return TaskAnswer(.broken("\(error)"))
    }
  }

  func read(_ responses: [[UInt8]?]) -> (columns: [StoredColumn], unreadable: [Int: String]) {
    decoder.read(responses)
  }

  func close() {
    let running = state.withLock { state in
      defer { state.running = [:] }
      state.isClosed = true
      return state.running
    }
    for task in running.values { task.cancel() }
  }
}
