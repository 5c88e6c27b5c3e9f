import Columns
import Schemas

extension RefreshingSessionStore {
  private var states: SessionLayout {
    SessionLayout(panes: layout, hasParts: false, tellsAgain: true)
  }

  package var declarations: [StateDeclaration] {
    [states.declaration(of: rule), WindowProgress.declaration]
  }

  /// All sessions, or what has changed since the last snapshot. Small beside the changes, but for a
  /// full one, which is O(sessions). `writesTime`: it also holds the watermark, which is the same
  /// on all workers.
  package func snapshot(full: Bool, writesTime: Bool) -> any StateSnapshot {
    let isFull = full || isRenumbered
    let known = table.snapshotCount
    let sessions = isFull ? table.live : table.takeChanged()
    // A session that begins otherwise now stands under another key.
    for session in sessions where !isFull && Int(session) < known {
      var facts = table.facts[session]
      guard table.tellings[session].saved != facts.start else { continue }
      facts.start = table.tellings[session].saved
      dropped.append(facts)
    }
    for session in sessions {
      let start = table.facts[session].start
      table.tell(session) { $0.saved = start }
    }
    table.forgetChanges()
    isRenumbered = false
    defer { dropped = [] }
    let snapshot = SessionSnapshot(
      table, states, sessions, isDelta: !isFull, dropped: isFull ? [] : dropped)
    return JoinedSnapshot(
      [snapshot], blocks: writesTime ? [WindowProgress.block(watermark)] : [], isDelta: !isFull)
  }

  /// Takes over the rows of a block of the state. O(rows).
  package func restore(_ block: StateBlock, into restored: inout RestoredSessions) {
    if block.state == SessionLayout.stateName {
      states.restore(block.rows, to: table, by: reader, into: &restored)
    } else if block.state == WindowProgress.declaration.name {
      restored.watermark = max(restored.watermark, WindowProgress.watermark(block.rows))
    }
  }

  /// Ends a restore. The next snapshot must be full.
  package func finishRestore(_ restored: RestoredSessions) {
    let sessions = restored.sessions.values.sorted()
    link(sessions)
    take(sessions, at: restored.watermark)
  }
}
