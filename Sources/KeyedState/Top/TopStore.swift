package import Columns
package import Schemas

/// The best rows of each group: what `top` keeps until no more of the group can come.
///
/// A group is the rows of equal keys and equal event time. Each keeps up to twice as many as are
/// wanted, and is then sorted and cut, so that a row costs O(log count); once it was cut, a row
/// that is behind its last one is dropped at a look. What decides lies as bytes beside the rows
/// (`SortKeys`). Rows that were cut are not told in deltas: restored, they are cut again. Not
/// thread-safe; snapshots are immutable.
package final class TopStore {
  package static let stateName = "rows"
  private let schema: Schema
  let rule: TopRule
  private let codec: KeyCodec
  private let orderKeys: SortKeys
  private let tieKeys: SortKeys
  private(set) var shelf = RowShelf()
  /// By the shelf's numbers.
  private var candidates: [TopCandidate] = []
  private var arena = ByteArena()
  private var panes: [Int64: TopPane] = [:]
  /// No pane is before it.
  private var earliest = Int64.max
  private let identity = IdentityRows()
  private let scratch = KeyScratch()
  private let orderScratch = KeyScratch()
  private let tieScratch = KeyScratch()
  private var hashes = Scratch<UInt64>()
  private var groups = Scratch<UInt32>()

  package init(schema: Schema, rule: TopRule) {
    self.schema = schema
    self.rule = rule
    codec = KeyCodec(rule.per.map { schema[$0].type })
    orderKeys = rule.orderKeys
    tieKeys = rule.tieKeys
  }

  /// Takes rows with event times, in any order. Amortised O(rows × log count).
  package func add(_ batch: Batch) {
    guard let times = batch.hidden.eventTimes?.ints, batch.selectedCount > 0 else { return }
    let all = RowList(
      rows: batch.selection.map { UnsafePointer($0.rows) } ?? identity.first(batch.rowCount),
      count: batch.selectedCount)
    let columns = rule.per.map { batch.columns[$0].withoutDictionary() }
    // The keys' bytes may lie in them.
    defer { withExtendedLifetime(columns) {} }
    let hashes = hashes.reserve(batch.rowCount)
    KeyHasher.hash(
      columns: columns, rowCount: batch.rowCount, selection: batch.selection, into: hashes)
    let keys = codec.bytes(of: columns, all, rowCount: batch.rowCount, scratch: scratch)
    let orders = orderKeys.bytes(of: batch, all, scratch: orderScratch)
    let groups = groups.reserve(all.count)
    var chosen: [ChosenRow] = []
    var start = 0
    while start < all.count {
      let time = times[Int(all.rows[start])]
      var end = start + 1
      while end < all.count, times[Int(all.rows[end])] == time { end += 1 }
      let part = all.part(start..<end)
      let pane = pane(time)
      pane.table.find(keys, hashes, part, into: groups)
      pane.grow()
      for i in 0..<part.count {
        let order = order(orders[part.rows[i]], behind: pane.groups[Int(groups[i])].bound)
        guard order <= 0 else { continue }
        chosen.append(ChosenRow(row: part.rows[i], pane: pane, group: groups[i], order: order))
      }
      start = end
    }
    take(chosen, of: batch, orders)
  }

  /// How a row stands to the last one that its group keeps, by what `by` says; negative where that
  /// does not matter yet.
  @inline(__always)
  private func order(_ key: UnsafeBufferPointer<UInt8>, behind bound: UInt32) -> Int {
    guard bound != TopGroup.none, let start = key.baseAddress else { return -1 }
    let last = candidates[Int(bound)]
    return compareBytes(
      start, key.count, arena.address(last.reference), Int(last.orderLength))
  }

  /// Rows that may be kept: those beside the last one where their other columns say so too.
  private func take(_ chosen: [ChosenRow], of batch: Batch, _ orders: KeyBytes) {
    guard !chosen.isEmpty else { return }
    let rows = chosen.map(\.row)
    let ties = rows.withUnsafeBufferPointer { rows in
      rows.baseAddress.map {
        tieKeys.bytes(of: batch, RowList(rows: $0, count: rows.count), scratch: tieScratch)
      }
    }
    guard let ties else { return }
    let kept = rule.withTies ? chosen : chosen.filter { $0.order < 0 || isBetter($0, ties) }
    guard !kept.isEmpty else { return }
    let taken = batch.gathered(rows: kept.map(\.row))
    taken.hidden.lateWatermarks = nil
    var number = UInt32(truncatingIfNeeded: shelf.add(taken))
    for row in kept {
      let (order, tie) = (orders[row.row], ties[row.row])
      let (reference, address) = arena.reserve(order.count + tie.count)
      if let start = order.baseAddress { address.update(from: start, count: order.count) }
      if let start = tie.baseAddress {
        (address + order.count).update(from: start, count: tie.count)
      }
      candidates.append(
        TopCandidate(
          reference: reference, length: UInt32(truncatingIfNeeded: order.count + tie.count),
          orderLength: UInt32(truncatingIfNeeded: order.count)))
      row.pane.groups[Int(row.group)].members.append(number)
      if row.pane.groups[Int(row.group)].isFull { cut(row.pane, Int(row.group)) }
      number += 1
    }
    tidy()
  }

  /// Of a row that `by` puts beside the last one that is kept.
  private func isBetter(_ row: ChosenRow, _ ties: KeyBytes) -> Bool {
    let last = candidates[Int(row.pane.groups[Int(row.group)].bound)]
    let tie = ties[row.row]
    guard let start = tie.baseAddress else { return true }
    let other = arena.address(last.reference) + Int(last.orderLength)
    return compareBytes(start, tie.count, other, Int(last.length - last.orderLength)) < 0
  }

  /// Sorts a group and drops what is too much.
  private func cut(_ pane: TopPane, _ group: Int) {
    var members = pane.groups[group].members
    // One that is taken along is copied at the first write.
    pane.groups[group].members = []
    members.sort { a, b in
      let order = compare(a, b, isWhole: true)
      return order != 0 ? order < 0 : a < b
    }
    var kept = min(rule.count, members.count)
    if rule.withTies {
      while kept < members.count, compare(members[rule.count - 1], members[kept]) == 0 {
        kept += 1
      }
    }
    for number in members[kept...] { shelf.letGo(number) }
    members.removeSubrange(kept...)
    pane.groups[group].bound =
      kept >= rule.count ? members[rule.count - 1] : TopGroup.none
    pane.groups[group].limit = max(kept, rule.count) * 2 + 6
    pane.groups[group].members = members
  }

  /// By what `by` says, or by the whole key.
  private func compare(_ a: UInt32, _ b: UInt32, isWhole: Bool = false) -> Int {
    let (left, right) = (candidates[Int(a)], candidates[Int(b)])
    return compareBytes(
      arena.address(left.reference), Int(isWhole ? left.length : left.orderLength),
      arena.address(right.reference), Int(isWhole ? right.length : right.orderLength))
  }

  private func pane(_ time: Int64) -> TopPane {
    if let known = panes[time] { return known }
    let pane = TopPane(limit: rule.count * 2 + 6)
    panes[time] = pane
    earliest = min(earliest, time)
    return pane
  }
}

