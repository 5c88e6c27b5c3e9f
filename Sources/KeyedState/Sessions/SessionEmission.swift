package import Columns
package import Schemas

/// Closed sessions on their way out, a batch at a time: by their ends, then by their keys' hashes.
package final class SessionEmission {
  private let store: SessionStore
  private let schema: Schema
  private var sessions: [UInt32]
  private var place = 0
  private let rowLimit: Int

  /// Of the sessions that end at or before the watermark. `schema` has the keys, `window_start`,
  /// `window_end`, the aggregates.
  package init(
    closing store: SessionStore, watermark: Timestamp, schema: Schema,
    rowLimit: Int = Batch.rowLimit
  ) {
    self.store = store
    self.schema = schema
    self.rowLimit = rowLimit
    sessions = store.close(watermark)
  }

  /// A later watermark closes more of them, behind the others.
  package func extend(to watermark: Timestamp) {
    sessions.removeFirst(place)
    place = 0
    sessions += store.close(watermark)
  }

  /// The next rows, and those among them whose value does not fit; nil at the end.
  package func next() -> (rows: Batch, failed: [FailedResult])? {
    guard place < sessions.count else {
      if store.table.isSparse { store.rebuild() }
      return nil
    }
    let bound = store.table.states.rowBound(rowLimit, groups: store.table.count)
    let end = min(place + bound, sessions.count)
    let part = Array(sessions[place..<end])
    place = end
    defer { store.forget(part[...]) }
    let table = store.table
    return table.results(
      part, starts: part.map { table.facts[$0].start }, ends: part.map(store.end),
      layout: store.layout, schema)
  }
}

extension SessionStore {
  /// Moves the sessions that are not over, and their keys, to new tables. O(those).
  func rebuild() {
    let old = table
    let fresh = SessionTable(configuration.aggregates)
    deadlines = Heap()
    let live = old.live
    let waiting = Set(closed)
    var renamed: [UInt32: UInt32] = [:]
    let moved = live.map { session in
      var facts = old.facts[session]
      let isOpen = old.current[facts.key] == session
      facts.key = fresh.keys.table.find(facts.key, of: old.keys.table)
      fresh.growKeys()
      let open = fresh.current[facts.key]
      let new = fresh.begin(facts.key, at: facts.start)
      fresh.facts.set(new, facts)
      if !isOpen { fresh.current.set(facts.key, open) }
      if waiting.contains(session) { renamed[session] = new }
      return new
    }
    fresh.take(live, of: old, as: moved)
    table = fresh
    closed = closed.compactMap { renamed[$0] }
    renumberParts()
    for session in 0..<UInt32(truncatingIfNeeded: fresh.count) { watch(session) }
    dropped = []
    isRenumbered = true
  }
}
