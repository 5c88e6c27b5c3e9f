import Columns
import Schemas

/// The sessions of a store at a barrier, or those that have changed since the one before.
final class SessionSnapshot: StateSnapshot, @unchecked Sendable {
  let isDelta: Bool
  private let layout: SessionLayout
  private let keys: GroupTable
  private let facts: Cells<SessionFacts>
  private let states: [any AggregateState]
  private let sessions: [UInt32]
  private let sessionCount: Int
  private let dropped: [SessionFacts]
  /// nil: results are told once.
  private let tellings: Cells<SessionTelling>?

  init(
    _ table: SessionTable, _ layout: SessionLayout, _ sessions: [UInt32], isDelta: Bool,
    dropped: [SessionFacts]
  ) {
    self.isDelta = isDelta
    self.sessions = sessions
    self.dropped = dropped
    self.layout = layout
    keys = table.keys.table.share()
    facts = table.facts.share()
    tellings = table.tellsAgain ? table.tellings.share() : nil
    states = (table.states + table.recent).map { $0.share() }
    sessionCount = table.count
  }

  /// Key group by key group, removals first.
  func write(to writer: any StateWriter) throws {
    let gone = PlacesByKeyGroup(dropped) { keys.hash($0.key) }
    let kept = PlacesByKeyGroup(sessions) { keys.hash(facts[$0].key) }
    let bound = states.rowBound(Batch.rowLimit, groups: sessionCount)
    for group in 0..<KeyGroup.count {
      let scope = StateScope.keyGroup(KeyGroup(UInt16(group)))
      let write = { (rows: Batch) in
        try writer.write(StateBlock(state: SessionLayout.stateName, scope: scope, rows: rows))
      }
      for chunk in gone.chunks(group, limit: Batch.rowLimit) {
        try write(removals(Array(chunk)))
      }
      for chunk in kept.chunks(group, limit: bound) {
        try write(rows(Array(chunk)))
      }
    }
  }

  private func keyColumns(_ groups: [UInt32]) -> [Column] {
    groups.withUnsafeBufferPointer { groups in
      groups.baseAddress.map {
        layout.panes.keyColumns(keys, RowList(rows: $0, count: groups.count))
      } ?? []
    }
  }

  private func rows(_ sessions: [UInt32]) -> Batch {
    var columns = known(sessions.map { facts[$0] })
    columns.append(numbers(sessions.map { facts[$0].last }, .timestamp))
    columns.append(numbers(sessions.map { facts[$0].rows }, .int))
    if let tellings {
      columns.append(numbers(sessions.map { tellings[$0].start }, .timestamp))
      columns.append(numbers(sessions.map { tellings[$0].last }, .timestamp))
      columns.append(numbers(sessions.map { tellings[$0].marks.rawValue }, .int))
    }
    sessions.withUnsafeBufferPointer { numbers in
      guard let base = numbers.baseAddress else { return }
      let list = RowList(rows: base, count: numbers.count)
      for state in states { columns += state.partials(list) }
    }
    return Batch(schema: layout.schema, columns: columns, rowCount: sessions.count)
  }

  /// What sessions are known by.
  private func known(_ sessions: [SessionFacts]) -> [Column] {
    var columns = keyColumns(sessions.map(\.key))
    columns.append(numbers(sessions.map(\.start), .timestamp))
    if layout.hasParts { columns.append(numbers(sessions.map { Int64($0.part) }, .int)) }
    return columns
  }

  private func removals(_ dropped: [SessionFacts]) -> Batch {
    var columns = known(dropped)
    columns += layout.schema.fields[columns.count...].map { .blank($0, dropped.count) }
    let rows = Batch(schema: layout.schema, columns: columns, rowCount: dropped.count)
    rows.hidden.rowKinds = .repeating(RowKind.delete.rawValue, .int, dropped.count)
    return rows
  }

  private func numbers(_ values: [Int64], _ type: DataType) -> Column {
    let column = Column(fixed: type, rowCount: values.count)
    for (row, value) in values.enumerated() { column.ints[row] = value }
    return column
  }
}
