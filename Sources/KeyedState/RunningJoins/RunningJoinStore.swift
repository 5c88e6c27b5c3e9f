package import Columns
package import Schemas

/// All rows of two streams by the keys that are to be equal, and what becomes of their join.
///
/// The result is that of the rows that are there, in whatever order they came. A row with a null in
/// its key meets none, so nothing is kept of it. Not thread-safe; snapshots are immutable.
package final class RunningJoinStore {
  package static let stateNames = ["left", "right"]
  /// So often rows that are forgotten are freed while a row's time goes by.
  private static let sweeps: Int64 = 8

  let shape: RunningJoinShape
  let sides: [RunningJoinSide]
  private let codec: KeyCodec
  private(set) var table = GroupTable()
  /// Groups that had rows when the table was last tidied.
  private var liveCount = 0
  package private(set) var watermark = Timestamp.beginning
  private var sweptAt = Timestamp.beginning
  /// Rows that came when rows of their time were forgotten.
  package private(set) var forgotten = 0
  private let identity = IdentityRows()
  private let groupScratch = KeyScratch()
  private let rowScratch = KeyScratch()
  private var hashes = Scratch<UInt64>()
  private var groups = Scratch<UInt32>()
  /// The batch that is being taken.
  private var open: OpenRows?
  private var changes: RunningJoinWalk?

  package init(_ shape: RunningJoinShape) {
    self.shape = shape
    sides = [RunningJoinSide(shape, .left), RunningJoinSide(shape, .right)]
    codec = KeyCodec(shape.leftKeys.map { shape.left[$0].type })
  }

  /// Keys that rows came of.
  package var keyCount: Int { table.count }

  /// Takes a batch of a side, whose changes `next` gives.
  package func take(_ batch: Batch, _ side: JoinSide) {
    guard batch.selectedCount > 0 else { return }
    let list = RowList(
      rows: batch.selection.map { UnsafePointer($0.rows) } ?? identity.first(batch.rowCount),
      count: batch.selectedCount)
    let own = sides[side.rawValue]
    open = OpenRows(
      batch: batch, side: side, list: list, groups: find(batch, list, own),
      bytes: own.rowKeys.bytes(of: batch, list, scratch: rowScratch))
  }

  /// Up to so many rows of the result that come or go; nil: the batch is taken. A pair that updates
  /// a row stands together.
  package func next(limit: Int) -> Batch? {
    guard var rows = open else { return nil }
    var result = RunningJoinRows(shape, sides)
    while !result.isFull(limit) {
      if var walk = changes {
        let isDone = walk.go(&result, limit)
        changes = isDone ? nil : walk
        continue
      }
      guard rows.next < rows.list.count else { break }
      changes = begin(&rows)
    }
    open = rows
    if let batch = result.finish() { return batch }
    if rows.next < rows.list.count || changes != nil { return next(limit: limit) }
    open = nil
    for side in sides { side.set.tidy() }
    return nil
  }

  /// Takes the next row; what it changes.
  private func begin(_ rows: inout OpenRows) -> RunningJoinWalk? {
    let (place, row) = (rows.next, rows.list.rows[rows.next])
    rows.next += 1
    let (own, group) = (sides[rows.side.rawValue], rows.groups[place])
    let isGone = rows.batch.takesBack(Int(row))
    let time = rows.batch.hidden.eventTimes?.ints[Int(row)] ?? 0
    guard !isOver(time) else {
      forgotten += 1
      return nil
    }
    if isGone, rows.goesOn(at: time) {
      // Both halves of an update of nothing that the join reads.
      rows.next += 1
      return nil
    }
    let bytes = rows.bytes[row]
    guard group != GroupTable.missing else {
      let alone = shape.givesAlone(rows.side) ? [RunningJoinChange(.own, isGone: isGone)] : []
      return RunningJoinWalk(rows.side, bytes, alone, [])
    }
    let wasThere = own.set.distinct(group) > 0
    guard own.take(bytes, at: time, of: group, back: isGone) != 0 else { return nil }
    let turns = wasThere != (own.set.distinct(group) > 0)
    let told = shape.changes(
      rows.side, isGone: isGone,
      meetsOthers: sides[1 - rows.side.rawValue].set.distinct(group) > 0, turns: turns)
    let asksForOthers = told.contains { $0.rows != .own }
    return RunningJoinWalk(
      rows.side, bytes, told, asksForOthers ? others(of: group, rows.side) : [])
  }

  /// The rows of the other side. O(rows).
  private func others(of group: UInt32, _ side: JoinSide) -> [RunningJoinWalk.Other] {
    let set = sides[1 - side.rawValue].set
    var found: [RunningJoinWalk.Other] = []
    set.order.forEach(under: set.root(group)) { member, count in
      let bytes = set.bytes(member)
      if shape.expiry == nil || !isOver(RunningJoinSide.time(of: bytes)) {
        found.append(RunningJoinWalk.Other(bytes: bytes, count: count))
      }
      return true
    }
    return found
  }

  /// Whether rows of a time are forgotten.
  private func isOver(_ time: Int64) -> Bool {
    guard let expiry = shape.expiry else { return false }
    return time.plus(expiry) < watermark.microseconds
  }

  /// The groups of the rows in `list`, in order; `missing` of a key with a null.
  private func find(
    _ batch: Batch, _ list: RowList, _ side: RunningJoinSide
  ) -> UnsafePointer<UInt32> {
    let columns = side.keys.map { batch.columns[$0].withoutDictionary() }
    // The keys' bytes may lie in them.
    defer { withExtendedLifetime(columns) {} }
    let hashes = hashes.reserve(batch.rowCount)
    KeyHasher.hash(
      columns: columns, rowCount: batch.rowCount, selection: batch.selection, into: hashes)
    let bytes = codec.bytes(of: columns, list, rowCount: batch.rowCount, scratch: groupScratch)
    let groups = groups.reserve(list.count)
    table.find(bytes, hashes, list, into: groups)
    for set in sides.map(\.set) { set.grow(to: table.count) }
    for column in columns where column.hasNulls {
      for i in 0..<list.count where !column.isValid(Int(list.rows[i])) {
        groups[i] = GroupTable.missing
      }
    }
    return UnsafePointer(groups)
  }
}

