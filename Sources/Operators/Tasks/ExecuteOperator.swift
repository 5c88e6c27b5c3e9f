import Columns
import Instruments
import KeyedState
import Plans
import Schemas

/// Makes a call for each row, its task, and puts the row out with how it ended.
///
/// Tasks wait in a store, for their time, for their turn and for the answers to their calls, and
/// are in the snapshot. A task's outcome is in the journal before its row leaves, and where that a
/// call may have been made changes what a restart does, its intent before the call does: so a
/// restart finds out what was done, and what may have been.
/// What a row says of time ends here: an outcome's time is when it leaves, and so is the
/// watermark's. A table may steer its tasks; all workers get all of its rows.
final class ExecuteOperator: TableKeepingOperator {
  /// Of tasks on a worker that are ready, or under way; and of all.
  static let byteCapacity = 256 << 20
  static let wholeCapacity = 4 << 30
  /// Calls that begin in one turn of the worker.
  static let turnCapacity = 4096
  /// Tasks whose time comes in one turn.
  private static let dueCapacity = 4 * turnCapacity
  /// Between two turns of which the first had too much, in microseconds.
  private static let pause: Int64 = 100
  /// The watermark goes on at least so often, and by no less, in microseconds.
  private static let beat: Int64 = 1_000_000
  /// Behind the end of the input, while nothing is under way.
  private static let slowBeat: Int64 = 60_000_000
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
    /// Heads of lines that have ended, and that others may follow once that is durable.
    var heads: [UInt32] = []
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
  var unknown = UnknownOutcomes()
  /// Tasks that are restored, until the journal has been read.
  let restored: RestoredTasks
  var isSettled = false
  /// Whether the last snapshot had entries of the journal, which a delta can't take back.
  private var hadOrphans = false
  var queue = FairQueue()
  var lanes: TaskLanes
  var sweep = TaskSweep()
  var parked = BucketLines()
  /// Tasks to be called again whose server's budget is used up.
  var spent = BucketLines()
  var paces = RatePaces()
  /// The bucket that a lane was let try again for.
  var wokenFor: [Int: Int] = [:]
  var calls: TaskCalls
  var retries = TaskRetries()
  /// Calls whose intents are durable, but whose moment has not come.
  var held = TaskTimes()
  /// No call may begin before.
  var stalledUntil: Timestamp?
  var round = Round()
  private(set) var rounds: [Ticket: Round] = [:]
  /// Tasks in them that have ended.
  private var endingCount = 0
  /// Tasks whose rows may leave, by whether they were done.
  private var leaving: [OutputPort: ArraySlice<UInt32>] = [.main: [], .failed: []]
  lazy var isFull = awaitsTable
  /// When the bound that follows the server is told again.
  private var tellsAgain = Timestamp.beginning
  /// More may be begun at once.
  var hasTurns = false
  private(set) var isEnding = false
  /// Until then calls that are under way hold back the run's last barrier.
  private(set) var stopsAt: Timestamp?
  private(set) var releasedWatermark = Timestamp.beginning
  var nextWallTimer: Timestamp?
  private(set) var context: (any OperatorContext)?
  /// Its number among those who share the limits.
  private(set) var member = 0
  private(set) var bell: (ticket: Ticket, ring: @Sendable () -> Void)?

  init(
    _ plan: PhysicalOperator, task: TaskSpec, input: Schema, outcome: [String],
    service: TaskService, steering: TaskSteering? = nil
  ) throws(OperatorError) {
    func place(_ name: String) throws(OperatorError) -> Int {
      try ColumnPlaces.find([name], in: input, plan.id)[0]
    }
    func known(_ name: String?) throws(OperatorError) -> Int? {
      if let name { try place(name) } else { nil }
    }
    self.task = task
    self.input = input
    limits = service.limits
    performer = service.perform
    retry = TaskRetry(task.retry)
    result = try OutcomeRows(plan, task, input: input, outcome: outcome, reader: service.read)
    weight = try known(task.weight)
    priority = try known(task.priority)
    dueAt = try known(task.dueAt)
    store = TaskStore(
      TaskStore.Shape(
        input: input, key: try place(task.idempotencyKey), order: try known(task.orderedBy)))
    restored = RestoredTasks(store)
    lanes = try TaskLanes(task, limits, steering: steering, input: input, plan.id)
    calls = TaskCalls(timeout: task.timeout)
  }

