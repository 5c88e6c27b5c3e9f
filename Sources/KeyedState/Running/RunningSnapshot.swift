import Columns
import Schemas

extension RunningStore {
  /// How the groups, and the values that some aggregates keep of them, stand in the manifest.
  package var declarations: [StateDeclaration] {
    sets.isEmpty ? [declaration] : [declaration, valuesDeclaration]
  }

  var declaration: StateDeclaration {
    let functions = aggregates.map(\.rule)
    return StateDeclaration(
      name: Self.stateName, kind: .keyed, schema: schema,
      keyColumns: schema.count - aggregates.reduce(0) { $0 + $1.partialFields.count },
      parameters: functions.joined(separator: ", ") + (origin.isEmpty ? "" : " of \(origin)"))
  }

  /// The groups as they are, or only those that changed since the last snapshot. O(pages + changed
  /// groups): values are copied when they are written next, or not at all.
  package func snapshot(full: Bool) -> any StateSnapshot {
    let changed = full ? Array(0..<UInt32(pane.groupCount)) : pane.dirty
    var (live, dead): ([UInt32], [UInt32]) = (changed, [])
    if deadCount > 0, !changed.isEmpty {
      let isHeld = areHeld(changed)
      live = changed.indices.filter { isHeld[$0] }.map { changed[$0] }
      // What a full snapshot does not name is not there.
      if !full { dead = changed.indices.filter { !isHeld[$0] }.map { changed[$0] } }
    }
    let table = pane.table.share()
    let values = SetSnapshot(
      declaration: valuesDeclaration, layout: reader.layout, table: table,
      sets: sets.map { $0.snapshot(full: full) })
    let snapshot = RunningSnapshot(
      isDelta: !full, layout: reader.layout, schema: schema, table: table,
      states: pane.states.map { $0.share() }, live: live, dead: dead, values: values)
    pane.forgetDirty()
    if deadCount > max(1_024, pane.groupCount / 2) { compact() }
    return snapshot
  }

  /// Frees the places of groups that are gone, which the snapshots have told.
  private func compact() {
    let all = Array(0..<UInt32(pane.groupCount))
    let isHeld = areHeld(all)
    keep(all.filter { isHeld[Int($0)] })
  }

  private func keep(_ groups: [UInt32]) {
    let (old, oldSets) = (pane, sets)
    pane = makePane()
    reader.add(old, groups, to: pane)
    // A table without groups numbers them in their order.
    var numbers = [UInt32](repeating: .max, count: old.groupCount)
    for (number, group) in groups.enumerated() { numbers[Int(group)] = UInt32(number) }
    for (set, old) in zip(sets, oldSets) {
      set.takeOver(old) { numbers[Int($0)] == .max ? nil : numbers[Int($0)] }
    }
    pane.forgetDirty()
    deadCount = groups.count - liveCount(Array(0..<UInt32(pane.groupCount)))
  }

  /// Replaces, or removes where the row kind says so, the groups or values of a restored block.
  /// O(rows), of values × log values.
  package func restore(_ block: StateBlock) {
    let batch = block.rows.gathered()
    guard batch.rowCount > 0 else { return }
    if block.state == Self.valuesName { return restoreValues(batch) }
    let list = RowList(rows: reader.work.identity.first(batch.rowCount), count: batch.rowCount)
    let kinds = batch.hidden.rowKinds?.ints
    let head = declaration.keyColumns
    let keys = reader.keys(
      Array(batch.columns[..<head]), list, rowCount: batch.rowCount, selection: nil)
    let parts = partColumns(batch, from: head)
    let before = pane.groupCount
    let groups = reader.work.groups.reserve(list.count)
    keys.find(pane, list, into: groups)
    for i in 0..<list.count {
      let group = groups[i]
      if Int(group) < before { for state in pane.states { state.clear(group) } }
      if kinds.map({ $0[Int(list.rows[i])] == RowKind.delete.rawValue }) ?? false {
        pane.removed.insert(group)
        continue
      }
      pane.removed.remove(group)
      let one = GroupRows(groups: groups + i, rows: list.rows + i, count: 1)
      for (state, columns) in zip(pane.states, parts) { state.merge(one, columns) }
    }
  }

  /// Ends a restore: drops what deltas removed. The next snapshot must be full.
  package func finishRestore() {
    let removed = pane.removed
    let all = Array(0..<UInt32(pane.groupCount))
    // A group without rows is one of values that were left behind.
    let isHeld = areHeld(all)
    keep(all.filter { !removed.contains($0) && isHeld[Int($0)] })
  }

  /// The columns of each aggregate's parts.
  private func partColumns(_ batch: Batch, from head: Int) -> [[Column]] {
    var next = head
    return aggregates.map { aggregate in
      let count = aggregate.partialFields.count
      defer { next += count }
      return batch.columns[next..<(next + count)].map { $0.withFixedValues() }
    }
  }
}

/// The groups of a running aggregate at a barrier.
private final class RunningSnapshot: StateSnapshot, @unchecked Sendable {
  let isDelta: Bool
  private let layout: PaneLayout
  private let schema: Schema
  private let table: GroupTable
  private var states: [any AggregateState]
  private let live: [UInt32]
  private let dead: [UInt32]
  private let values: SetSnapshot

  init(
    isDelta: Bool, layout: PaneLayout, schema: Schema, table: GroupTable,
    states: [any AggregateState], live: [UInt32], dead: [UInt32], values: SetSnapshot
  ) {
    self.values = values
    self.isDelta = isDelta
    self.layout = layout
    self.schema = schema
    self.table = table
    self.states = states
    self.live = live
    self.dead = dead
  }

  /// Key group by key group, removals first. Frees its share of the pages at the end.
  func write(to writer: any StateWriter) throws {
    let (groups, removed) = (GroupOrder(table, only: live), GroupOrder(table, only: dead))
    let bound = states.rowBound(Batch.rowLimit, groups: table.count)
    for keyGroup in 0..<KeyGroup.count {
      let scope = StateScope.keyGroup(KeyGroup(UInt16(keyGroup)))
      for chunk in removed.chunks(of: keyGroup) {
        let rows = Batch(schema: schema, columns: blanks(Array(chunk)), rowCount: chunk.count)
        rows.hidden.rowKinds = .repeating(RowKind.delete.rawValue, .int, chunk.count)
        try writer.write(StateBlock(state: RunningStore.stateName, scope: scope, rows: rows))
      }
      for chunk in groups.chunks(of: keyGroup, limit: bound) {
        let columns = Array(chunk).withList { list in
          layout.keyColumns(table, list) + states.flatMap { $0.partials(list) }
        }
        let rows = Batch(schema: schema, columns: columns, rowCount: chunk.count)
        try writer.write(StateBlock(state: RunningStore.stateName, scope: scope, rows: rows))
      }
    }
    states = []
    try values.write(to: writer)
  }

  private func blanks(_ groups: [UInt32]) -> [Column] {
    let keys = groups.withList { layout.keyColumns(table, $0) }
    return keys + schema.fields[keys.count...].map { .blank($0, groups.count) }
  }
}
