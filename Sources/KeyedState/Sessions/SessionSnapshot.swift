package import Columns
import Schemas

extension SessionStore {
  package static let stateName = "sessions"

  package var declaration: StateDeclaration {
    StateDeclaration(
      name: Self.stateName, kind: .keyed, schema: stateSchema,
      keyColumns: configuration.keys.count + 1, parameters: "\(rule): \(configuration.functions)")
  }

  /// Keys, first and last row, the aggregates' parts.
  var stateSchema: Schema {
    var fields = configuration.keys
    fields += [
      Field("window_start", .timestamp), Field("last", .timestamp), Field("rows", .int),
    ]
    for aggregate in configuration.aggregates {
      fields += aggregate.partialFields.map { Field("\(aggregate.name).\($0.name)", $0.fieldType) }
    }
    return Schema(fields)
  }

  /// All sessions, or what has changed since the last snapshot. Small beside the changes, but for a
  /// full one, which is O(sessions).
  package func snapshot(full: Bool) -> any StateSnapshot {
    let isFull = full || isRenumbered
    let sessions = isFull ? table.live : table.takeChanged()
    table.forgetChanges()
    isRenumbered = false
    defer { dropped = [] }
    return SessionSnapshot(self, sessions, isDelta: !isFull, dropped: isFull ? [] : dropped)
  }

  /// Takes over the rows of a block of the state. O(rows).
  package func restore(_ batch: Batch, into restored: inout RestoredSessions) {
    let batch = batch.gathered()
    guard batch.rowCount > 0 else { return }
    let list = RowList(rows: reader.work.identity.first(batch.rowCount), count: batch.rowCount)
    let keyCount = configuration.keys.count
    let found = reader.keys(
      Array(batch.columns[..<keyCount]), list, rowCount: batch.rowCount, selection: nil)
    let groups = reader.work.groups.reserve(batch.rowCount)
    found.find(table.keys, list, into: groups)
    table.growKeys()
    let kinds = batch.hidden.rowKinds?.ints
    let (starts, lasts) = (batch.columns[keyCount].ints, batch.columns[keyCount + 1].ints)
    let rows = batch.columns[keyCount + 2].ints
    for row in 0..<batch.rowCount {
      let key = RestoredSessions.Key(group: groups[row], start: starts[row])
      if let old = restored.sessions.removeValue(forKey: key) { table.end(old) }
      if kinds.map({ $0[row] == RowKind.delete.rawValue }) ?? false { continue }
      let session = table.begin(groups[row], at: starts[row])
      table.facts.set(
        session,
        SessionFacts(start: starts[row], last: lasts[row], rows: rows[row], key: groups[row]))
      restored.sessions[key] = session
      table.growStates()
      groups[row] = session
      merge(batch, GroupRows(groups: groups + row, rows: list.rows + row, count: 1))
    }
  }

  private func merge(_ batch: Batch, _ rows: GroupRows) {
    var next = configuration.keys.count + 3
    for (state, spec) in zip(table.states, configuration.aggregates) {
      let count = spec.partialFields.count
      let parts = batch.columns[next..<(next + count)].map { $0.withFixedValues() }
      state.merge(rows, parts)
      next += count
    }
  }

  /// Ends a restore: of each key the last session is open. The next snapshot must be full.
  package func finishRestore(_ restored: RestoredSessions) {
    let sessions = restored.sessions.values.sorted()
    // Keys may have been left with sessions that later blocks took away.
    for key in 0..<UInt32(truncatingIfNeeded: table.keys.groupCount) {
      table.current.set(key, SessionTable.none)
    }
    for session in sessions {
      let key = table.facts[session].key
      let other = table.current[key]
      watch(session)
      if isFull(session) {
        closed.append(session)
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

/// Sessions met in a restore, by what they are known by.
package struct RestoredSessions {
  struct Key: Hashable {
    var group: UInt32
    var start: Int64
  }

  var sessions: [Key: UInt32] = [:]

  package init() {}
}

/// The sessions of a store at a barrier, or those that have changed since the one before.
final class SessionSnapshot: StateSnapshot, @unchecked Sendable {
  /// A session that is over.
  struct Dropped: BitwiseCopyable {
    var key: UInt32
    var start: Int64
  }

  let isDelta: Bool
  private let schema: Schema
  private let layout: PaneLayout
  private let keys: GroupTable
  private let facts: Cells<SessionFacts>
  private let states: [any AggregateState]
  private let sessions: [UInt32]
  private let sessionCount: Int
  private let dropped: [Dropped]

  init(_ store: SessionStore, _ sessions: [UInt32], isDelta: Bool, dropped: [Dropped]) {
    self.isDelta = isDelta
    self.sessions = sessions
    self.dropped = dropped
    schema = store.stateSchema
    layout = store.layout
    keys = store.table.keys.table.share()
    facts = store.table.facts.share()
    states = store.table.states.map { $0.share() }
    sessionCount = store.table.count
  }

  /// Key group by key group, removals first.
  func write(to writer: any StateWriter) throws {
    let gone = PlacesByKeyGroup(dropped) { keys.hash($0.key) }
    let kept = PlacesByKeyGroup(sessions) { keys.hash(facts[$0].key) }
    let bound = states.rowBound(Batch.rowLimit, groups: sessionCount)
    for group in 0..<KeyGroup.count {
      let scope = StateScope.keyGroup(KeyGroup(UInt16(group)))
      let write = { (rows: Batch) in
        try writer.write(StateBlock(state: SessionStore.stateName, scope: scope, rows: rows))
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
        layout.keyColumns(keys, RowList(rows: $0, count: groups.count))
      } ?? []
    }
  }

  private func rows(_ sessions: [UInt32]) -> Batch {
    var columns = keyColumns(sessions.map { facts[$0].key })
    columns.append(numbers(sessions.map { facts[$0].start }, .timestamp))
    columns.append(numbers(sessions.map { facts[$0].last }, .timestamp))
    columns.append(numbers(sessions.map { facts[$0].rows }, .int))
    sessions.withUnsafeBufferPointer { numbers in
      guard let base = numbers.baseAddress else { return }
      let list = RowList(rows: base, count: numbers.count)
      for state in states { columns += state.partials(list) }
    }
    return Batch(schema: schema, columns: columns, rowCount: sessions.count)
  }

  private func removals(_ dropped: [Dropped]) -> Batch {
    var columns = keyColumns(dropped.map(\.key))
    columns.append(numbers(dropped.map(\.start), .timestamp))
    columns += schema.fields[columns.count...].map { .blank($0, dropped.count) }
    let rows = Batch(schema: schema, columns: columns, rowCount: dropped.count)
    rows.hidden.rowKinds = .repeating(RowKind.delete.rawValue, .int, dropped.count)
    return rows
  }

  private func numbers(_ values: [Int64], _ type: DataType) -> Column {
    let column = Column(fixed: type, rowCount: values.count)
    for (row, value) in values.enumerated() { column.ints[row] = value }
    return column
  }
}
