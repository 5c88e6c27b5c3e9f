package import Columns
package import Schemas

/// Sessions by key whose results are told more than once: early, while they are open, or again,
/// when rows come for them after they have closed.
///
/// Rows may come in any order. One that lies less than the gap before, between or behind sessions
/// becomes theirs, so that two may become one; what had told a result then takes it back. As in
/// `RefreshingWindowStore`, the rows that told results hold are kept apart from those that came
/// since, so that a row is taken back as it was told, to the last bit.
///
/// Sessions that are no longer than a limit depend on the order of rows, which must then come in
/// that of event time. Not thread-safe; snapshots are immutable copies that share its pages.
package final class RefreshingSessionStore {
  let configuration: WindowStore.Configuration
  private let gap: Int64
  private let limit: Int64?
  /// Knows how to read keys; it has no panes.
  let reader: WindowStore
  /// Of each key its newest session is the current one; older ones follow it.
  var table: SessionTable
  package private(set) var watermark = Timestamp.beginning
  private var deadlines = Heap<SessionDeadline>()
  /// Where open sessions tell at moments: those that may have something to tell at the next one.
  private var pending: [UInt32] = []
  /// Sessions that may have something to tell with the next watermark.
  private var urgent: [UInt32] = []
  /// Sessions whose rows are another's from now on, in the order in which that came about.
  private var absorbed: [(session: UInt32, by: UInt32)] = []
  /// Sessions that are over and that the last snapshot held, by where they began then.
  var dropped: [SessionFacts] = []
  /// Sessions have other numbers than at the last snapshot.
  var isRenumbered = false

  /// Fails with an aggregate that this build cannot compute. `refresh` says when results are told
  /// and how long rows may be late.
  package init(
    keys: [Field], aggregates: [AggregateSpec], gap: Int64, limit: Int64?,
    refresh: WindowRefreshRule
  ) throws(UnknownAggregate) {
    configuration = WindowStore.Configuration(
      grid: WindowGrid(size: 1, slide: 1, offset: 0), keys: keys, aggregates: aggregates,
      tracksChanges: false, refresh: refresh)
    (self.gap, self.limit) = (gap, limit)
    reader = try WindowStore(configuration)
    table = SessionTable(aggregates, tellsAgain: true)
  }

  var layout: PaneLayout { reader.layout }
  var rule: SessionRule { .gap(gap, limit: limit) }

  /// Sessions that a row may still join.
  package var sessionCount: Int { table.liveCount }

  /// O(rows × log sessions), and for late rows the sessions of their keys that began since.
  package func absorb(_ batch: Batch, _ inputs: WindowInputs) {
    table.absorb(batch, inputs, by: reader) { session(of: $0, at: $1) }
    for (session, by) in absorbed {
      let sources = marks(session).contains(.told) ? [table.states, table.recent] : [table.recent]
      for states in sources {
        states.merge([session], of: table.count, into: table.recent, [by])
      }
      for state in table.recent { state.clear(session) }
      if !marks(session).contains(.told) { forget(session) }
    }
    absorbed = []
  }

  /// Where a session ends if no row comes any more.
  func end(_ session: UInt32) -> Int64 {
    rule.end(start: table.facts[session].start, last: table.facts[session].last)
  }

  private func marks(_ session: UInt32) -> SessionTelling.Marks { table.tellings[session].marks }

  private func session(of key: UInt32, at time: Int64) -> UInt32 {
    var newer = SessionTable.none
    var this = table.current[key]
    while this != SessionTable.none, time < end(this) {
      if reaches(table.facts[this].start, from: time) { return join(this, time) }
      newer = this
      this = table.tellings[this].older
    }
    return begin(key, at: time, between: this, newer)
  }

  /// Whether a session that begins at `start` is less than the gap behind a row.
  private func reaches(_ start: Int64, from time: Int64) -> Bool {
    let (distance, overflows) = start.subtractingReportingOverflow(time)
    return start <= time || (!overflows && distance < gap)
  }

  private func begin(
    _ key: UInt32, at time: Int64, between older: UInt32, _ newer: UInt32
  ) -> UInt32 {
    let newest = table.current[key]
    let session = table.begin(key, at: time)
    if newer != SessionTable.none {
      table.current.set(key, newest)
      table.tell(newer) { $0.older = session }
    }
    table.tell(session) { $0.older = older }
    watch(session)
    note(session)
    return session
  }

  /// Another row of a session. It reaches none behind it: that would have been asked first.
  private func join(_ session: UInt32, _ time: Int64) -> UInt32 {
    var facts = table.facts[session]
    facts.rows &+= 1
    (facts.start, facts.last) = (min(facts.start, time), max(facts.last, time))
    table.facts.set(session, facts)
    note(session)
    let older = table.tellings[session].older
    guard older != SessionTable.none, facts.start < end(older) else {
      reopen(session)
      return session
    }
    absorb(session, into: older)
    reopen(older)
    return older
  }

  /// Makes a session part of the one before it.
  private func absorb(_ session: UInt32, into older: UInt32) {
    let facts = table.facts[session]
    var all = table.facts[older]
    all.rows &+= facts.rows
    all.last = max(all.last, facts.last)
    table.facts.set(older, all)
    note(older)
    unlink(session)
    absorbed.append((session, older))
    table.touch(session)
    let marks = marks(session)
    if marks.contains(.told) {
      table.tell(session) { $0.marks.insert(.absorbed) }
      urgent.append(session)
    }
    guard !marks.isDisjoint(with: [.told, .absorbing]) else { return }
    table.tell(older) { $0.marks.insert(.absorbing) }
    urgent.append(older)
  }

  private func unlink(_ session: UInt32) {
    let (key, older) = (table.facts[session].key, table.tellings[session].older)
    var newer = table.current[key]
    guard newer != session else { return table.current.set(key, older) }
    while newer != SessionTable.none, table.tellings[newer].older != session {
      newer = table.tellings[newer].older
    }
    if newer != SessionTable.none { table.tell(newer) { $0.older = older } }
  }

  /// A session has something to tell.
  private func note(_ session: UInt32) {
    table.touch(session)
    guard !marks(session).contains(.changed) else { return }
    table.tell(session) { $0.marks.insert(.changed) }
    wait(session)
  }

  /// Puts a session that has something to tell where it is looked for.
  private func wait(_ session: UInt32) {
    if configuration.refresh.isEarly { pending.append(session) }
    if isUrgent(session) { urgent.append(session) }
  }

  /// Whether what it has to tell is told with the next watermark, moment or not.
  private func isUrgent(_ session: UInt32) -> Bool {
    let marks = marks(session)
    return !marks.isDisjoint(with: [.due, .absorbed, .absorbing])
      || !configuration.refresh.isEarly && marks.contains(.closed)
  }

  /// One that had closed may end later now.
  private func reopen(_ session: UInt32) {
    guard marks(session).contains(.closed), end(session) > watermark.microseconds else { return }
    table.tell(session) { $0.marks.subtract([.closed, .due]) }
    watch(session)
  }

  private func watch(_ session: UInt32) {
    deadlines.add(SessionDeadline(time: end(session), session: session))
  }

  /// When the first of the open sessions ends; nil where none is open. A comparison for each
  /// session: none ends before its deadline, and early ones stand in front.
  func earliestEnd() -> Int64? {
    var earliest: Int64?
    for due in deadlines.elements where due.time < earliest ?? .max {
      guard table.isLive(due.session),
        marks(due.session).isDisjoint(with: [.absorbed, .closed, .leaving])
      else { continue }
      earliest = min(earliest ?? .max, end(due.session))
    }
    return earliest
  }

  /// What is to be told now that the watermark has come to a time; nil if nothing is. All of it
  /// must be told before anything else happens to the store.
  package func advance(
    to time: Timestamp, schema: Schema, rowLimit: Int = Batch.rowLimit
  ) -> SessionRefresh? {
    guard time > watermark else { return nil }
    let refresh = configuration.refresh
    let isMoment = refresh.isEarly && refresh.passesMoment(watermark, time, offset: 0)
    watermark = time
    let leaving = close(at: time.microseconds)
    let telling = takePending(isMoment)
    guard !telling.isEmpty || !leaving.isEmpty else { return nil }
    return SessionRefresh(
      self, telling, leaving: leaving, schema: schema, rowLimit: rowLimit)
  }

  /// Notes what has ended at a time, and gives what takes no rows from then on.
  private func close(at time: Int64) -> [UInt32] {
    var leaving: [UInt32] = []
    while let due = deadlines.first, due.time <= time {
      deadlines.removeFirst()
      let session = due.session
      guard table.isLive(session), marks(session).isDisjoint(with: [.absorbed, .leaving]) else {
        continue
      }
      let end = end(session)
      guard end <= time else {
        watch(session)
        continue
      }
      if !marks(session).contains(.closed) {
        table.touch(session)
        mark(session, .closed)
      }
      let (gone, overflows) = end.addingReportingOverflow(configuration.refresh.allowance)
      if !overflows, gone > time {
        deadlines.add(SessionDeadline(time: gone, session: session))
      } else {
        mark(session, .leaving)
        leaving.append(session)
      }
    }
    return leaving
  }

  /// Notes an end, and that it is to be told if anything is.
  private func mark(_ session: UInt32, _ end: SessionTelling.Marks) {
    table.tell(session) { $0.marks.formUnion($0.ending(end)) }
    if marks(session).contains(.due) { urgent.append(session) }
  }

  /// The sessions that tell now, by the hashes of their keys and where they begin; of those that
  /// begin together first what is another's now.
  private func takePending(_ isMoment: Bool) -> [UInt32] {
    var seen: Set<UInt32> = []
    let telling = (isMoment ? pending + urgent : urgent).filter { session in
      table.isLive(session) && !marks(session).isDisjoint(with: [.changed, .absorbed])
        && (isMoment || isUrgent(session)) && seen.insert(session).inserted
    }
    if isMoment { pending = [] }
    urgent = []
    return telling.sorted { a, b in
      let (left, right) = (table.facts[a], table.facts[b])
      guard left.key == right.key, left.start == right.start else {
        return table.precedes(a, b)
      }
      return marks(a).contains(.absorbed) && !marks(b).contains(.absorbed)
    }
  }

  /// Forgets a session whose result, if it had told one, stands.
  func forget(_ session: UInt32) {
    let telling = table.tellings[session]
    if Int(session) < table.snapshotCount, !isRenumbered {
      var facts = table.facts[session]
      facts.start = telling.saved
      dropped.append(facts)
    }
    // What is another's is linked no more.
    if !telling.marks.contains(.absorbed), telling.marks.contains(.leaving) { unlink(session) }
    table.end(session)
  }

  /// Goes on with sessions that a restore has brought, or that have other numbers.
  func take(_ sessions: [UInt32], at watermark: Timestamp) {
    self.watermark = watermark
    deadlines = Heap()
    (pending, urgent) = ([], [])
    let allowance = configuration.refresh.allowance
    for session in sessions {
      let marks = marks(session)
      if !marks.isDisjoint(with: [.changed, .absorbed]) { wait(session) }
      guard !marks.contains(.absorbed) else { continue }
      let (gone, overflows) = end(session).addingReportingOverflow(allowance)
      let time = marks.contains(.closed) ? (overflows ? .max : gone) : end(session)
      deadlines.add(SessionDeadline(time: time, session: session))
    }
  }
}
