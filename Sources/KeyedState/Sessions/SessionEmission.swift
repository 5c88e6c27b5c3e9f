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
    let part = sessions[place..<end]
    place = end
    defer { store.forget(part) }
    return part.withUnsafeBufferPointer { sessions in
      sessions.baseAddress.map { rows(RowList(rows: $0, count: sessions.count)) }
    }
  }

  private func rows(_ list: RowList) -> (rows: Batch, failed: [FailedResult]) {
    let table = store.table
    let times = { (value: (UInt32) -> Int64) in
      let column = Column(fixed: .timestamp, rowCount: list.count)
      for i in 0..<list.count { column.ints[i] = value(list.rows[i]) }
      return column
    }
    var columns = store.keyColumns(list)
    columns.append(times { table.facts[$0].start })
    columns.append(times { self.store.end($0) })
    var failed: [FailedResult] = []
    for (state, spec) in zip(table.states, store.configuration.aggregates) {
      let result = state.result(list)
      columns.append(result.column)
      failed += result.failed.map { FailedResult(row: $0, aggregate: spec.name) }
    }
    let batch = Batch(schema: schema, columns: columns, rowCount: list.count)
    batch.hidden.eventTimes = times { self.store.end($0) &- 1 }
    let lanes = Column(fixed: .int, rowCount: list.count)
    for i in 0..<list.count {
      let hash = table.keys.table.hash(table.facts[list.rows[i]].key)
      lanes.ints[i] = Int64(truncatingIfNeeded: hash >> 1)
    }
    batch.hidden.lanes = lanes
    batch.hidden.places = .repeating(0, .int, list.count)
    return (batch, failed)
  }
}

extension SessionStore {
  /// The key columns of sessions.
  func keyColumns(_ sessions: RowList) -> [Column] {
    let keys = (0..<sessions.count).map { table.facts[sessions.rows[$0]].key }
    return keys.withUnsafeBufferPointer { groups in
      groups.baseAddress.map {
        layout.keyColumns(table.keys.table, RowList(rows: $0, count: groups.count))
      } ?? []
    }
  }

  /// Moves the sessions that are not over, and their keys, to new tables. O(those).
  func rebuild() {
    let old = table
    let fresh = SessionTable(configuration.aggregates)
    deadlines = Heap()
    let live = old.live
    let waiting = Set(closed)
    var renamed: [UInt32: UInt32] = [:]
    let bound = old.states.rowBound(Batch.rowLimit, groups: old.count)
    let numbers = Array(0..<UInt32(truncatingIfNeeded: min(bound, live.count)))
    for start in stride(from: 0, to: live.count, by: bound) {
      let chunk = Array(live[start..<min(start + bound, live.count)])
      let moved = chunk.map { session in
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
      fresh.growStates()
      Self.merge(chunk, of: old, as: moved, of: fresh, numbers)
    }
    fresh.movedBytes = fresh.valueBytes
    table = fresh
    closed = closed.compactMap { renamed[$0] }
    renumberParts()
    for session in 0..<UInt32(truncatingIfNeeded: fresh.count) { watch(session) }
    dropped = []
    isRenumbered = true
  }

  private static func merge(
    _ sessions: [UInt32], of old: SessionTable, as moved: [UInt32], of fresh: SessionTable,
    _ numbers: [UInt32]
  ) {
    sessions.withUnsafeBufferPointer { from in
      moved.withUnsafeBufferPointer { to in
        numbers.withUnsafeBufferPointer { rows in
          guard let a = from.baseAddress, let b = to.baseAddress, let c = rows.baseAddress
          else { return }
          let list = RowList(rows: a, count: from.count)
          let merged = GroupRows(groups: b, rows: c, count: from.count)
          for (from, to) in zip(old.states, fresh.states) {
            to.merge(merged, from.partials(list))
          }
        }
      }
    }
  }
}
