import Columns
import Connectors
import Instruments
import KeyedState
import Operators
import Plans
import Platform
import Schemas

/// A source on one worker: reads its partitions, decodes, gives rows their time and place, and says
/// how far time has come.
final class SourceStage: SegmentInput {
  /// Microseconds until a reader that did not know is asked again.
  private static let askInterval: Int64 = 1_000_000
  let id: OperatorID
  private let index: PhysicalPlan.Index
  let outlet: Outlet
  private let spec: SourceSpec
  private let reader: any SourceReader
  private let rows: SourceRows
  private let clock: any Clock
  private let worker: Int
  private let batchRows: Int
  /// Further partitions may appear.
  private let isOpenEnded: Bool
  private let drift: DriftBoard
  private let board: WatermarkBoard
  /// Where the source waits for the others before its time ends.
  private let end: RunEnd
  /// Whether an end of its partitions is only the run's: the next one may read on.
  private let endsWithRun: Bool
  private let demand: DemandBoard
  /// Whether it is a table's, which others wait for until all is read that it holds at the start.
  /// From then on it is as idle: nobody waits for its time.
  private let isTable: Bool
  /// Of the stages behind it that hold rows.
  private let gates: [FlowGate]
  private let instruments: StageInstruments
  /// In the order of their ids.
  private var partitions: [ReadPartition] = []
  /// Partitions that take effect behind the next barrier.
  private var discovered: [SourcePartition] = []
  private var barriers: [Barrier] = []
  private(set) var isBlocked = false
  private(set) var hasEnded = false
  /// The engine holds all sources.
  var isHeld = false
  /// A final barrier has gone out.
  private var isStopped = false
  private var wasIdle = false
  private var watermark = Timestamp.beginning
  /// It was said that nobody reads it any more.
  private var isDismissed = false
  /// It is at its end, and other sources were not.
  private var awaitsOthers = false
  /// Of the board, as it was last seen.
  private var version: UInt64 = 0

  init(
    id: OperatorID, spec: SourceSpec, reader: any SourceReader, rows: SourceRows,
    outlet: Outlet, clock: any Clock, worker: Int, batchRows: Int, isOpenEnded: Bool,
    canGoOn: Bool, index: PhysicalPlan.Index, frame: JobFrame, drift: DriftBoard,
    board: WatermarkBoard, instruments: StageInstruments
  ) {
    self.id = id
    self.spec = spec
    self.reader = reader
    self.rows = rows
    self.outlet = outlet
    self.clock = clock
    self.worker = worker
    self.batchRows = max(1, min(batchRows, Batch.rowLimit))
    self.isOpenEnded = isOpenEnded
    self.drift = drift
    self.board = board
    self.index = index
    end = frame.runEnd
    endsWithRun = frame.setup.stopsAtEnd && canGoOn
    demand = frame.demand
    isTable = frame.layout.tables.contains(index)
    gates = frame.gates(behind: index)
    self.instruments = instruments
  }

  /// Begins to read a partition where a checkpoint left it; one that was found joins the others.
  func open(_ state: PartitionState, isNew: Bool = false) throws(JobFailure) {
    let lateness = spec.eventTime?.lateness ?? 0
    var partition = ReadPartition(state, lane: rows.lane(of: state.partition), lateness: lateness)
    partition.isRead = isNew
    if isNew, !isTable { partition.joinedAt = board.join(worker: worker) }
    if !partition.hasEnded {
      try connect { () throws(ConnectorError) in
        try reader.add(state.partition, at: state.position, end: state.end)
      }
    }
    let place = partitions.firstIndex { state.partition < $0.id } ?? partitions.endIndex
    partitions.insert(partition, at: place)
    instruments.post(partition.status)
  }

  /// A partition that the source has found; read from the next barrier on.
  func discover(_ partition: SourcePartition) { discovered.append(partition) }

  /// Barriers go out between two batches.
  func inject(_ barrier: Barrier) { barriers.append(barrier) }

  func unblock() { isBlocked = false }

  /// Whether other workers' partitions have come further than was said here.
  var lags: Bool {
    guard !isBlocked, !isHeld, !isStopped, !hasEnded else { return false }
    return board.isNewer(than: version) || awaitsOthers && end.isReached
      || !isDismissed && demand.isOver(index)
  }

  /// Says that, although there is no time to read.
  func follow() { _ = refresh() }

  func close() { reader.close() }

  func take(for segment: Segment) throws(JobFailure) -> Bool {
    let outer = segment.times.enter(instruments.metrics.busy)
    defer { segment.times.leave(to: outer) }
    return try takeNext(for: segment)
  }

