import Columns
import Schemas

extension WindowStore.Configuration {
  /// What is computed, for the manifest.
  var functions: String {
    aggregates.map(\.rule).joined(separator: ", ")
  }
}

extension WindowStore {
  /// How the panes stand in the manifest.
  package func declaration(_ name: String) -> StateDeclaration {
    let word = grid.isCumulative ? "cumulative" : "hopping"
    let kind = grid.isTumbling ? "tumbling \(grid.size)" : "\(word) \(grid.size) \(grid.slide)"
    let zone = grid.zone.map { " zone \($0)" } ?? ""
    return StateDeclaration(
      name: name, kind: .keyed, schema: layout.partialSchema, keyColumns: layout.partialHead,
      parameters: "\(kind) offset \(grid.offset)\(zone)\(configuration.refresh.text): "
        + configuration.functions)
  }

  /// The panes as they are, or only what changed since the last snapshot. O(pages + changed
  /// groups): values are copied when they are written next, or not at all.
  package func snapshot(_ name: String, full: Bool) -> any StateSnapshot {
    let shares = order.compactMap { key in
      panes[key].map { pane in
        let changed = full ? nil : pane.dirty
        defer { pane.forgetDirty() }
        return WindowSnapshot.Share(
          key: key, table: pane.table.share(), states: pane.states.map { $0.share() },
          only: changed)
      }
    }
    defer { dropped.removeAll() }
    return WindowSnapshot(
      name: name, isDelta: !full, layout: layout, panes: shares,
      dropped: full
        ? []
        : dropped.map {
          DroppedPane(key: $0.key, table: $0.table.share(), count: $0.count)
        })
  }
}

/// The panes of a store at a barrier.
final class WindowSnapshot: StateSnapshot, @unchecked Sendable {
  struct Share: @unchecked Sendable {
    let key: PaneKey
    let table: GroupTable
    let states: [any AggregateState]
    /// The groups to write; nil: all.
    let only: [UInt32]?
  }

  let isDelta: Bool
  private let name: String
  private let layout: PaneLayout
  private let schema: Schema
  private var panes: [Share]
  private var dropped: [DroppedPane]

  init(
    name: String, isDelta: Bool, layout: PaneLayout, panes: [Share], dropped: [DroppedPane]
  ) {
    self.name = name
    self.isDelta = isDelta
    self.layout = layout
    self.panes = panes
    self.dropped = dropped
    schema = layout.partialSchema
  }

  /// Key group by key group, removals first. Frees its share of the pages at the end.
  func write(to writer: any StateWriter) throws {
    let orders = panes.map { GroupOrder($0.table, only: $0.only) }
    let removed = dropped.map { GroupOrder($0.table, only: Array(0..<UInt32($0.count))) }
    for keyGroup in 0..<KeyGroup.count {
      let scope = StateScope.keyGroup(KeyGroup(UInt16(keyGroup)))
      try writeRemoved(removed, keyGroup, scope, writer)
      try writePanes(orders, keyGroup, scope, writer)
    }
    panes = []
    dropped = []
  }

  private func writePanes(
    _ orders: [GroupOrder], _ keyGroup: Int, _ scope: StateScope, _ writer: any StateWriter
  ) throws {
    let gathering = BlockGathering(schema)
    for (share, order) in zip(panes, orders) {
      let bound = share.states.rowBound(Batch.rowLimit, groups: share.table.count)
      for chunk in order.chunks(of: keyGroup, limit: bound) {
        let columns = chunk.withUnsafeBufferPointer { groups in
          groups.baseAddress.map {
            layout.partialColumns(
              share.key, share.table, share.states, RowList(rows: $0, count: groups.count))
          } ?? []
        }
        try gathering.add(columns, chunk.count) { try write($0, scope, writer) }
      }
    }
    try gathering.finish { try write($0, scope, writer) }
  }

  private func writeRemoved(
    _ orders: [GroupOrder], _ keyGroup: Int, _ scope: StateScope, _ writer: any StateWriter
  ) throws {
    let gathering = BlockGathering(schema)
    let emit = { (rows: Batch) in
      rows.hidden.rowKinds = .repeating(RowKind.delete.rawValue, .int, rows.rowCount)
      try self.write(rows, scope, writer)
    }
    for (pane, order) in zip(dropped, orders) {
      for chunk in order.chunks(of: keyGroup) {
        var columns = chunk.withUnsafeBufferPointer { groups in
          groups.baseAddress.map {
            layout.keyColumns(pane.table, RowList(rows: $0, count: groups.count))
          } ?? []
        }
        columns += layout.paneColumns(pane.key, chunk.count)
        columns += schema.fields[columns.count...].map { .blank($0, chunk.count) }
        try gathering.add(columns, chunk.count, emit)
      }
    }
    try gathering.finish(emit)
  }

  private func write(_ rows: Batch, _ scope: StateScope, _ writer: any StateWriter) throws {
    try writer.write(StateBlock(state: name, scope: scope, rows: rows))
  }
}

extension GroupOrder {
  /// One key group's groups, at most `limit` at a time.
  func chunks(
    of keyGroup: Int, limit: Int = Batch.rowLimit
  ) -> [ArraySlice<UInt32>] {
    let range = range(of: keyGroup)
    return stride(from: range.lowerBound, to: range.upperBound, by: limit).map {
      groups[$0..<min($0 + limit, range.upperBound)]
    }
  }
}
