import Columns
import Schemas

/// How the groups of a pane become rows: partial rows of the local phase and blocks of state alike.
struct PaneLayout: Sendable {
  let configuration: WindowStore.Configuration
  let codec: KeyCodec

  init(_ configuration: WindowStore.Configuration) {
    self.configuration = configuration
    codec = KeyCodec(configuration.keys.map(\.type))
  }

  private var isTumbling: Bool { configuration.grid.isTumbling }

  /// The columns of partial rows and state blocks: keys, `window_start`, where windows overlap
  /// `window_from`, the aggregates' parts.
  var partialSchema: Schema {
    var fields = configuration.keys + [Field("window_start", .timestamp)]
    if !isTumbling { fields.append(Field("window_from", .timestamp, nullable: true)) }
    for aggregate in configuration.aggregates {
      for part in aggregate.partialFields {
        fields.append(Field("\(aggregate.name).\(part.name)", part.fieldType))
      }
    }
    return Schema(fields)
  }

  /// Leading columns of a partial row that are no aggregate's.
  var partialHead: Int { configuration.keys.count + (isTumbling ? 1 : 2) }

  func keyColumns(_ table: GroupTable, _ groups: RowList) -> [Column] {
    guard !configuration.keys.isEmpty else { return [] }
    return codec.columns(groups.count) { table.key(groups.rows[$0]) }
  }

  func partialColumns(
    _ key: PaneKey, _ table: GroupTable, _ states: [any AggregateState], _ groups: RowList
  ) -> [Column] {
    var columns = keyColumns(table, groups)
    columns += paneColumns(key, groups.count)
    for state in states { columns += state.partials(groups) }
    return columns
  }

  func paneColumns(_ key: PaneKey, _ count: Int) -> [Column] {
    let start = Column.repeating(key.slice, .timestamp, count)
    guard !isTumbling else { return [start] }
    let isSet = key.from != .min
    let from = Column(fixed: .timestamp, rowCount: count, withValidity: true)
    from.ints.update(repeating: isSet ? key.from : 0, count: count)
    from.validity?.update(repeating: isSet ? 1 : 0, count: count)
    return [start, from]
  }
}