  private func takeNext(for segment: Segment) throws(JobFailure) -> Bool {
    if !barriers.isEmpty {
      try deliver(barriers.removeFirst(), to: segment)
      return true
    }
    guard !isHeld, !isStopped, !hasEnded else { return false }
    if partitions.isEmpty || demand.isOver(index) { return refresh() }
    if isGated { return false }
    let poll = try connect { () throws(ConnectorError) in try reader.poll(limit: batchRows) }
    switch poll {
    case .nothing:
      noteSilence()
      return refresh()
    case .caughtUp(let id, let place):
      update(id) {
        $0.quietSince = $0.quietSince ?? clock.now()
        $0.note(place ?? $0.position, backlog: reader.backlog(id))
        $0.isRead = true
      }
    case .advanced(let id, let time):
      update(id) { $0.watermark.join(time) }
    case .ended(let id):
      update(id) { $0.hasEnded = true }
    case .records(let records, let next):
      let decoded = rows.decode(records)
      try take(
        decoded.batch, failures: decoded.failures, of: records.partition, next: next,
        bytes: records.byteCount)
    case .rows(let batch, let id, let next):
      try take(batch, failures: [], of: id, next: next, bytes: 0)
    }
    _ = refresh()
    return true
  }

  /// A stage behind it has more rows than it can let go of.
  var isGated: Bool { gates.contains { $0.isShut } }

  /// As the definition names it.
  var name: String { spec.name }

  /// When a silent partition becomes idle, or held ones are looked at again.
  var deadline: Timestamp? {
    guard !isHeld, !isStopped, !hasEnded, !isBlocked, !isGated, !isDismissed
    else { return nil }
    var next: Timestamp?
    for partition in partitions where !partition.hasEnded {
      var time: Timestamp?
      if partition.isHeld {
        time = Timestamp(microseconds: clock.now().microseconds &+ DriftBoard.lookInterval)
      } else if let idle = idleSpan, let since = partition.quietSince,
        !partition.isIdle
      {
        // Due already: whether it is at its end is being found out.
        let due = Timestamp(microseconds: since.microseconds &+ idle)
        let now = clock.now()
        time = due > now ? due : Timestamp(microseconds: now.microseconds &+ Self.askInterval)
      }
      if let time { next = min(next ?? time, time) }
    }
    return next
  }
}

extension SourceStage {
  private func deliver(_ barrier: Barrier, to segment: Segment) throws(JobFailure) {
    for partition in discovered {
      try open(
        PartitionState(
          partition: partition.id, position: partition.beginning, end: partition.end),
        isNew: true)
    }
    discovered = []
    isBlocked = true
    isStopped = isStopped || barrier.isFinal
    segment.sourceDelivered(barrier, partitions.map { $0.state(at: watermark) })
    segment.arrived(barrier)
  }

  private func take(
    _ batch: Batch, failures: [RowFailure], of id: PartitionID, next: Position, bytes: Int
  ) throws(JobFailure) {
    guard let place = partitions.firstIndex(where: { $0.id == id }) else {
      throw .connector(
        ConnectorError(.fatal, "source \(spec.name) gave rows of partition \(id), not its own"))
    }
    partitions[place].quietSince = nil
    if partitions[place].isIdle {
      partitions[place].isIdle = false
      partitions[place].joinedAt = board.join(worker: worker)
      // Operators are told where it joins before they see its rows.
      _ = refresh()
    }
    instruments.metrics.rowsIn.add(batch.selectedCount + failures.count)
    var failed = failures
    let prepared = try rows.prepare(
      batch, failed: &failed, lane: partitions[place].lane, next: next, now: clock.now(),
      watermark: &partitions[place].watermark)
    partitions[place].bytesRead &+= Int64(bytes)
    partitions[place].note(next, backlog: reader.backlog(id))
    instruments.post(partitions[place].status)
    if !failed.isEmpty { try reroute(failed, of: batch) }
    instruments.metrics.rowsOut.add(prepared.selectedCount)
    guard prepared.rowCount > Batch.rowLimit else { return outlet.emit(prepared, port: .main) }
    for part in prepared.parts { outlet.emit(part, port: .main) }
  }

