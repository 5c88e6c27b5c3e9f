import Operators
import Platform
import Schemas
import Synchronization

/// Appends to a stage's journal: entries gather while a write is under way and go out together in
/// the next, so that one synchronisation serves many. An entry waits for at most two.
final class JournalWriter: Journal, Sendable {
  private struct State {
    var bytes: [UInt8] = []
    var tickets: [Ticket] = []
    var epoch: Epoch
    /// A job is on the lane that will take what is here.
    var isScheduled = false
    var file: (any AppendableFile)?
    var fileEpoch: Epoch?
  }

  private let store: JournalStore
  private let id: OperatorID
  private let worker: Int
  private let attempt: Int
  private let lane: LaneName
  private let lanes: any BackgroundLanes
  private let completions: CompletionQueue
  private let state: Mutex<State>
  private let tickets: TicketMaker

  /// Used by the worker's thread alone.
  private final class TicketMaker: @unchecked Sendable {
    let make: () -> Ticket
    init(_ make: @escaping () -> Ticket) { self.make = make }
  }

  init(
    store: JournalStore, id: OperatorID, worker: Int, attempt: Int, epoch: Epoch,
    lanes: any BackgroundLanes, tickets: @escaping () -> Ticket, completions: CompletionQueue
  ) {
    self.store = store
    self.id = id
    self.worker = worker
    self.attempt = attempt
    self.lane = LaneName("journal.\(id).\(worker)")
    self.lanes = lanes
    self.tickets = TicketMaker(tickets)
    self.completions = completions
    state = Mutex(State(epoch: epoch))
  }

  func append(_ entry: [UInt8]) -> Ticket {
    let ticket = tickets.make()
    state.withLock { state in
      JournalFile.append(entry, to: &state.bytes)
      state.tickets.append(ticket)
      schedule(&state)
    }
    return ticket
  }

  /// Entries from now on are behind this barrier. Those before it still go into the older file,
  /// which is why a group never spans a barrier.
  func begin(_ epoch: Epoch) {
    state.withLock { state in
      guard state.bytes.isEmpty else {
        let group = take(&state)
        lanes.submit(lane) { [self] in write(group) }
        state.epoch = epoch
        return
      }
      state.epoch = epoch
    }
  }

  private struct Group: Sendable {
    var bytes: [UInt8]
    var tickets: [Ticket]
    var epoch: Epoch
  }

  private func schedule(_ state: inout State) {
    guard !state.isScheduled else { return }
    state.isScheduled = true
    lanes.submit(lane) { [self] in
      let group = self.state.withLock { state in
        state.isScheduled = false
        return take(&state)
      }
      if !group.tickets.isEmpty { write(group) }
    }
  }

  private func take(_ state: inout State) -> Group {
    let group = Group(bytes: state.bytes, tickets: state.tickets, epoch: state.epoch)
    state.bytes = []
    state.tickets = []
    return group
  }

  /// On the lane. What could not be made durable is never reported so: the failure stops the
  /// worker.
  private func write(_ group: Group) {
    do throws(FileError) {
      let file = try open(group.epoch)
      try file.append(group.bytes)
      try file.synchronize()
    } catch {
      return completions.fail(
        OperatorError(
          stage: id,
          reason: "the journal can't be written: \(error.operation) \(error.path): "
            + "\(error.kind)", isRetriable: true))
    }
    for ticket in group.tickets { completions.complete(Completion(ticket: ticket, result: [])) }
  }

  private func open(_ epoch: Epoch) throws(FileError) -> any AppendableFile {
    let current = state.withLock { $0.fileEpoch == epoch ? $0.file : nil }
    if let current { return current }
    let old = state.withLock { $0.file }
    try old?.close()
    let name = JournalStore.Name(attempt: attempt, epoch: epoch, worker: worker)
    let file = try store.files.create(store.path(id, name))
    state.withLock { state in
      state.file = file
      state.fileEpoch = epoch
    }
    return file
  }
}
