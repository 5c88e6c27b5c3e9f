import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Makes a call for each row, its task, and puts the row out with how it ended.
///
/// Tasks wait in a store, for their time, for their turn and for the answers to their calls, and
/// are in the snapshot. The intent of a call is in the journal before the call leaves, and a task's
/// outcome before its row does: so a restart finds out what was done, and what may have been.
/// What a row says of time ends here: an outcome's time is when it leaves, and so is the
/// watermark's.
final class ExecuteOperator: HoldingOperator {
  /// Of tasks on a worker that are ready, or under way; and of all.
  static let byteCapacity = 256 << 20
  static let wholeCapacity = 4 << 30
  /// Calls that begin in one turn of the worker.
  static let turnCapacity = 4096
  /// The watermark goes on at least so often, and by no less, in microseconds.
  private static let beat: Int64 = 1_000_000
  private static let step: Int64 = 10_000
  /// For so long a stop waits for calls at most.
  private static let patience: Int64 = 30_000_000
  /// For so long it is known what the journal said of tasks that do not come again.
  private static let memory: Int64 = 7 * 86_400_000_000
  /// Rows that may wait to leave before no further call begins.
  private static let leavingCapacity = 4 * Batch.rowLimit

  /// What is on its way into the journal.
  struct Round {
    var lines: [JournalLine] = []
    var intents: [UInt32] = []
    var ended: [UInt32] = []
  }

  let task: TaskSpec
  let retry: TaskRetry
  let limits: TaskLimits
  let performer: TaskPerformer
  private let input: Schema
  private let result: OutcomeRows
  let weight: Int?
  let priority: Int?
  let dueAt: Int?
  let answers = TaskAnswers()

  let store: TaskStore
  var orphans = OrphanedEntries()
  /// Tasks that are restored, until the journal has been read.
  lazy var restored = RestoredTasks(store)
  var isSettled = false
  /// Whether the last snapshot had entries of the journal, which a delta can't take back.
  private var hadOrphans = false
  var queue = FairQueue()
  var lanes: TaskLanes
  var parked = ParkedLanes()
  /// The bucket that a lane was let try again for.
  var wokenFor: [Int: Int] = [:]
  var calls: TaskCalls
  /// Calls whose intents are durable, but whose moment has not come.
  var held = TaskTimes()
  /// No call may begin before.
  var stalledUntil: Timestamp?
  var round = Round()
  private var rounds: [Ticket: Round] = [:]
  /// Tasks whose rows may leave, by whether they were done.
  private var leaving: [OutputPort: ArraySlice<UInt32>] = [.main: [], .failed: []]
  private(set) var isFull = false
  /// More may be begun at once.
  var hasTurns = false
  private var isEnding = false
  /// Until then calls that are under way hold back the run's last barrier.
  private(set) var stopsAt: Timestamp?
  private(set) var releasedWatermark = Timestamp.beginning
  private(set) var nextWallTimer: Timestamp?
  private(set) var context: (any OperatorContext)?
  /// Its number among those who share the limits.
  private(set) var member = 0
  private(set) var bell: (ticket: Ticket, ring: @Sendable () -> Void)?

  init(
    _ plan: PhysicalOperator, task: TaskSpec, input: Schema, outcome: [String],
    limits: TaskLimits, performer: @escaping TaskPerformer, reader: @escaping TaskResponseReader
  ) throws(OperatorError) {
    func place(_ name: String) throws(OperatorError) -> Int {
      try ColumnPlaces.find([name], in: input, plan.id)[0]
    }
    func known(_ name: String?) throws(OperatorError) -> Int? {
      if let name { try place(name) } else { nil }
    }
    self.task = task
    self.input = input
    self.limits = limits
    self.performer = performer
    retry = TaskRetry(task.retry)
    result = try OutcomeRows(plan, task, input: input, outcome: outcome, reader: reader)
    weight = try known(task.weight)
    priority = try known(task.priority)
    dueAt = try known(task.dueAt)
    store = TaskStore(
      TaskStore.Shape(
        input: input, key: try place(task.idempotencyKey), order: try known(task.orderedBy)))
    lanes = try TaskLanes(task, limits, input: input, plan.id)
    calls = TaskCalls(timeout: task.timeout)
  }

  var needsJournal: Bool { true }

  var states: [StateDeclaration] {
    [
      TaskStore.declaration(of: input), JournaledEntries.declaration, WindowProgress.declaration,
    ]
  }

  var holdsRows: Bool { store.count > 0 }
  var hasMore: Bool { leaving.values.contains { !$0.isEmpty } }

  /// No call is begun any more. Those that are under way come to their end, and their rows leave:
  /// what is left behind a stop is in no doubt.
  func prepareToStop() {
    // Calls that are under way now have ended by then.
    let longest = min(task.timeout.addingReportingOverflow(1_000_000).partialValue, Self.patience)
    stopsAt = stopsAt ?? context?.now().later(by: max(longest, 0))
  }

  var holdsBack: Bool {
    guard let stopsAt, let now = context?.now(), now < stopsAt else { return false }
    return calls.count > 0 || !rounds.isEmpty || hasMore
  }

