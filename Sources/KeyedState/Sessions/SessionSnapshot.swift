package import Columns
import Schemas

extension SessionStore {
  package static let stateName = "sessions"

  package var declaration: StateDeclaration {
    StateDeclaration(
      name: Self.stateName, kind: .keyed, schema: stateSchema,
      keyColumns: keyCount, parameters: "\(rule): \(configuration.functions)")
  }

  /// Columns that a session is known by.
  private var keyCount: Int { configuration.keys.count + (rule.hasParts ? 2 : 1) }

  /// Keys, first row, where one key's sessions may begin together their number, last row, the
  /// aggregates' parts.
  var stateSchema: Schema {
    var fields = configuration.keys
    fields.append(Field("window_start", .timestamp))
    if rule.hasParts { fields.append(Field("part", .int)) }
    fields += [Field("last", .timestamp), Field("rows", .int)]
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
    let keys = Array(batch.columns[..<configuration.keys.count])
    let found = reader.keys(keys, list, rowCount: batch.rowCount, selection: nil)
    let groups = reader.work.groups.reserve(batch.rowCount)
    found.find(table.keys, list, into: groups)
    table.growKeys()
    let kinds = batch.hidden.rowKinds?.ints
    let starts = batch.columns[configuration.keys.count].ints
    let parts = rule.hasParts ? batch.columns[keyCount - 1].ints : nil
    let (lasts, rows) = (batch.columns[keyCount].ints, batch.columns[keyCount + 1].ints)
    for row in 0..<batch.rowCount {
      let part = parts.map { UInt32(truncatingIfNeeded: $0[row]) } ?? 0
      let key = RestoredSessions.Key(group: groups[row], start: starts[row], part: part)
      if let old = restored.sessions.removeValue(forKey: key) { table.end(old) }
      if kinds.map({ $0[row] == RowKind.delete.rawValue }) ?? false { continue }
      let session = table.begin(groups[row], at: starts[row])
      table.facts.set(
        session,
        SessionFacts(
          start: starts[row], last: lasts[row], rows: rows[row], key: groups[row], part: part))
      restored.sessions[key] = session
      table.growStates()
      groups[row] = session
      merge(batch, GroupRows(groups: groups + row, rows: list.rows + row, count: 1))
    }
  }

  private func merge(_ batch: Batch, _ rows: GroupRows) {
    var next = keyCount + 2
    for (state, spec) in zip(table.states, configuration.aggregates) {
      let count = spec.partialFields.count
      let parts = batch.columns[next..<(next + count)].map { $0.withFixedValues() }
      state.merge(rows, parts)
      next += count
    }
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

/// Sessions met in a restore, by what they are known by.
package struct RestoredSessions {
  struct Key: Hashable {
    var group: UInt32
    var start: Int64
    var part: UInt32
  }

  var sessions: [Key: UInt32] = [:]

  package init() {}
}

/// The sessions of a store at a barrier, or those that have changed since the one before.
final class SessionSnapshot: StateSnapshot, @unchecked Sendable {
  let isDelta: Bool
  private let schema: Schema
  private let layout: PaneLayout
  private let keys: GroupTable
  private let facts: Cells<SessionFacts>
  private let states: [any AggregateState]
  private let sessions: [UInt32]
  private let sessionCount: Int
  private let hasParts: Bool
  private let dropped: [SessionFacts]

  init(_ store: SessionStore, _ sessions: [UInt32], isDelta: Bool, dropped: [SessionFacts]) {
    hasParts = store.rule.hasParts
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
    var columns = known(sessions.map { facts[$0] })
    columns.append(numbers(sessions.map { facts[$0].last }, .timestamp))
    columns.append(numbers(sessions.map { facts[$0].rows }, .int))
    sessions.withUnsafeBufferPointer { numbers in
      guard let base = numbers.baseAddress else { return }
      let list = RowList(rows: base, count: numbers.count)
      for state in states { columns += state.partials(list) }
    }
    return Batch(schema: schema, columns: columns, rowCount: sessions.count)
  }

  /// What sessions are known by.
  private func known(_ sessions: [SessionFacts]) -> [Column] {
    var columns = keyColumns(sessions.map(\.key))
    columns.append(numbers(sessions.map(\.start), .timestamp))
    if hasParts { columns.append(numbers(sessions.map { Int64($0.part) }, .int)) }
    return columns
  }

  private func removals(_ dropped: [SessionFacts]) -> Batch {
    var columns = known(dropped)
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
