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
  /// Of tasks that wait, on a worker.
  static let byteCapacity = 256 << 20
  /// Calls that begin in one turn of the worker.
  static let turnCapacity = 4096
  /// The watermark goes on at least so often, in microseconds.
  private static let beat: Int64 = 1_000_000

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
  private let weight: Int?
  private let priority: Int?
  let dueAt: Int?
  let answers = TaskAnswers()

  let store: TaskStore
  var orphans = OrphanedEntries()
  /// Tasks that are restored, until the journal has been read.
  private lazy var restored = RestoredTasks(store)
  private var isSettled = false
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
  private(set) var releasedWatermark = Timestamp.beginning
  private(set) var nextWallTimer: Timestamp?
  private(set) var context: (any OperatorContext)?
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

  func open(_ context: any OperatorContext) throws(OperatorError) {
    self.context = context
    let (ticket, ring) = context.expect()
    bell = (ticket, ring)
    limits.join(worker: context.worker, at: context.now(), bell: ring)
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
    let mark = max(releasedWatermark, now)
    releasedWatermark = isEnding && !holdsRows ? .endOfTime : mark
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
    for time in [
      store.nextDue, held.first?.time, calls.nextDeadline(), parked.nextDue, stalledUntil,
    ] {
      if let time { times.append(time) }
    }
    nextWallTimer = times.min()
  }

  private func tell() {
    context?.metrics.calls.underWay.set(Int64(calls.count))
    context?.metrics.calls.isOpen.set(limits.isOpen ? 1 : 0)
    // Full until an eighth of it is gone.
    let part = isFull ? Self.byteCapacity / 8 * 7 : Self.byteCapacity
    isFull = store.byteCount >= part
  }
}

// Tasks that come.
extension ExecuteOperator {
  /// Goes on with what was restored, once the journal has been read.
  private func settle() {
    guard !isSettled else { return }
    isSettled = true
    let tasks = restored.end()
    for start in stride(from: 0, to: tasks.count, by: Batch.rowLimit) {
      var rest = tasks[start..<min(start + Batch.rowLimit, tasks.count)]
      while !rest.isEmpty {
        let part = rest.prefix(store.bound(rest, limit: Batch.rowLimit))
        rest = rest[part.endIndex...]
        arrive(Array(part), store.rows(of: part))
      }
    }
  }

  /// Decides what becomes of tasks, whose rows these are.
  private func arrive(_ tasks: [UInt32], _ rows: Batch) {
    guard let now = context?.now() else { return }
    let lanes = lanes.add(rows, to: &queue, at: now)
    for (task, lane) in zip(tasks, lanes) {
      store[task].lane = lane
      arrive(task, at: now)
    }
  }

  private func arrive(_ task: UInt32, at now: Timestamp) {
    if store[task].phase == .ended {
      lanes.remove(store[task].lane, &queue)
      return letLeave(task)
    }
    guard let key = store.key(of: task) else {
      // The same in every run: there is nothing to be said in the journal.
      let reason = "column `\(self.task.idempotencyKey)`, which says which task it is, is null"
      let outcome = TaskOutcome(isDone: false, firstError: reason, error: reason)
      store.setOutcome(outcome.encoded, of: task)
      lanes.remove(store[task].lane, &queue)
      return letLeave(task)
    }
    if let dueAt, store[task].attempts == 0, let due = store.int(dueAt, of: task) {
      store[task].due = due
    }
    for entry in orphans.take(key) { learn(task, entry) }
    if store[task].phase == .ended {
      lanes.remove(store[task].lane, &queue)
      return letLeave(task)
    }
    if store[task].isOut, self.task.doubt == .hold {
      let outcome = TaskOutcome(
        isDone: false, attempts: Int(store[task].attempts), firstError: store.firstErrors[task],
        error: "outcome unknown: the process ended while the call was under way")
      return end([task], outcome, at: now)
    }
    guard store.lead(task), store.enterLine(task) else { return }
    proceed(task, at: now)
  }

  /// What the journal says of a task that has come again.
  private func learn(_ task: UInt32, _ entry: TaskJournal.Entry) {
    store[task].attempts = max(store[task].attempts, entry.attempt)
    switch entry.fact {
    case .intent:
      store[task].isOut = true
      if store[task].started == .min { store[task].started = entry.time }
    case .retry(let due, let error):
      store[task].isOut = false
      store[task].due = due
      store.addError(error, of: task)
    case .outcome(let outcome, _):
      store[task].isOut = false
      store.setOutcome(outcome, of: task)
    }
  }

  /// A task that heads its line: it waits for its time, or for its turn.
  func proceed(_ task: UInt32, at now: Timestamp) {
    if store[task].due > now.microseconds { store.wait(task) } else { enqueue(task) }
  }

  private func enqueue(_ task: UInt32) {
    let entry = store[task]
    store[task].phase = .ready
    let rank = FairQueue.Rank(
      priority: priority.flatMap { store.int($0, of: task) } ?? 0, arrival: entry.arrival)
    queue.add(
      task, to: Int(entry.lane), rank: rank,
      weight: weight.flatMap { store.int($0, of: task) } ?? 1)
  }
}

extension ExecuteOperator: WaitingOperator {
  var waiting: Waiting { Waiting(rows: store.count) }
}