  func open(_ context: any OperatorContext) throws(OperatorError) {
    self.context = context
    let (ticket, ring) = context.expect()
    bell = (ticket, ring)
    member = limits.join(at: context.now(), bell: ring)
    nextWallTimer = context.now()
  }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      switch block.state {
      case WindowProgress.declaration.name:
        releasedWatermark = max(releasedWatermark, WindowProgress.watermark(block.rows))
      case JournaledEntries.declaration.name:
        for bytes in JournaledEntries.entries(block.rows) { try replay(bytes) }
      default: restored.add(block)
      }
    }
  }

  func replay(_ entry: [UInt8]) throws(OperatorError) {
    guard let entry = TaskJournal.decode(entry) else {
      throw OperatorError(
        stage: context?.id ?? OperatorID(task.name),
        reason: "its journal holds an entry that this program does not know: it was written by "
          + "a newer raudal, go on with that one")
    }
    orphans.add(entry)
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard batch.selectedCount > 0 else { return .done }
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    settle()
    Intake.letGoOfRecords(batch)
    let rows = batch.gathered()
    arrive(store.add(rows), rows)
    return goOn(output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    if time == .endOfTime { isEnding = true }
    return goOn(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { goOn(output) }

  func wallTime(_ now: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    goOn(output)
  }

  func completed(
    _ completion: Completion, output: any Output
  ) throws(OperatorError) -> Progress {
    if let round = rounds.removeValue(forKey: completion.ticket) { isDurable(round) }
    return goOn(output)
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    if let now = context?.now() { orphans.expire(before: now.microseconds - Self.memory) }
    let tasks = store.snapshot(full: full || !orphans.isEmpty || hadOrphans)
    hadOrphans = !orphans.isEmpty
    return JoinedSnapshot(
      [tasks], blocks: [WindowProgress.block(releasedWatermark)] + orphans.blocks,
      isDelta: tasks.isDelta)
  }
}

// What each call ends with.
extension ExecuteOperator {
  private func goOn(_ output: any Output) -> Progress {
    guard let context else { return .done }
    let now = context.now()
    settle()
    takeAnswers(at: now)
    letHeldLeave(at: now)
    while let task = store.takeDue(now) { enqueue(task) }
    begin(at: now)
    append()
    putOut(output, at: now)
    let mark = Timestamp(microseconds: now.microseconds - now.microseconds % Self.step)
    releasedWatermark = isEnding && !holdsRows ? .endOfTime : max(releasedWatermark, mark)
    setTimer(at: now)
    tell()
    return .done
  }

  /// Appends to the journal what the round has gathered.
  private func append() {
    guard !round.lines.isEmpty else { return }
    let full = round
    round = Round()
    guard let journal = context?.journal else { return isDurable(full) }
    let ticket = journal.append(full.lines)
    rounds[ticket] = Round(intents: full.intents, ended: full.ended)
  }

  private func isDurable(_ round: Round) {
    for task in round.ended { letLeave(task) }
    guard let now = context?.now() else { return }
    for task in round.intents { leave(task, at: now) }
  }

  /// Whoever reads the rows is slow: outcomes would only gather.
  var isHeldUp: Bool { leaving.values.reduce(0) { $0 + $1.count } > Self.leavingCapacity }

  /// The row of a task that has ended may leave.
  func letLeave(_ task: UInt32) {
    let isDone = store.outcomes[task]?.first.map(TaskOutcome.isDone) ?? false
    leaving[isDone ? .main : .failed]?.append(task)
  }

  /// Emits one batch, and more as long as there is credit.
  private func putOut(_ output: any Output, at now: Timestamp) {
    var isFirst = true
    let time = max(now, releasedWatermark)
    for port in [OutputPort.main, .failed] {
      while let tasks = leaving[port], !tasks.isEmpty, isFirst || output.hasCredit {
        isFirst = false
        let part = tasks.prefix(store.bound(tasks, limit: Batch.rowLimit))
        leaving[port] = tasks.dropFirst(part.count)
        put(part, port, output, at: time)
      }
    }
  }

  private func put(
    _ tasks: ArraySlice<UInt32>, _ port: OutputPort, _ output: any Output, at time: Timestamp
  ) {
    context?.metrics.made.add(tasks.count)
    (port == .main ? context?.metrics.rowsOut : context?.metrics.failed)?.add(tasks.count)
    if output.isRead(port) {
      let outcomes = tasks.map { task in
        store.outcomes[task].flatMap { TaskOutcome(decoding: $0[...]) }
          ?? TaskOutcome(isDone: port == .main)
      }
      output.emit(result.batch(store.rows(of: tasks), outcomes, at: time), port: port)
    }
    for task in tasks { store.remove(task) }
  }

  private func setTimer(at now: Timestamp) {
    var times: [Timestamp] = isEnding && !holdsRows ? [] : [now.later(by: Self.beat)]
    if hasTurns { times.append(now) }
    var others = [held.first?.time, calls.nextDeadline()]
    if let stopsAt {
      // Nothing else is begun.
      others.append(max(stopsAt, now.later(by: Self.step)))
    } else {
      others += [store.nextDue, parked.nextDue, stalledUntil]
    }
    times += others.compactMap(\.self)
    nextWallTimer = times.min()
  }

  private func tell() {
    context?.metrics.calls.underWay.set(Int64(calls.count))
    context?.metrics.calls.isOpen.set(limits.isOpen ? 1 : 0)
    // Full until an eighth of it is gone. Tasks that are due later shut nobody off who is due now.
    let part = isFull ? 7 : 8
    isFull =
      store.readyByteCount >= Self.byteCapacity / 8 * part
      || store.byteCount >= Self.wholeCapacity / 8 * part
  }
}

extension ExecuteOperator: WaitingOperator {
  var waiting: Waiting { Waiting(rows: store.count) }
}