  private func reroute(_ failures: [RowFailure], of batch: Batch) throws(JobFailure) {
    instruments.metrics.failed.add(failures.count)
    let failed = failures.map { FailedRow(row: $0.row, reason: $0.reason) }
    switch rows.route {
    case .skip: return
    case .output:
      let rows = FailedRows.batch(
        failed, of: batch, stage: id, schema: PhysicalOperator.errorSchema)
      // What could not be decoded has no event time but its record's.
      let times = rows.schema.index(of: "timestamp").map { rows.columns[$0] }
      rows.hidden.eventTimes = times.flatMap { $0.hasNulls ? nil : $0 }
      outlet.emit(rows, port: .errors)
    case .fail:
      guard let first = failed.first else { return }
      throw .operatorFailed(
        OperatorError.row(
          id, "a record can't be read: \(first.reason)",
          row: first.row, of: batch, place: "this source"))
    }
  }

  /// Nothing came although it was asked for: partitions at their end may fall idle.
  private func noteSilence() {
    guard let idle = idleSpan else { return }
    let now = clock.now()
    for place in partitions.indices where partitions[place].isLive {
      guard let since = partitions[place].quietSince,
        now.microseconds &- since.microseconds >= idle,
        reader.isAtEnd(partitions[place].id)
      else { continue }
      partitions[place].isIdle = true
      instruments.post(partitions[place].status)
    }
  }

  /// Says what has changed downstream: idleness, the watermark, the end. Whether anything has.
  private func refresh() -> Bool {
    isDismissed = demand.isOver(index)
    let released = balance()
    let view = board.post(share, worker: worker)
    version = view.version
    if view.hasEnded { end.arrive(index) }
    awaitsOthers = view.hasEnded && (endsWithRun || isDismissed) && !end.isReached
    if view.hasEnded && !awaitsOthers {
      hasEnded = true
      if wasIdle { outlet.idle(false) }
      instruments.watermark.set(Timestamp.endOfTime.microseconds)
      outlet.watermark(.endOfTime)
      return true
    }
    // At its end its time stands still, and holds that of the others where they meet: what waits
    // behind it for its end must not be late there. Nobody waits for one that is not read, nor for
    // a table's.
    let isIdle = view.isIdle || isDismissed || awaitsOthers && isTable
    var changed = released || isIdle != wasIdle
    if wasIdle && !isIdle { outlet.idle(false) }
    if spec.eventTime != nil, view.time > watermark {
      watermark = view.time
      instruments.watermark.set(watermark.microseconds)
      outlet.watermark(watermark)
      changed = true
    }
    // Last: nobody listens to the time of one that is idle.
    if isIdle && !wasIdle { outlet.idle(true) }
    wasIdle = isIdle
    return changed
  }

  private var idleSpan: Int64? { isTable ? nil : spec.eventTime?.idle }

  /// What this worker's partitions say to the others.
  private var share: WatermarkBoard.Share {
    if isDismissed { return .ended }
    if isTable {
      let isUnread = partitions.contains { !$0.hasEnded && !$0.isRead }
      if isUnread { return .live(.beginning) }
      return !isOpenEnded && partitions.allSatisfy(\.hasEnded) ? .ended : .silent
    }
    let live = partitions.filter(\.isLive)
    if let least = live.map(\.time).min() { return .live(least) }
    return !isOpenEnded && partitions.allSatisfy(\.hasEnded) ? .ended : .silent
  }

  /// Holds partitions that are too far ahead of the slowest with data, and lets others go on;
  /// whether one of them may now be read again.
  private func balance() -> Bool {
    guard let limit = spec.eventTime?.maxDrift, !isTable else { return false }
    let reading = partitions.filter { $0.isLive && $0.quietSince == nil }
    drift.post(reading.map(\.watermark.time).min(), worker: worker)
    let least = drift.least
    // Nothing can be said before the slowest has shown its first row.
    if let least, least == .beginning { return false }
    let (sum, overflow) = (least?.microseconds ?? .max).addingReportingOverflow(max(limit, 0))
    let furthest = overflow ? Int64.max : sum
    var released = false
    for place in partitions.indices where !partitions[place].hasEnded {
      let isAhead = partitions[place].watermark.time.microseconds > furthest
      guard isAhead != partitions[place].isHeld else { continue }
      partitions[place].isHeld = isAhead
      if isAhead {
        reader.hold(partitions[place].id)
      } else {
        reader.release(partitions[place].id)
        released = true
      }
    }
    return released
  }

  private func update(_ id: PartitionID, _ change: (inout ReadPartition) -> Void) {
    guard let place = partitions.firstIndex(where: { $0.id == id }) else { return }
    change(&partitions[place])
    instruments.post(partitions[place].status)
  }

  private func connect<Value>(
    _ body: () throws(ConnectorError) -> Value
  ) throws(JobFailure) -> Value {
    do throws(ConnectorError) {
      return try body()
    } catch {
      throw .connector(error)
    }
  }
}
