import Columns
import Schemas

// Rows on their way in, from one table to another, and out as results.
extension SessionTable {
  /// Adds rows to their sessions; `session` says which one has a row of a key at a time.
  @inline(__always)
  func absorb(
    _ batch: Batch, _ inputs: WindowInputs, by reader: WindowStore,
    session: (_ key: UInt32, _ time: Int64) -> UInt32
  ) {
    guard let times = batch.hidden.eventTimes?.ints, batch.selectedCount > 0 else { return }
    let work = reader.work
    let list = RowList(
      rows: batch.selection.map { UnsafePointer($0.rows) }
        ?? work.identity.first(batch.rowCount),
      count: batch.selectedCount)
    let found = reader.keys(
      inputs.keys.map { batch.columns[$0] }, list, rowCount: batch.rowCount,
      selection: batch.selection)
    let columns = BatchColumns(batch, inputs)
    let groups = work.groups.reserve(list.count)
    found.find(keys, list, into: groups)
    growKeys()
    // The keys become the sessions of their rows.
    let ahead = 16
    for i in 0..<list.count {
      if i &+ 2 &* ahead < list.count {
        prefetch(groups[i &+ ahead], then: groups[i &+ 2 &* ahead])
      }
      groups[i] = session(groups[i], times[Int(list.rows[i])])
    }
    growStates()
    let all = GroupRows(groups: UnsafePointer(groups), rows: list.rows, count: list.count)
    for (state, aggregate) in zip(tellsAgain ? recent : states, columns.aggregates) {
      state.update(reader.chosen(all, aggregate), aggregate.input)
    }
  }

  /// Adds what sessions of another table hold to those of this one, in turn.
  func take(_ sessions: [UInt32], of old: SessionTable, as moved: [UInt32]) {
    growStates()
    old.states.merge(sessions, of: old.count, into: states, moved)
    old.recent.merge(sessions, of: old.count, into: recent, moved)
    movedBytes = valueBytes
  }

  /// The results of sessions with these bounds, the keys' columns first, and those that do not fit.
  func results(
    _ sessions: [UInt32], starts: [Int64], ends: [Int64], layout: PaneLayout, _ schema: Schema
  ) -> (rows: Batch, failed: [FailedResult]) {
    let column = { (values: [Int64], type: DataType) in
      let column = Column(fixed: type, rowCount: values.count)
      for (row, value) in values.enumerated() { column.ints[row] = value }
      return column
    }
    var columns = sessions.map { facts[$0].key }.withList { layout.keyColumns(keys.table, $0) }
    columns += [column(starts, .timestamp), column(ends, .timestamp)]
    var failed: [FailedResult] = []
    for (state, spec) in zip(states, layout.configuration.aggregates) {
      let result = sessions.withList { state.result($0) }
      columns.append(result.column)
      failed += result.failed.map { FailedResult(row: $0, aggregate: spec.name) }
    }
    let batch = Batch(schema: schema, columns: columns, rowCount: sessions.count)
    batch.hidden.eventTimes = column(ends.map { $0 &- 1 }, .timestamp)
    let lanes = sessions.map { keys.table.hash(facts[$0].key) >> 1 }
    batch.hidden.lanes = column(lanes.map { Int64(truncatingIfNeeded: $0) }, .int)
    batch.hidden.places = .repeating(0, .int, sessions.count)
    return (batch, failed)
  }
}
