import Checkpoints
import Operators
import Platform
import Schemas
import Synchronization

/// Appends to a stage's journal: entries gather while a write is under way and go out together in
/// the next, so that one synchronisation serves many. An entry waits for at most two.
final class JournalWriter: Journal, Sendable {
  /// Entries between the same two barriers: they go into one file.
  private struct Group: Sendable {
    var epoch: Epoch
    var bytes: [UInt8] = []
    var tickets: [Ticket] = []
  }

  private struct State {
    /// What waits, oldest first. The last one grows while its epoch lasts.
    var groups: [Group] = []
    var epoch: Epoch
    /// A job is on the lane that will take what is here.
    var isScheduled = false
  }

  /// What the lane has open, and whether it has given up.
  private struct Target {
    var file: (any AppendableFile)?
    var epoch: Epoch?
    var hasFailed = false
  }

  private let journals: JournalPlace
  private let id: OperatorID
  private let worker: Int
  private let lane: LaneName
  private let lanes: any BackgroundLanes
  private let completions: CompletionQueue
  private let state: Mutex<State>
  private let target = Mutex(Target())
  private let tickets: TicketMaker

  /// Used by the worker's thread alone.
  private final class TicketMaker: @unchecked Sendable {
    let make: () -> Ticket
    init(_ make: @escaping () -> Ticket) { self.make = make }
  }

  init(
    _ journals: JournalPlace, id: OperatorID, worker: Int, epoch: Epoch,
    lanes: any BackgroundLanes, tickets: @escaping () -> Ticket, completions: CompletionQueue
  ) {
    self.journals = journals
    self.id = id
    self.worker = worker
    self.lane = LaneName("journal.\(id).\(worker)")
    self.lanes = lanes
    self.tickets = TicketMaker(tickets)
    self.completions = completions
    state = Mutex(State(epoch: epoch))
  }

  func append(_ entry: [UInt8], of keyGroup: KeyGroup?) -> Ticket {
    append([JournalLine(entry, of: keyGroup)])
  }

  func append(_ lines: [JournalLine]) -> Ticket {
    let ticket = tickets.make()
    var stored: [UInt8] = []
    // A head, and most entries.
    stored.reserveCapacity(lines.count * 96)
    for line in lines {
      JournalFile.append(line.bytes, behind: JournalEntry.head(line.keyGroup), to: &stored)
    }
    state.withLock { state in
      if state.groups.last?.epoch != state.epoch { state.groups.append(Group(epoch: state.epoch)) }
      let last = state.groups.count - 1
      state.groups[last].bytes += stored
      state.groups[last].tickets.append(ticket)
      schedule(&state)
    }
    return ticket
  }

  /// Entries from now on are behind this barrier, and go into a file of their own.
  func begin(_ epoch: Epoch) { state.withLock { $0.epoch = epoch } }

  private func schedule(_ state: inout State) {
    guard !state.isScheduled else { return }
    state.isScheduled = true
    lanes.submit(lane) { [self] in
      let groups = self.state.withLock { state in
        state.isScheduled = false
        defer { state.groups = [] }
        return state.groups
      }
      for group in groups { write(group) }
    }
  }

  /// On the lane. What could not be made durable is never reported so: the failure stops the
  /// worker, and nothing follows a torn entry.
  private func write(_ group: Group) {
    let isDurable = target.withLock { target in
      guard !target.hasFailed else { return false }
      do throws(OperatorError) {
        try append(group, &target)
        return true
      } catch {
        target.hasFailed = true
        completions.fail(error)
        return false
      }
    }
    guard isDurable else { return }
    for ticket in group.tickets { completions.complete(Completion(ticket: ticket, result: [])) }
  }

  private func append(_ group: Group, _ target: inout Target) throws(OperatorError) {
    do throws(FileError) {
      let file = try open(group.epoch, &target)
      try file.append(group.bytes)
      try file.synchronize()
    } catch {
      throw OperatorError(
        stage: id,
        reason: "the journal can't be written: \(error.operation) \(error.path): "
          + "\(error.kind)", isRetriable: true)
    }
    // Behind the write: whoever takes over from here on reads it.
    do throws(CheckpointError) {
      try journals.verify()
    } catch {
      throw OperatorError(
        stage: id, reason: "\(error)", isRetriable: error.kind != .superseded)
    }
  }

  private func open(
    _ epoch: Epoch, _ target: inout Target
  ) throws(FileError) -> any AppendableFile {
    if let file = target.file, target.epoch == epoch { return file }
    try target.file?.close()
    let name = JournalStore.Name(
      incarnation: journals.incarnation, epoch: epoch, worker: worker)
    let store = JournalStore(files: journals.files)
    let file = try store.files.create(store.path(id, name))
    target.file = file
    target.epoch = epoch
    return file
  }
}
