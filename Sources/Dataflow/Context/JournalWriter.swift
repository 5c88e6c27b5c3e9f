import Checkpoints
import Operators
import Platform
import Schemas
import Synchronization

/// Appends to a stage's journal: entries gather while a write is under way and go out together in
/// the next, so that one synchronisation serves many. An entry waits for at most two.
///
/// What must be with the system at once the worker writes itself. The lane alone synchronises, with
/// no lock held, so that a worker's write never waits for the disk.
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

  /// What is with the system and not yet on the disk.
  private struct Written {
    var file: any AppendableFile
    var tickets: [Ticket]
  }

  /// The file that is open, and why nothing is written any more.
  private struct Target {
    var file: (any AppendableFile)?
    var epoch: Epoch?
    var written: [Written] = []
    var failure: OperatorError?
    /// When it was last looked whether a newer attempt has taken over, in nanoseconds.
    var verified: UInt64?
  }

  /// A worker looks no more often than this, in nanoseconds, whether it was taken over: to look is
  /// to list a directory.
  private static let trust: UInt64 = 1_000_000

  private let journals: JournalPlace
  private let id: OperatorID
  private let worker: Int
  private let lane: LaneName
  private let lanes: any BackgroundLanes
  private let clock: any Clock
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
    lanes: any BackgroundLanes, clock: any Clock, tickets: @escaping () -> Ticket,
    completions: CompletionQueue
  ) {
    self.journals = journals
    self.id = id
    self.worker = worker
    self.lane = LaneName("journal.\(id).\(worker)")
    self.lanes = lanes
    self.clock = clock
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

  func write(_ lines: [JournalLine]) throws(OperatorError) -> Ticket {
    let ticket = append(lines)
    let failure = target.withLock { target in
      writeOut(&target)
      let now = clock.monotonic()
      // Whoever was frozen was so for longer.
      if target.failure == nil, target.verified.map({ now &- $0 >= Self.trust }) ?? true {
        target.failure = superseded()
        target.verified = now
      }
      return target.failure
    }
    if let failure { throw failure }
    return ticket
  }

  /// Entries from now on are behind this barrier, and go into a file of their own.
  func begin(_ epoch: Epoch) { state.withLock { $0.epoch = epoch } }

  private func schedule(_ state: inout State) {
    guard !state.isScheduled else { return }
    state.isScheduled = true
    lanes.submit(lane) { [self] in
      self.state.withLock { $0.isScheduled = false }
      synchronize()
    }
  }

  /// Hands over to the system what waits: on the worker or on the lane, whoever comes first.
  /// Nothing follows a torn entry.
  private func writeOut(_ target: inout Target) {
    guard target.failure == nil else { return }
    let groups = state.withLock { state in
      defer { state.groups = [] }
      return state.groups
    }
    do throws(FileError) {
      for group in groups {
        let file = try open(group.epoch, &target)
        try file.append(group.bytes)
        if target.written.last?.file === file {
          target.written[target.written.count - 1].tickets += group.tickets
        } else {
          target.written.append(Written(file: file, tickets: group.tickets))
        }
      }
    } catch {
      target.failure = failure(error)
    }
  }

  /// On the lane. What could not be made durable is never reported so: the failure stops the
  /// worker.
  private func synchronize() {
    let (written, failed) = target.withLock { target in
      writeOut(&target)
      defer { target.written = [] }
      return (target.written, target.failure)
    }
    let failure = failed ?? makeDurable(written)
    guard let failure else {
      for part in written {
        for ticket in part.tickets {
          completions.complete(Completion(ticket: ticket, result: []))
        }
      }
      return
    }
    target.withLock { $0.failure = failure }
    completions.fail(failure)
  }

  private func makeDurable(_ written: [Written]) -> OperatorError? {
    guard !written.isEmpty else { return nil }
    do throws(FileError) {
      for part in written { try part.file.synchronize() }
    } catch {
      return failure(error)
    }
    return superseded()
  }

  /// To be asked behind a write: whoever takes over from here on reads it.
  private func superseded() -> OperatorError? {
    do throws(CheckpointError) {
      try journals.verify()
      return nil
    } catch {
      return OperatorError(
        stage: id, reason: "\(error)", isRetriable: error.kind != .superseded)
    }
  }

  private func failure(_ error: FileError) -> OperatorError {
    OperatorError(
      stage: id,
      reason: "the journal can't be written: \(error.operation) \(error.path): \(error.kind)",
      isRetriable: true)
  }

  /// The file of an epoch. The one before stays open until the lane has synchronised it.
  private func open(
    _ epoch: Epoch, _ target: inout Target
  ) throws(FileError) -> any AppendableFile {
    if let file = target.file, target.epoch == epoch { return file }
    let name = JournalStore.Name(
      incarnation: journals.incarnation, epoch: epoch, worker: worker)
    let store = JournalStore(files: journals.files)
    let file = try store.files.create(store.path(id, name))
    target.file = file
    target.epoch = epoch
    return file
  }
}
