package import Columns
package import Schemas

/// Endings: of each group the store knows how many rows the last one left, so that the next gives
/// those alone which have come since. As a part of the group it goes with its key from worker to
/// worker, and is as old as the rows in any checkpoint.
extension RunningStore {
  /// Ends the input: the rows that are there beyond those that the last ending left, each as often
  /// as it is there, key group by key group in the order of their hashes and bytes. From now on
  /// they count as told, and what was taken back does no more. To be read before the next rows and
  /// snapshot. O(groups × log groups).
  package func remaining() -> RemainingRows {
    var order = GroupOrder(pane.table)
    order.sort(to: order.count)
    let groups = order.groups
    // A group that owes rows has none.
    let counts = rowCounts(groups).map { max($0, 0) }
    let changes = zip(counts, toldCounts(groups)).map { $0 - $1 }
    tell(groups, counts, changes)
    return RemainingRows(self, groups, repeats: changes)
  }

  private func tell(_ groups: [UInt32], _ counts: [Int64], _ changes: [Int64]) {
    let changed = groups.indices.filter { changes[$0] != 0 }
    guard let toldPlace, !changed.isEmpty else { return }
    let column = Column(fixed: .int, rowCount: changed.count)
    for (row, place) in changed.enumerated() {
      column.ints[row] = changes[place]
      // It was held for what was told of it.
      if counts[place] == 0 { deadCount += 1 }
    }
    let rows = Array(0..<UInt32(changed.count))
    changed.map { groups[$0] }.withList { list in
      rows.withList { rows in
        pane.markDirty(list.rows, list.count)
        let all = GroupRows(groups: list.rows, rows: rows.rows, count: list.count)
        pane.states[toldPlace].merge(all, [column])
      }
    }
  }

  private func toldCounts(_ groups: [UInt32]) -> [Int64] {
    guard let toldPlace else { return groups.map { _ in 0 } }
    return counts(toldPlace, groups)
  }

  /// Whether anything is known of each of the groups. It may owe rows (what was taken back before
  /// it came), or have had some at the last ending.
  func areHeld(_ groups: [UInt32]) -> [Bool] {
    zip(rowCounts(groups), toldCounts(groups)).map { $0 != 0 || $1 != 0 }
  }

  /// How many of the groups have a row, or had one at the last ending.
  func liveCount(_ groups: [UInt32]) -> Int {
    zip(rowCounts(groups), toldCounts(groups)).reduce(0) { $0 + ($1.0 > 0 || $1.1 > 0 ? 1 : 0) }
  }
}

/// The rows of a store on their way out, batch by batch.
package struct RemainingRows {
  private let store: RunningStore
  private let groups: [UInt32]
  /// How often each group's row is still to come.
  private var repeats: [Int64]
  private var place = 0

  init(_ store: RunningStore, _ groups: [UInt32], repeats: [Int64]) {
    self.store = store
    self.groups = groups
    self.repeats = repeats
  }

  /// The next rows; nil when all are out. `schema` is that of the keys.
  package mutating func next(_ schema: Schema, rowLimit: Int = Batch.rowLimit) -> Batch? {
    var (chosen, bytes) = ([UInt32](), 0)
    while chosen.count < rowLimit, bytes < TextLimit.batchBytes, place < groups.count {
      if repeats[place] > 0 {
        chosen.append(groups[place])
        bytes += store.pane.table.key(groups[place]).1
        repeats[place] -= 1
      } else {
        place += 1
      }
    }
    guard !chosen.isEmpty else { return nil }
    return chosen.withList { list in
      let rows = Batch(
        schema: schema, columns: store.reader.layout.keyColumns(store.pane.table, list),
        rowCount: list.count)
      rows.hidden.lanes = store.reader.laneColumn(store.pane.table, list)
      let times = store.pane.states[store.pane.states.count - 1].result(list).column
      if !times.hasNulls { rows.hidden.eventTimes = times }
      return rows
    }
  }
}