extension RunningJoinStore {
  /// Forgets the rows whose time is over. What they made stays.
  package func advance(to time: Timestamp) {
    guard time > watermark else { return }
    watermark = time
    guard let expiry = shape.expiry, time != .endOfTime,
      time.microseconds.minus(sweptAt.microseconds) >= max(1, expiry / Self.sweeps)
    else { return }
    sweptAt = time
    for side in sides {
      side.set.letGo { isOver(RunningJoinSide.time(of: $0)) }
      side.set.tidy()
    }
  }

  package var declarations: [StateDeclaration] {
    let progress = shape.expiry == nil ? [] : [JoinProgress.declaration]
    return [declaration(.left), declaration(.right)] + progress
  }

  private func declaration(_ side: JoinSide) -> StateDeclaration {
    // Each row has its time: how long it is kept may change.
    let expiry = shape.expiry == nil ? "" : ", expiring"
    return StateDeclaration(
      name: Self.stateNames[side.rawValue], kind: .keyed,
      schema: Schema(sides[side.rawValue].declaration), keyColumns: 0,
      parameters: "running \(shape.kind.rawValue)\(expiry)"
        + (shape.origin.isEmpty ? "" : " of \(shape.origin)"))
  }

  /// The rows as they are, or those that changed since the last snapshot. Not while a batch is
  /// being taken. O(pages + rows that are told).
  package func snapshot(full: Bool, of keyGroups: Range<Int>) -> any StateSnapshot {
    let snapshot = RunningJoinSnapshot(
      isDelta: !full,
      progress: shape.expiry == nil
        ? nil : JoinProgress(watermark: watermark).block(of: keyGroups),
      table: table.share(),
      sides: zip([JoinSide.left, .right], sides).map { name, side in
        RunningJoinSnapshot.Side(
          declaration: declaration(name), rowKeys: side.rowKeys, types: side.types,
          hasTimes: side.hasTimes, rows: side.set.snapshot(full: full))
      })
    tidy()
    return snapshot
  }

  /// Frees the places of groups without rows, where most are such. Directly behind a snapshot.
  private func tidy() {
    guard table.count > 2 * liveCount + 1_024 else { return }
    let live = (0..<UInt32(table.count)).filter { group in
      sides.contains { $0.set.hasMembers(group) }
    }
    liveCount = live.count
    guard live.count < table.count / 2 else { return }
    let old = table
    table = GroupTable()
    var numbers = [UInt32](repeating: .max, count: old.count)
    for group in live { numbers[Int(group)] = table.find(group, of: old) }
    for side in sides {
      side.set.compact { numbers[Int($0)] == .max ? nil : numbers[Int($0)] }
    }
  }

  /// Takes over the rows of a block; one that is deleted is there no more.
  package func restore(_ block: StateBlock) {
    let batch = block.rows.gathered()
    guard batch.rowCount > 0, let place = Self.stateNames.firstIndex(of: block.state) else {
      return
    }
    let side = sides[place]
    let list = RowList(rows: identity.first(batch.rowCount), count: batch.rowCount)
    let groups = find(batch, list, side)
    let bytes = side.rowKeys.bytes(of: batch, list, scratch: rowScratch)
    let kinds = batch.hidden.rowKinds?.ints
    let unseen = batch.columns[side.schema.count...].map { $0.withFixedValues() }
    for row in 0..<batch.rowCount where groups[row] != GroupTable.missing {
      let isGone = kinds.map { $0[row] == RowKind.delete.rawValue } ?? false
      let count = isGone ? 0 : unseen[unseen.count - 1].ints[row]
      let key = bytes[UInt32(row)]
      let whole = side.hasTimes ? side.timed(key, unseen[0].ints[row]) : key
      side.set.restore(whole, of: groups[row], count: count)
    }
  }

  /// Goes on at the watermark at which the rows of these key groups were kept.
  package func finishRestore(_ progress: RunningJoinProgress, of keyGroups: Range<Int>) {
    watermark = max(watermark, progress.watermark(of: keyGroups))
  }
}

/// The rows of a batch that are taken one by one.
private struct OpenRows {
  let batch: Batch
  let side: JoinSide
  let list: RowList
  let groups: UnsafePointer<UInt32>
  let bytes: KeyBytes
  var next = 0

  init(
    batch: Batch, side: JoinSide, list: RowList, groups: UnsafePointer<UInt32>, bytes: KeyBytes
  ) {
    self.batch = batch
    self.side = side
    self.list = list
    self.groups = groups
    self.bytes = bytes
  }

  /// Whether the row behind the last one brings the very same back.
  func goesOn(at time: Int64) -> Bool {
    guard next < list.count else { return false }
    let (last, row) = (list.rows[next - 1], list.rows[next])
    guard groups[next] == groups[next - 1], !batch.takesBack(Int(row)),
      batch.hidden.eventTimes.map({ $0.ints[Int(row)] == time }) ?? true
    else { return false }
    let (a, b) = (bytes[last], bytes[row])
    guard let x = a.baseAddress, let y = b.baseAddress else { return a.count == b.count }
    return compareBytes(x, a.count, y, b.count) == 0
  }
}
