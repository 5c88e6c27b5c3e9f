import Columns
import Schemas

/// How sessions become rows of state, and rows sessions.
struct SessionLayout {
  static let stateName = "sessions"

  let panes: PaneLayout
  /// Whether one key's sessions may begin together.
  let hasParts: Bool
  /// Whether results are told more than once.
  var tellsAgain = false

  private var configuration: WindowStore.Configuration { panes.configuration }

  /// Columns that a session is known by.
  private var keyCount: Int { configuration.keys.count + (hasParts ? 2 : 1) }

  /// Columns before the aggregates' parts.
  private var headCount: Int { keyCount + (tellsAgain ? 5 : 2) }

  func declaration(of rule: SessionRule) -> StateDeclaration {
    let told = tellsAgain ? configuration.refresh.text : ""
    return StateDeclaration(
      name: Self.stateName, kind: .keyed, schema: schema, keyColumns: keyCount,
      parameters: "\(rule)\(told): \(configuration.functions)")
  }

  /// Keys, first row, where one key's sessions may begin together their number, last row, what was
  /// told, the aggregates' parts, and those of the rows that came since.
  var schema: Schema {
    var fields = configuration.keys
    fields.append(Field("window_start", .timestamp))
    if hasParts { fields.append(Field("part", .int)) }
    fields += [Field("last", .timestamp), Field("rows", .int)]
    if tellsAgain {
      fields += [
        Field("told_start", .timestamp), Field("told_last", .timestamp), Field("marks", .int),
      ]
    }
    for since in tellsAgain ? ["", "since."] : [""] {
      for aggregate in configuration.aggregates {
        fields += aggregate.partialFields.map {
          Field("\(since)\(aggregate.name).\($0.name)", $0.fieldType)
        }
      }
    }
    return Schema(fields)
  }

  /// Takes over the rows of a block of the state. O(rows).
  func restore(
    _ batch: Batch, to table: SessionTable, by reader: WindowStore,
    into restored: inout RestoredSessions
  ) {
    let batch = batch.gathered()
    guard batch.rowCount > 0 else { return }
    let list = RowList(rows: reader.work.identity.first(batch.rowCount), count: batch.rowCount)
    let keys = Array(batch.columns[..<configuration.keys.count])
    let found = reader.keys(keys, list, rowCount: batch.rowCount, selection: nil)
    let groups = reader.work.groups.reserve(batch.rowCount)
    found.find(table.keys, list, into: groups)
    table.growKeys()
    let kinds = batch.hidden.rowKinds?.ints
    let parts = batch.columns[headCount...].map { $0.withFixedValues() }
    for row in 0..<batch.rowCount {
      let facts = facts(batch, row, key: groups[row])
      let key = RestoredSessions.Key(group: facts.key, start: facts.start, part: facts.part)
      if let old = restored.sessions.removeValue(forKey: key) { table.end(old) }
      if kinds.map({ $0[row] == RowKind.delete.rawValue }) ?? false { continue }
      let session = table.begin(facts.key, at: facts.start)
      table.facts.set(session, facts)
      if tellsAgain { table.tell(session) { $0 = telling(batch, row, facts) } }
      restored.sessions[key] = session
      table.growStates()
      groups[row] = session
      merge(parts, table, GroupRows(groups: groups + row, rows: list.rows + row, count: 1))
    }
  }

  private func facts(_ batch: Batch, _ row: Int, key: UInt32) -> SessionFacts {
    let part = hasParts ? batch.columns[keyCount - 1].ints[row] : 0
    return SessionFacts(
      start: batch.columns[configuration.keys.count].ints[row],
      last: batch.columns[keyCount].ints[row], rows: batch.columns[keyCount + 1].ints[row],
      key: key, part: UInt32(truncatingIfNeeded: part))
  }

  private func telling(_ batch: Batch, _ row: Int, _ facts: SessionFacts) -> SessionTelling {
    var telling = SessionTelling()
    telling.start = batch.columns[keyCount + 2].ints[row]
    telling.last = batch.columns[keyCount + 3].ints[row]
    telling.marks = SessionTelling.Marks(rawValue: batch.columns[keyCount + 4].ints[row])
    telling.saved = facts.start
    return telling
  }

  private func merge(_ parts: [Column], _ table: SessionTable, _ rows: GroupRows) {
    var next = 0
    for states in [table.states, table.recent] {
      for (state, spec) in zip(states, configuration.aggregates) {
        let count = spec.partialFields.count
        state.merge(rows, Array(parts[next..<next + count]))
        next += count
      }
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
  /// Of sessions that tell more than once.
  var watermark = Timestamp.beginning

  package init() {}
}