  var needsJournal: Bool { true }

  var states: [StateDeclaration] {
    [
      TaskStore.declaration(of: input), JournaledEntries.declaration, WindowProgress.declaration,
    ] + steeringStates
  }

  var holdsRows: Bool { store.count > 0 || awaitsOthers }
  var hasMore: Bool { leaving.values.contains { !$0.isEmpty } }

  /// No call is begun any more. Those that are under way come to their end, and their rows leave:
  /// what is left behind a stop is in no doubt.
  func prepareToStop() {
    // Calls that are under way now have ended by then.
    let longest = min(task.timeout.addingReportingOverflow(1_000_000).partialValue, Self.patience)
    stopsAt = stopsAt ?? context?.now().later(by: max(longest, 0))
  }

  /// What was cancelled has ended then too: behind the stop its key may go on.
  var holdsBack: Bool {
    guard let stopsAt, let now = context?.now(), now < stopsAt else { return false }
    return calls.count > 0 || !rounds.isEmpty || hasMore || sweep.isUnderWay
  }

  func open(_ context: any OperatorContext) throws(OperatorError) {
    self.context = context
    let (ticket, ring) = context.expect()
    bell = (ticket, ring)
    member = limits.join(at: context.now(), bell: ring)
    limits.expect(context.id, workers: context.workers)
    nextWallTimer = context.now()
  }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      limits.goOn()
      switch block.state {
      case WindowProgress.declaration.name:
        releasedWatermark = max(releasedWatermark, WindowProgress.watermark(block.rows))
      case JournaledEntries.declaration.name:
        for bytes in JournaledEntries.entries(block.rows) { try replay(bytes) }
      case SteeredKeys.stateName: lanes.steering?.restore(block.rows)
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
    limits.goOn()
    switch entry.fact {
    case .pace(let pace):
      limits.recall(pace, at: context?.now() ?? .beginning)
      paces.note(entry)
    case .outcome(_, TaskJournal.everyRow): unknown.add(entry)
    default: orphans.add(entry)
    }
  }

  /// What the journal said before is forgotten, of tasks that have not come again since.
  func forgets(at now: Timestamp) -> Int64 { now.microseconds - Self.memory }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    guard batch.selectedCount > 0 else { return .done }
    context?.metrics.rowsIn.add(batch.selectedCount)
    context?.metrics.absorbed.add(batch.selectedCount)
    if input == tableInput { return try steer(batch, output) }
    settle()
    Intake.letGoOfRecords(batch)
    let rows = batch.gathered()
    arrive(store.add(rows), rows)
    return try goOn(output)
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    if time == .endOfTime { isEnding = true }
    return try goOn(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress { try goOn(output) }

  func wallTime(_ now: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    try goOn(output)
  }

  func completed(
    _ completion: Completion, output: any Output
  ) throws(OperatorError) -> Progress {
    if let round = rounds.removeValue(forKey: completion.ticket) {
      endingCount -= round.ended.count
      isDurable(round)
    }
    return try goOn(output)
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    let now = context?.now() ?? .beginning
    orphans.expire(before: forgets(at: now))
    let tasks = store.snapshot(full: full || !orphans.isEmpty || hadOrphans)
    hadOrphans = !orphans.isEmpty
    let entries =
      orphans.all + unknown.entries(full: !tasks.isDelta, since: forgets(at: now))
      + paces.entries(full: !tasks.isDelta, at: now)
    return JoinedSnapshot(
      [tasks],
      blocks: [WindowProgress.block(releasedWatermark)] + TaskJournal.blocks(entries)
        + steeringBlocks(isDelta: tasks.isDelta), isDelta: tasks.isDelta)
  }
}

// What each call ends with.
extension ExecuteOperator {
  func goOn(_ output: any Output) throws(OperatorError) -> Progress {
    guard let context else { return .done }
    let now = context.now()
    settle()
    lookAtTable(at: now)
    takeAnswers(at: now)
    letHeldLeave(at: now)
    var taken = 0
    while taken < Self.dueCapacity, let task = store.takeDue(now) {
      taken += 1
      lanes.wait(store[task].lane, false)
      // Those that were cancelled are about to be swept up.
      if !lanes.isCancelled(store[task].lane) { enqueue(task) }
    }
    sweepCancelled(at: now)
    begin(at: now)
    try append(at: now)
    putOut(output, at: now)
    lookForEnd()
    let mark = Timestamp(microseconds: now.microseconds - now.microseconds % Self.step)
    releasedWatermark = isEnding && !holdsRows ? .endOfTime : max(releasedWatermark, mark)
    setTimer(at: now)
    tell()
    return .done
  }

