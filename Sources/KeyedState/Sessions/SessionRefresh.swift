import Columns
import Schemas

/// What sessions tell at one moment, batch by batch: of each that changed the row that was told
/// last, taken back, and the one that holds now. Where it begins otherwise than it did the former
/// is deleted, for it is another row.
package final class SessionRefresh {
  private let store: RefreshingSessionStore
  private let schema: Schema
  private let rowLimit: Int
  private let sessions: [UInt32]
  private let leaving: [UInt32]
  private var place = 0

  init(
    _ store: RefreshingSessionStore, _ sessions: [UInt32], leaving: [UInt32], schema: Schema,
    rowLimit: Int
  ) {
    self.store = store
    self.sessions = sessions
    self.leaving = leaving
    self.schema = schema
    self.rowLimit = rowLimit
  }

  /// The next changes; nil when all are told, and what takes no more rows is freed.
  package func next() -> RunningChange? {
    let table = store.table
    while place < sessions.count {
      // Twice as many rows, where each is told as it was and as it is.
      let bound = (table.states + table.recent).rowBound(rowLimit, groups: table.count)
      let end = min(place + max(bound / 2, 1), sessions.count)
      let part = Array(sessions[place..<end])
      place = end
      if let change = tell(part, table) { return change }
    }
    for session in leaving where table.isLive(session) { store.forget(session) }
    if table.isSparse { store.rebuild() }
    return nil
  }

  private func tell(_ sessions: [UInt32], _ table: SessionTable) -> RunningChange? {
    let tellings = sessions.map { table.tellings[$0] }
    let places = sessions.indices
    let old = places.filter { tellings[$0].marks.contains(.told) }
    let before = results(
      old.map { sessions[$0] }, numbers: old.map { 2 * $0 },
      starts: old.map { tellings[$0].start },
      ends: old.map { store.rule.end(start: tellings[$0].start, last: tellings[$0].last) })
    let new = places.filter { !tellings[$0].marks.contains(.absorbed) }
    settle(new.map { sessions[$0] }, table)
    let after = results(
      new.map { sessions[$0] },
      numbers: new.map { place in
        let session = sessions[place]
        let isOther =
          tellings[place].marks.contains(.told)
          && tellings[place].start != table.facts[session].start
        return isOther ? 2 * place + 1 : 2 * place
      },
      starts: new.map { table.facts[sessions[$0]].start },
      ends: new.map { store.end(sessions[$0]) })
    for place in places where tellings[place].marks.contains(.absorbed) {
      store.forget(sessions[place])
    }
    return RunningChange(
      Array(0..<UInt32(2 * sessions.count)), before, after,
      comparedFrom: store.configuration.keys.count, comparesTimes: false, hasTimes: true)
  }

  /// What is told now holds all rows.
  private func settle(_ sessions: [UInt32], _ table: SessionTable) {
    table.recent.merge(sessions, of: table.count, into: table.states, sessions)
    for session in sessions {
      for state in table.recent { state.clear(session) }
      let facts = table.facts[session]
      table.touch(session)
      table.tell(session) {
        ($0.start, $0.last) = (facts.start, facts.last)
        $0.marks.subtract([.changed, .absorbing, .due])
        $0.marks.insert(.told)
      }
    }
  }

  private func results(
    _ sessions: [UInt32], numbers: [Int], starts: [Int64], ends: [Int64]
  ) -> RunningResult {
    guard !sessions.isEmpty else { return RunningResult(groups: [], rows: nil, failed: [:]) }
    let result = store.table.results(
      sessions, starts: starts, ends: ends, layout: store.layout, schema)
    var failed: [Int: [String]] = [:]
    for failure in result.failed { failed[failure.row, default: []].append(failure.aggregate) }
    return RunningResult(
      groups: numbers.map { UInt32(truncatingIfNeeded: $0) }, rows: result.rows, failed: failed)
  }
}

extension RefreshingSessionStore {
  /// Moves what is live to a new table. O(live).
  func rebuild() {
    let old = table
    let fresh = SessionTable(configuration.aggregates, tellsAgain: true)
    let live = old.live
    let moved = live.map { session in
      var facts = old.facts[session]
      facts.key = fresh.keys.table.find(facts.key, of: old.keys.table)
      fresh.growKeys()
      let new = fresh.begin(facts.key, at: facts.start)
      fresh.facts.set(new, facts)
      fresh.tell(new) { $0 = old.tellings[session] }
      return new
    }
    fresh.take(live, of: old, as: moved)
    table = fresh
    link(moved)
    take(moved, at: watermark)
    dropped = []
    isRenumbered = true
  }

  /// Links the sessions of each key, the newest first.
  func link(_ sessions: [UInt32]) {
    for key in 0..<UInt32(truncatingIfNeeded: table.keys.groupCount) {
      table.current.set(key, SessionTable.none)
    }
    let ordered = sessions.sorted { table.facts[$0].start < table.facts[$1].start }
    for session in ordered where !table.tellings[session].marks.contains(.absorbed) {
      let key = table.facts[session].key
      let older = table.current[key]
      table.tell(session) { $0.older = older }
      table.current.set(key, session)
    }
  }
}
