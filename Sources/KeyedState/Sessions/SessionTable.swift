import Columns
import Glibc
import Schemas

/// The columns in which sessions lie, by number.
final class SessionTable {
  static let none = UInt32.max

  /// The keys, as the groups of a pane.
  let keys: Pane
  /// By key: its open session.
  let current = Cells<UInt32>(SessionTable.none)
  /// By session: its key, the times of its first and its last row, and how many they are.
  let owners = Cells<UInt32>(0)
  let starts = Cells<Int64>(0)
  let lasts = Cells<Int64>(0)
  let rows = Cells<Int64>(0)
  let states: [any AggregateState]
  /// By session: whether it is over. Numbers are 4 bytes, and so many at most.
  private var isOver: [Bool] = []
  private(set) var liveCount = 0
  /// Sessions that the last snapshot may have held.
  private(set) var snapshotCount = 0
  /// Of those, the ones that have changed since.
  private var changed: [UInt32] = []
  private var isChanged: [Bool] = []

  init(_ aggregates: [AggregateSpec]) {
    keys = Pane(PaneKey(slice: 0, from: .min), [])
    states = aggregates.compactMap { $0.makeState() }
  }

  /// Sessions so far, those that are over too.
  var count: Int { isOver.count }

  func growKeys() { current.grow(to: keys.groupCount) }

  func growStates() {
    for state in states { state.grow(to: count) }
  }

  func begin(_ key: UInt32, at time: Int64) -> UInt32 {
    let session = UInt32(truncatingIfNeeded: count)
    isOver.append(false)
    liveCount += 1
    owners.grow(to: count)
    starts.grow(to: count)
    lasts.grow(to: count)
    rows.grow(to: count)
    owners.set(session, key)
    starts.set(session, time)
    lasts.set(session, time)
    rows.set(session, 1)
    current.set(key, session)
    return session
  }

  func set(_ session: UInt32, last: Int64, rows: Int64) {
    lasts.set(session, last)
    self.rows.set(session, rows)
  }

  /// Another row of the session.
  func extend(_ session: UInt32, to time: Int64) {
    set(session, last: time, rows: rows[session] &+ 1)
    guard Int(session) < snapshotCount, !isChanged[Int(session)] else { return }
    isChanged[Int(session)] = true
    changed.append(session)
  }

  func end(_ session: UInt32) {
    isOver[Int(session)] = true
    liveCount -= 1
  }

  /// By the hashes of their keys, then the keys' bytes.
  func precedes(_ a: UInt32, _ b: UInt32) -> Bool {
    let (left, right) = (owners[a], owners[b])
    let (x, y) = (keys.table.hash(left), keys.table.hash(right))
    if x != y { return x < y }
    let ((p, n), (q, m)) = (keys.table.key(left), keys.table.key(right))
    guard let p, let q else { return p == nil && q != nil }
    let order = memcmp(p, q, min(n, m))
    if order != 0 || n != m { return order != 0 ? order < 0 : n < m }
    return starts[a] < starts[b]
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

  /// So many are over that the others had better move.
  var isSparse: Bool { count > 2 * liveCount + 4096 }
}