  /// Appends to the journal what the round has gathered.
  private func append(at now: Timestamp) throws(OperatorError) {
    guard !round.lines.isEmpty else { return }
    let full = round
    round = Round()
    guard let journal = context?.journal else {
      hasTurns = hasTurns || !full.heads.isEmpty
      return isDurable(full)
    }
    endingCount += full.ended.count
    guard leavesAtOnce else {
      let ticket = journal.append(full.lines)
      rounds[ticket] = Round(intents: full.intents, ended: full.ended, heads: full.heads)
      return
    }
    let ticket = try journal.write(full.lines)
    rounds[ticket] = Round(ended: full.ended, heads: full.heads)
    for task in full.intents { leave(task, at: now) }
  }

  /// Whether a call waits for the system to have its intent, and not for the disk. A task is called
  /// behind a crash whether it may have been or not: what the machine's end alone can lose is the
  /// count of an attempt. With an order a task waits for the outcome of the one in front of it
  /// instead. What a call takes of a slow rate has to be known behind any crash.
  var leavesAtOnce: Bool { task.doubt == .resend && !limits.hasSlowRates }

  private func isDurable(_ round: Round) {
    for task in round.ended { letLeave(task) }
    guard let now = context?.now() else { return }
    for task in round.intents { leave(task, at: now) }
    for task in round.heads { leaveLine(task, at: now) }
  }

  /// The disk is slow, or whoever reads the rows: outcomes would only gather.
  var isHeldUp: Bool {
    leaving.values.reduce(endingCount) { $0 + $1.count } > Self.leavingCapacity
  }

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
    let isOver = isEnding && !holdsRows
    let beat = isEnding && !isOver && isQuiet ? Self.slowBeat : Self.beat
    var times: [Timestamp] = isOver ? [] : [now.later(by: beat)]
    if hasTurns && !isHeldUp || maySweep(at: now) { times.append(now) }
    var others = [held.first?.time, calls.nextDeadline()]
    if let stopsAt {
      // Nothing else is begun.
      others.append(max(stopsAt, now.later(by: Self.step)))
    } else {
      others += [store.nextDue, stalledUntil, lanes.hours?.nextChange]
      // Else they are not looked at.
      if !isHeldUp, !awaitsTable { others += [parked.nextDue, spent.nextDue] }
    }
    times += others.compactMap(\.self)
    // Before what is left comes input has its turn, and barriers.
    nextWallTimer = times.min().map { first in
      first > now ? first : (context?.now() ?? now).later(by: Self.pause)
    }
  }

  private func tell() {
    context?.metrics.calls.underWay.set(Int64(calls.count))
    context?.metrics.calls.isOpen.set(limits.isOpen ? 1 : 0)
    if limits.isAdaptive, let now = context?.now(), now >= tellsAgain {
      tellsAgain = now.later(by: Self.beat)
      if let calls = limits.adaptiveCalls { context?.metrics.calls.bound.set(Int64(calls)) }
    }
    // Full until an eighth of it is gone. Tasks that are due later shut nobody off who is due now.
    let part = isFull ? 7 : 8
    isFull =
      awaitsTable
      || store.readyByteCount(without: lanes.asideCount) >= Self.byteCapacity / 8 * part
      || wholeBytes >= Self.wholeCapacity / 8 * part
  }
}

extension ExecuteOperator {
  /// About how many bytes all tasks take, and all values by which they are told apart.
  private var wholeBytes: Int {
    store.byteCount + lanes.usedCount * TaskLanes.bytesOfLane
  }
}
