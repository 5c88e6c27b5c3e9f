import Columns
import Schemas

/// What becomes of the best rows of groups while a batch is taken: which are no more among them,
/// which are now, and which are updates of others.
final class TopChanges {
  /// A row among the best of its group.
  private struct Entry {
    /// Where the store keeps it, or kept it.
    var bytes: UnsafeBufferPointer<UInt8>
    var rank: Int64
  }

  private let store: RunningTopStore
  private let result: Schema
  private let rowLimit: Int
  /// What rows lie in: those that the store lets go of must stay readable.
  private var arenas: [ByteArena] = []
  private var before: [[Entry]] = []
  private var batches: [Batch] = []
  private var open: [(entry: Entry, kind: RowKind)] = []

  init(_ store: RunningTopStore, _ result: Schema, rowLimit: Int) {
    self.store = store
    self.result = result
    self.rowLimit = max(rowLimit, 2)
  }

  /// Takes down the best rows of groups as they are.
  func note(_ groups: [UInt32]) {
    arenas.append(store.set.members.arena)
    before = groups.map { best($0) }
  }

  /// What has become of them.
  func told(_ groups: [UInt32]) -> [Batch] {
    arenas.append(store.set.members.arena)
    for (group, old) in zip(groups, before) {
      let new = best(group)
      if store.rule.hasRank && !store.rule.top.withTies {
        compareByPlace(old, new)
      } else {
        compareByRow(old, new)
      }
    }
    flush()
    return batches
  }

  private func best(_ group: UInt32) -> [Entry] {
    let (wanted, withTies) = (store.rule.top.count, store.rule.top.withTies)
    var entries: [Entry] = []
    var beside: UnsafeBufferPointer<UInt8>?
    store.set.order.forEach(under: store.set.root(group)) { member, count in
      let bytes = store.set.bytes(member)
      var rank = Int64(entries.count + 1)
      if withTies {
        let start = UnsafeBufferPointer(rebasing: bytes.prefix(store.orderBytes(bytes)))
        if let beside, Self.order(beside, start) == 0 { rank = entries[entries.count - 1].rank }
        if rank > wanted { return false }
        beside = start
        for _ in 0..<count { entries.append(Entry(bytes: bytes, rank: rank)) }
        return true
      }
      guard entries.count < wanted else { return false }
      for _ in 0..<min(count, Int64(wanted - entries.count)) {
        rank = Int64(entries.count + 1)
        entries.append(Entry(bytes: bytes, rank: rank))
      }
      return true
    }
    return entries
  }

  private func order(_ a: Entry, _ b: Entry) -> Int { Self.order(a.bytes, b.bytes) }

  private static func order(
    _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>
  ) -> Int {
    guard let x = a.baseAddress, let y = b.baseAddress else { return a.count - b.count }
    // Mostly a row is still where it was.
    return x == y ? a.count - b.count : compareBytes(x, a.count, y, b.count)
  }

  /// Each place is a row that is updated.
  private func compareByPlace(_ old: [Entry], _ new: [Entry]) {
    for place in 0..<max(old.count, new.count) {
      let before = place < old.count ? old[place] : nil
      let after = place < new.count ? new[place] : nil
      if let before, let after, order(before, after) == 0 { continue }
      tell(before, after)
    }
  }

  private func compareByRow(_ old: [Entry], _ new: [Entry]) {
    var (gone, come, i, j): ([Entry], [Entry], Int, Int) = ([], [], 0, 0)
    while i < old.count || j < new.count {
      let order = i == old.count ? 1 : j == new.count ? -1 : order(old[i], new[j])
      if order == 0 {
        if store.rule.hasRank, old[i].rank != new[j].rank { tell(old[i], new[j]) }
        (i, j) = (i + 1, j + 1)
      } else if order < 0 {
        gone.append(old[i])
        i += 1
      } else {
        come.append(new[j])
        j += 1
      }
    }
    guard !store.rule.key.isEmpty, !gone.isEmpty, !come.isEmpty else {
      for entry in gone { tell(entry, nil) }
      for entry in come { tell(nil, entry) }
      return
    }
    let keys = keys(of: gone + come)
    var known: [[UInt8]: Int] = [:]
    for place in come.indices { known[keys[gone.count + place]] = place }
    var isPaired = Array(repeating: false, count: come.count)
    for (place, entry) in gone.enumerated() {
      let pair = known.removeValue(forKey: keys[place])
      if let pair { isPaired[pair] = true }
      tell(entry, pair.map { come[$0] })
    }
    for (place, entry) in come.enumerated() where !isPaired[place] { tell(nil, entry) }
  }

  private func keys(of entries: [Entry]) -> [[UInt8]] {
    let columns = rows(of: entries).columns
    let (numbers, scratch) = (IdentityRows(), KeyScratch())
    let keyColumns = store.rule.key.map { columns[$0] }
    let bytes = KeyCodec(keyColumns.map(\.type)).bytes(
      of: keyColumns, RowList(rows: numbers.first(entries.count), count: entries.count),
      rowCount: entries.count, scratch: scratch)
    return withExtendedLifetime(columns) {
      entries.indices.map { row in
        let isNull = bytes.validity.map { $0[row] == 0 } ?? false
        return isNull ? [] : [1] + Array(bytes[UInt32(row)])
      }
    }
  }

  private func rows(of entries: [Entry]) -> TopRows {
    TopRows(entries.map(\.bytes), store.schema, store.keys)
  }

  private func tell(_ before: Entry?, _ after: Entry?) {
    if open.count + 2 > rowLimit { flush() }
    if let before { open.append((before, after == nil ? .delete : .updateBefore)) }
    if let after { open.append((after, before == nil ? .insert : .updateAfter)) }
  }

  private func flush() {
    guard !open.isEmpty else { return }
    let read = rows(of: open.map(\.entry))
    var columns = read.columns
    if result.count > columns.count {
      let ranks = Column(fixed: .int, rowCount: open.count)
      for (row, told) in open.enumerated() { ranks.ints[row] = told.entry.rank }
      columns.append(ranks)
    }
    let batch = Batch(schema: result, columns: columns, rowCount: open.count)
    batch.hidden.rowKinds = .kinds(open.map(\.kind))
    batch.hidden.eventTimes = read.times
    batch.hidden.lanes = read.lanes
    batches.append(batch)
    open.removeAll()
  }
}

/// Rows out of the bytes that they are kept as.
struct TopRows {
  let columns: [Column]
  let times: Column
  let lanes: Column

  /// What lies behind each of `rows` need live no longer than this call.
  init(_ rows: [UnsafeBufferPointer<UInt8>], _ schema: Schema, _ keys: SortKeys) {
    columns = keys.columns(rows, schema.fields.map(\.type))
    times = Column(fixed: .timestamp, rowCount: rows.count)
    lanes = Column(fixed: .int, rowCount: rows.count)
    for (row, bytes) in rows.enumerated() {
      guard let base = bytes.baseAddress else { continue }
      let tag = UnsafeRawPointer(base + bytes.count - RunningTopStore.tagBytes)
      times.ints[row] = Self.word(tag)
      lanes.ints[row] = Self.word(tag + 8)
    }
  }

  private static func word(_ place: UnsafeRawPointer) -> Int64 {
    Int64(bitPattern: UInt64(bigEndian: place.loadUnaligned(as: UInt64.self)) ^ (1 << 63))
  }
}
