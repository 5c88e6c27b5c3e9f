package import Columns

extension SessionStore {
  private var states: SessionLayout { SessionLayout(panes: layout, hasParts: rule.hasParts) }

  package var declaration: StateDeclaration { states.declaration(of: rule) }

  /// All sessions, or what has changed since the last snapshot. Small beside the changes, but for a
  /// full one, which is O(sessions).
  package func snapshot(full: Bool) -> any StateSnapshot {
    let isFull = full || isRenumbered
    let sessions = isFull ? table.live : table.takeChanged()
    table.forgetChanges()
    isRenumbered = false
    defer { dropped = [] }
    return SessionSnapshot(
      table, states, sessions, isDelta: !isFull, dropped: isFull ? [] : dropped)
  }

  /// Takes over the rows of a block of the state. O(rows).
  package func restore(_ batch: Batch, into restored: inout RestoredSessions) {
    states.restore(batch, to: table, by: reader, into: &restored)
  }

  /// Ends a restore: of each key the last session is open. The next snapshot must be full.
  package func finishRestore(_ restored: RestoredSessions) {
    let sessions = restored.sessions.values.sorted {
      (table.facts[$0].part, $0) < (table.facts[$1].part, $1)
    }
    // Keys may have been left with sessions that later blocks took away.
    for key in 0..<UInt32(truncatingIfNeeded: table.keys.groupCount) {
      table.current.set(key, SessionTable.none)
    }
    for session in sessions {
      let key = table.facts[session].key
      let other = table.current[key]
      watch(session)
      if isFull(session) {
        addFull(session)
        continue
      }
      guard other != SessionTable.none else {
        table.current.set(key, session)
        continue
      }
      let isLater = table.facts[session].start > table.facts[other].start
      closed.append(isLater ? other : session)
      if isLater { table.current.set(key, session) }
    }
  }
}