extension TopStore {
  /// Takes out all groups before a time: their rows in the order of time, then of their keys'
  /// hashes and bytes, then as they rank; and their ranks.
  func close(before mark: Timestamp) -> (rows: [UInt32], ranks: [Int64]) {
    var result: (rows: [UInt32], ranks: [Int64]) = ([], [])
    let isAll = mark == .endOfTime
    guard isAll || earliest < mark.microseconds else { return result }
    for time in panes.keys.filter({ isAll || $0 < mark.microseconds }).sorted() {
      guard let pane = panes.removeValue(forKey: time) else { continue }
      let groups = (0..<UInt32(truncatingIfNeeded: pane.groups.count)).sorted {
        pane.table.precedes($0, $1)
      }
      for group in groups {
        cut(pane, Int(group))
        let members = pane.groups[Int(group)].members
        result.rows += members
        for place in members.indices {
          let isBeside =
            rule.withTies && place > 0 && compare(members[place - 1], members[place]) == 0
          result.ranks.append(isBeside ? result.ranks[result.ranks.count - 1] : Int64(place + 1))
        }
      }
    }
    earliest = panes.keys.min() ?? .max
    return result
  }

  /// Forgets rows that were put out.
  func forget(_ rows: some Sequence<UInt32>) {
    for row in rows { shelf.letGo(row) }
  }

  /// Rows that are kept.
  package var count: Int { shelf.keptCount }

  /// Moves the rows that are kept together where they are few.
  func tidy() {
    guard let move = shelf.tidy() else { return }
    let moved = ByteArena()
    candidates = move.kept.map { number in
      var candidate = candidates[Int(number)]
      candidate.reference = moved.append(
        arena.address(candidate.reference), Int(candidate.length))
      return candidate
    }
    arena = moved
    for pane in panes.values { pane.renumber(move.numbers) }
  }
}

extension TopStore {
  package var declaration: StateDeclaration {
    HeldRows.declaration(of: schema, named: Self.stateName)
  }

  /// All rows that are kept, or only those that came since the last snapshot. O(rows).
  package func snapshot(full: Bool) -> any StateSnapshot {
    OrderedSnapshot(
      state: declaration, keys: rule.per, isDelta: !full, shares: shelf.snapshot(full: full))
  }

  /// Takes over the rows of a block of the state.
  package func restore(_ block: StateBlock) { add(HeldRows.rows(of: block, schema)) }

  /// Ends a restore: rows before the watermark had left.
  package func finishRestore(_ watermark: Timestamp) {
    forget(close(before: watermark).rows)
    tidy()
  }
}

/// A row that may be among the best of its group.
private struct ChosenRow {
  let row: UInt32
  let pane: TopPane
  let group: UInt32
  /// How it stands to the last one that is kept.
  let order: Int
}

/// What decides of a row.
struct TopCandidate {
  var reference: UInt64
  var length: UInt32
  /// The part of it that `by` makes.
  var orderLength: UInt32
}

/// The groups of one event time.
private final class TopPane {
  /// Small to begin with: a pane may hold one group.
  let table = GroupTable(slotCount: 16, entryCapacity: 4)
  var groups: [TopGroup] = []
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  func grow() {
    while groups.count < table.count { groups.append(TopGroup(limit: limit)) }
  }

  func renumber(_ places: [UInt32]) {
    for group in groups.indices {
      groups[group].members = groups[group].members.map { places[Int($0)] }
      if groups[group].bound != TopGroup.none {
        groups[group].bound = places[Int(groups[group].bound)]
      }
    }
  }
}

/// Rows that may be the best of a group.
private struct TopGroup {
  static let none = UInt32.max

  /// In any order.
  var members: [UInt32] = []
  /// The last one that is kept, once there are as many as are wanted.
  var bound = TopGroup.none
  /// With so many it is cut.
  var limit: Int

  init(limit: Int) { self.limit = limit }

  var isFull: Bool { members.count >= limit }
}
