import CPlatform
import Columns
import Schemas

/// What is known of a session besides its aggregates; together, for a row looks at all of it.
struct SessionFacts: BitwiseCopyable {
  /// The times of its first and its last row.
  var start: Int64
  var last: Int64
  var rows: Int64
  var key: UInt32
  /// Counts sessions of a key that began at the same time, where those before are still known.
  var part: UInt32 = 0
}

/// The columns in which sessions lie, by number.
final class SessionTable {
  static let none = UInt32.max
  /// Values of that many bytes may wait for the next move, whatever else is there.
  private static let roomyBytes = 4 << 20

  /// The keys, as the groups of a pane.
  let keys: Pane
  /// By key: its open session.
  let current = Cells<UInt32>(SessionTable.none)
  /// By session.
  let facts = Cells<SessionFacts>(SessionFacts(start: 0, last: 0, rows: 0, key: 0))
  let states: [any AggregateState]
  /// Where results are told more than once, of what came since the last was told; else none.
  let recent: [any AggregateState]
  /// The same: by session, what was told.
  let tellings = Cells<SessionTelling>(SessionTelling())
  let tellsAgain: Bool
  /// By session: whether it is over. Numbers are 4 bytes, and so many at most.
  @exclusivity(unchecked) private var isOver: [Bool] = []
  @exclusivity(unchecked) private(set) var liveCount = 0
  /// Bytes of values that came here with a move.
  var movedBytes = 0
  /// Sessions that the last snapshot may have held.
  @exclusivity(unchecked) private(set) var snapshotCount = 0
  /// Of those, the ones that have changed since.
  @exclusivity(unchecked) private var changed: [UInt32] = []
  @exclusivity(unchecked) private var isChanged: [Bool] = []

  init(_ aggregates: [AggregateSpec], tellsAgain: Bool = false) {
    keys = Pane(PaneKey(slice: 0, from: .min), [])
    states = aggregates.compactMap { $0.makeState() }
    self.tellsAgain = tellsAgain
    recent = tellsAgain ? aggregates.compactMap { $0.makeState() } : []
  }

  /// Sessions so far, those that are over too.
  var count: Int { isOver.count }

  func growKeys() { current.grow(to: keys.groupCount) }

  func growStates() {
    for state in states + recent { state.grow(to: count) }
  }

  func begin(_ key: UInt32, at time: Int64, part: UInt32 = 0) -> UInt32 {
    let session = UInt32(truncatingIfNeeded: count)
    isOver.append(false)
    liveCount += 1
    facts.grow(to: count)
    facts.set(session, SessionFacts(start: time, last: time, rows: 1, key: key, part: part))
    if tellsAgain { tellings.grow(to: count) }
    current.set(key, session)
    return session
  }

  /// Another row of the session.
  func extend(_ session: UInt32, to time: Int64) {
    var known = facts[session]
    known.last = time
    known.rows &+= 1
    facts.set(session, known)
    touch(session)
  }

  /// Notes that the last snapshot has it otherwise.
  func touch(_ session: UInt32) {
    guard Int(session) < snapshotCount, !isChanged[Int(session)] else { return }
    isChanged[Int(session)] = true
    changed.append(session)
  }

  /// Has the memory that the rows of these keys will look at brought near.
  func prefetch(_ key: UInt32, then later: UInt32) {
    raudal_prefetch(current.address(of: later))
    let session = current[key]
    if session != Self.none { raudal_prefetch(facts.address(of: session)) }
  }

  func end(_ session: UInt32) {
    isOver[Int(session)] = true
    liveCount -= 1
  }

  /// Changes what is known of what a session has told.
  func tell(_ session: UInt32, _ change: (inout SessionTelling) -> Void) {
    var telling = tellings[session]
    change(&telling)
    tellings.set(session, telling)
  }

  func isLive(_ session: UInt32) -> Bool { !isOver[Int(session)] }

  /// By the hashes of their keys, then the keys' bytes.
  func precedes(_ a: UInt32, _ b: UInt32) -> Bool {
    let (left, right) = (facts[a].key, facts[b].key)
    let order = keys.table.order(left, right)
    if order != 0 { return order < 0 }
    return (facts[a].start, facts[a].part) < (facts[b].start, facts[b].part)
  }

  /// Sessions that are not over.
  var live: [UInt32] { (0..<UInt32(truncatingIfNeeded: count)).filter { !isOver[Int($0)] } }

  /// Those of them that the last snapshot did not hold as they are; from now on it does.
  func takeChanged() -> [UInt32] {
    let new = UInt32(truncatingIfNeeded: snapshotCount)..<UInt32(truncatingIfNeeded: count)
    let sessions = changed + new
    forgetChanges()
    return sessions.filter { !isOver[Int($0)] }
  }

  func forgetChanges() {
    changed = []
    snapshotCount = count
    isChanged = Array(repeating: false, count: count)
  }

  /// What is over, sessions or their values, holds so much that the others had better move.
  var isSparse: Bool {
    count > 2 * liveCount + 4096 || valueBytes > 2 * movedBytes + Self.roomyBytes
  }

  /// Bytes of values without a fixed width, of sessions that are over too.
  var valueBytes: Int { (states + recent).reduce(0) { $0 + $1.valueBytes } }
}
