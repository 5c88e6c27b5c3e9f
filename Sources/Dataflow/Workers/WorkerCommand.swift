import Connectors
import Schemas
import Synchronization

/// What the job tells a worker.
enum WorkerCommand {
  case inject(Barrier)
  case hold(Bool)
  case add([SourcePartition])
}

/// Commands on their way to a worker, in order.
final class WorkerMailbox: Sendable {
  private let commands = Mutex<[WorkerCommand]>([])
  private let hasCommands = Atomic<Bool>(false)
  private let stopping = Atomic<Bool>(false)

  func post(_ command: WorkerCommand) {
    commands.withLock { $0.append(command) }
    hasCommands.store(true, ordering: .releasing)
  }

  func take() -> [WorkerCommand] {
    guard hasCommands.exchange(false, ordering: .acquiring) else { return [] }
    return commands.withLock { commands in
      let taken = commands
      commands = []
      return taken
    }
  }

  func stop() { stopping.store(true, ordering: .releasing) }

  var isStopping: Bool { stopping.load(ordering: .acquiring) }
}
