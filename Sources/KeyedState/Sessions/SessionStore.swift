package import Columns
package import Schemas

/// Which rows of a key are a session.
package enum SessionRule: Sendable, CustomStringConvertible {
  /// Those with less than this between each and the next, in microseconds; `limit`: no session is
  /// longer.
  case gap(Int64, limit: Int64?)
  /// So many.
  case count(Int64)

  /// Whether one key's sessions may begin at the same time.
  var hasParts: Bool { if case .count = self { true } else { false } }

  /// Where rows from a first to a last one end if none comes any more.
  func end(start: Int64, last: Int64) -> Int64 {
    guard case .gap(let gap, let limit) = self else { return last == .max ? .max : last + 1 }
    let (quiet, overflows) = last.addingReportingOverflow(gap)
    let end = overflows ? Int64.max : quiet
    guard let limit else { return end }
    let (longest, overflowsToo) = start.addingReportingOverflow(limit)
    return overflowsToo ? end : min(end, longest)
  }

  package var description: String {
    switch self {
    case .gap(let gap, let limit): "gap \(gap)" + (limit.map { ", max \($0)" } ?? "")
    case .count(let rows): "count \(rows)"
    }
  }
}

/// Sessions by key: rows that follow each other as a rule says, and what the aggregates have made
/// of them.
///
/// Rows must come in the order of event time, so that a key has one open session and no two ever
/// become one. Sessions are numbered as they begin, and no number is used again; when most of them
/// are over, those that are not move to new tables. Not thread-safe; snapshots are immutable copies
/// that share its pages.
package final class SessionStore {
  let configuration: WindowStore.Configuration
  let rule: SessionRule
  let layout: PaneLayout
  /// Knows how to read keys; it has no panes.
  let reader: WindowStore
  var table: SessionTable
  /// Sessions that no row joins any more and that have not been asked for.
  var closed: [UInt32] = []
  /// The number of the next session of a key that begins when ones do that are not yet put out:
  /// where sessions are so many rows, several may.
  private var parts: [SessionBeginning: UInt32] = [:]
  var deadlines = Heap<SessionDeadline>()
  /// Sessions that are over and that the last snapshot held.
  var dropped: [SessionFacts] = []
  /// Sessions have other numbers than at the last snapshot.
  var isRenumbered = false

  /// Fails with an aggregate that this build cannot compute.
  package init(
    keys: [Field], aggregates: [AggregateSpec], rule: SessionRule
  ) throws(UnknownAggregate) {
    configuration = WindowStore.Configuration(
      grid: WindowGrid(size: 1, slide: 1, offset: 0), keys: keys, aggregates: aggregates,
      tracksChanges: false)
    self.rule = rule
    reader = try WindowStore(configuration)
    layout = reader.layout
    table = SessionTable(aggregates)
  }

  /// Takes rows that are in the order of their event times, behind all that came before.
  /// Amortised O(rows × log sessions).
  package func absorb(_ batch: Batch, _ inputs: WindowInputs) {
    table.absorb(batch, inputs, by: reader) { session(of: $0, at: $1) }
  }

  private func session(of key: UInt32, at time: Int64) -> UInt32 {
    let open = table.current[key]
    if open != SessionTable.none {
      if takes(open, time) {
        table.extend(open, to: time)
        closeIfFull(open)
        return open
      }
      closed.append(open)
    }
    let part = parts.isEmpty ? 0 : parts[SessionBeginning(key: key, start: time)] ?? 0
    let session = table.begin(key, at: time, part: part)
    watch(session)
    closeIfFull(session)
    return session
  }

  private func takes(_ session: UInt32, _ time: Int64) -> Bool {
    if case .count = rule { return true }
    return time < end(session)
  }

  /// Whether the session takes no more rows.
  func isFull(_ session: UInt32) -> Bool {
    guard case .count(let rows) = rule else { return false }
    return table.facts[session].rows >= rows
  }

  private func closeIfFull(_ session: UInt32) {
    guard isFull(session) else { return }
    table.current.set(table.facts[session].key, SessionTable.none)
    addFull(session)
  }

  /// Of the sessions of a key that began together the last must be added last.
  func addFull(_ session: UInt32) {
    closed.append(session)
    let facts = table.facts[session]
    // Only then may the next one begin when it did.
    if facts.last == facts.start { parts[SessionBeginning(facts)] = facts.part + 1 }
  }

  /// Keys have other numbers.
  func renumberParts() {
    parts = [:]
    for session in closed where isFull(session) {
      let facts = table.facts[session]
      if facts.last == facts.start { parts[SessionBeginning(facts)] = facts.part + 1 }
    }
  }

  /// Notes when the session may end by the watermark alone.
  func watch(_ session: UInt32) {
    guard case .gap = rule else { return }
    deadlines.add(SessionDeadline(time: end(session), session: session))
  }

  /// Where a session ends if no row comes any more.
  func end(_ session: UInt32) -> Int64 {
    let facts = table.facts[session]
    return rule.end(start: facts.start, last: facts.last)
  }

  /// When the first of the open sessions ends; nil where none ends by time. O(log sessions) for
  /// each that has grown since this or a watermark looked at it.
  func earliestEnd() -> Int64? {
    while let due = deadlines.first {
      let isOpen = table.current[table.facts[due.session].key] == due.session
      let end = end(due.session)
      if isOpen, end == due.time { return end }
      deadlines.removeFirst()
      if isOpen { deadlines.add(SessionDeadline(time: end, session: due.session)) }
    }
    return nil
  }

  /// Closes the sessions that end at or before the watermark and gives all closed ones in the order
  /// of their ends, then of their keys' hashes and bytes. O(closed × log sessions).
  func close(_ watermark: Timestamp) -> [UInt32] {
    while let due = deadlines.first, due.time <= watermark.microseconds {
      deadlines.removeFirst()
      let key = table.facts[due.session].key
      guard table.current[key] == due.session else { continue }
      let end = end(due.session)
      if end > watermark.microseconds {
        deadlines.add(SessionDeadline(time: end, session: due.session))
      } else {
        closed.append(due.session)
        table.current.set(key, SessionTable.none)
      }
    }
    defer { closed = [] }
    let ends = closed.map { (session: $0, end: end($0)) }
    return ends.sorted { a, b in
      a.end != b.end ? a.end < b.end : table.precedes(a.session, b.session)
    }.map(\.session)
  }

  /// Forgets sessions that were put out.
  func forget(_ sessions: ArraySlice<UInt32>) {
    for session in sessions {
      let facts = table.facts[session]
      if Int(session) < table.snapshotCount, !isRenumbered { dropped.append(facts) }
      let beginning = SessionBeginning(facts)
      if !parts.isEmpty, parts[beginning] == facts.part + 1 { parts[beginning] = nil }
      table.end(session)
    }
  }
}

/// What a session is known by, but for its part.
private struct SessionBeginning: Hashable {
  var key: UInt32
  var start: Int64

  init(key: UInt32, start: Int64) { (self.key, self.start) = (key, start) }

  init(_ facts: SessionFacts) { self.init(key: facts.key, start: facts.start) }
}

/// When a session ends at the earliest. One that has grown since is put back when its turn comes,
/// so that rows cost nothing here.
struct SessionDeadline: HeapElement {
  var time: Int64
  var session: UInt32

  func precedes(_ other: SessionDeadline) -> Bool { time < other.time }
}
