package import Columns
package import Schemas

/// All rows of two streams by the keys that are to be equal, and what becomes of their join.
///
/// The result is that of the rows that are there, in whatever order they came. A row with a null in
/// its key meets none, so nothing is kept of it. What comes waits until all before it is told; the
/// rows that do are part of the state. Not thread-safe; snapshots are immutable.
package final class RunningJoinStore {
  /// Rows that are met in one call, so that others have their turn.
  private static let stepLimit = 1 << 16
  /// For so many rows, and so many of the others of each, memory is asked ahead.
  private static let aheadRows = 64
  private static let aheadMatches = 8
  /// So often rows that are forgotten are freed while a row's time goes by.
  private static let sweeps: Int64 = 8

  let shape: RunningJoinShape
  let sides: [RunningJoinSide]
  private let keys: MatchedKeys
  /// What was done with, and what is said of the rows that come.
  package private(set) var watermark = Timestamp.beginning
  private var pending = Timestamp.beginning
  private var sweptAt = Timestamp.beginning
  /// Rows that came when rows of their time were forgotten.
  package private(set) var forgotten = 0
  private let identity = IdentityRows()
  private let rowScratch = KeyScratch()
  /// What waits behind the batch that is being taken, and the row that is being told.
  private var inputs: [RunningJoinInput] = []
  @exclusivity(unchecked) private var open: OpenRows?
  @exclusivity(unchecked) private var walk: RunningJoinWalk?
  /// The number of the next row that comes, and of the first that no snapshot has told of.
  private var serial: Int64 = 0
  private var toldBefore: Int64 = 0

  package init(_ shape: RunningJoinShape) {
    self.shape = shape
    sides = [RunningJoinSide(shape, .left), RunningJoinSide(shape, .right)]
    keys = MatchedKeys(shape.join.leftKeys.map { shape.join.left[$0].type })
  }

  /// Keys that rows came of.
  package var keyCount: Int { keys.count }

  package var hasWork: Bool { walk != nil || open != nil || !inputs.isEmpty }

  package var isWithinRow: Bool { walk != nil }

  /// Takes rows of a side without a selection, which nobody changes any more.
  package func add(_ batch: Batch, _ side: JoinSide) { add(batch, side, at: pending) }

  private func add(_ batch: Batch, _ side: JoinSide, at mark: Timestamp) {
    guard batch.rowCount > 0 else { return }
    inputs.append(RunningJoinInput(batch: batch, side: side, serial: serial, mark: mark))
    serial += Int64(batch.rowCount)
  }

  /// What comes from now on comes behind this watermark. Rows whose time is over are forgotten when
  /// all that came before is told; what they made stays.
  package func advance(to time: Timestamp) {
    pending = max(pending, time)
    if !hasWork { pass(pending) }
  }

  package func next(limit: Int) -> Batch? { next(limit, stopsAtRow: false) }

  package func nextOfRow(limit: Int) -> Batch? {
    isWithinRow ? next(limit, stopsAtRow: true) : nil
  }

  /// Up to so many rows of the result that come or go. A pair that updates a row stands together.
  private func next(_ limit: Int, stopsAtRow: Bool) -> Batch? {
    var result = RunningJoinRows(shape, sides)
    var steps = Self.stepLimit
    while !result.isFull(limit), steps > 0 {
      if walk != nil {
        guard tell(&result, limit, &steps) else { break }
        walk = nil
        if stopsAtRow { break }
      }
      // The bytes that the result is made of stay until the next batch is opened.
      if result.count > 0, open?.isTaken ?? false { break }
      guard let rows = openRows() else { break }
      steps -= 1
      walk = take(rows)
    }
    let batch = result.finish()
    if walk == nil { _ = openRows() }
    return batch
  }

  /// Goes on with the row that is being told; whether that was all.
  private func tell(_ result: inout RunningJoinRows, _ limit: Int, _ steps: inout Int) -> Bool {
    guard let side = open?.input.side else { return true }
    let others = sides[1 - side.rawValue].set
    guard shape.expiry != nil else {
      return walk?.go(&result, others, limit: limit, steps: &steps) { _ in false } ?? true
    }
    return walk?.go(&result, others, limit: limit, steps: &steps) { bytes in
      isOver(RunningJoinSide.time(of: bytes))
    } ?? true
  }

  /// The batch that has rows to be taken; nil: all are.
  private func openRows() -> OpenRows? {
    if let open, !open.isTaken { return open }
    if open != nil {
      open = nil
      for side in sides { side.set.tidy() }
    }
    guard !inputs.isEmpty else {
      pass(pending)
      return nil
    }
    let input = inputs.removeFirst()
    pass(input.mark)
    open = prepared(input)
    return open
  }

  private func prepared(_ input: RunningJoinInput) -> OpenRows {
    let (batch, own) = (input.batch, sides[input.side.rawValue])
    let list = RowList(
      rows: identity.first(batch.rowCount) + input.first, count: input.rows.count)
    let groups = find(batch, list, own)
    let bytes = own.rowKeys.bytes(of: batch, list, scratch: rowScratch)
    let times = batch.hidden.eventTimes.map { UnsafePointer($0.ints) }
    return OpenRows(
      input: input, list: list, groups: groups, bytes: bytes, times: times,
      members: own.find(
        bytes, GroupRows(groups: groups, rows: list.rows, count: list.count), times: times))
  }

  /// Takes the next row; what it changes.
  private func take(_ rows: OpenRows) -> RunningJoinWalk? {
    if rows.next >= rows.ahead { lookAhead(rows) }
    let (place, row, side) = (rows.next, rows.list.rows[rows.next], rows.input.side)
    rows.next += 1
    let group = rows.groups[place]
    let isGone = rows.input.batch.takesBack(Int(row))
    let time = rows.times.map { $0[Int(row)] } ?? 0
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
      return RunningJoinWalk(side, bytes, shape.alone(side, isGone: isGone))
    }
    let (own, other) = (sides[side.rawValue].set, sides[1 - side.rawValue].set)
    let wasThere = own.distinct(group) > 0
    guard own.take(rows.members[place], of: group, back: isGone) != 0 else { return nil }
    let turns = wasThere != (own.distinct(group) > 0)
    let told = shape.changes(
      side, isGone: isGone, meetsOthers: other.distinct(group) > 0, turns: turns)
    return RunningJoinWalk(side, bytes, told, first: other.root(group))
  }

  /// Asks the memory for what the next rows meet.
  private func lookAhead(_ rows: OpenRows) {
    let (place, side) = (rows.next, rows.input.side.rawValue)
    rows.ahead = min(place + Self.aheadRows, rows.list.count)
    sides[side].set.prefetch(rows.groups + place, rows.ahead - place, depth: 0)
    sides[1 - side].set.prefetch(
      rows.groups + place, rows.ahead - place,
      depth: shape.join.endsAtFirstMatch ? 0 : Self.aheadMatches)
  }

  /// Whether rows of a time are forgotten.
  private func isOver(_ time: Int64) -> Bool {
    guard let expiry = shape.expiry else { return false }
    return time.plus(expiry) < watermark.microseconds
  }

  private func pass(_ time: Timestamp) {
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

  /// The groups of the rows in `list`, in order; `missing` of a key with a null.
  private func find(
    _ batch: Batch, _ list: RowList, _ side: RunningJoinSide
  ) -> UnsafePointer<UInt32> {
    let groups = keys.find(side.keys.map { batch.columns[$0] }, list, rowCount: batch.rowCount)
    for set in sides.map(\.set) { set.grow(to: keys.count) }
    return groups
  }
}

extension RunningJoinStore {
  /// The rows as they are, or those that changed since the last snapshot, and those that wait. No
  /// row may be being told. O(pages + rows that are told or wait).
  package func snapshot(full: Bool, of keyGroups: Range<Int>) -> any StateSnapshot {
    if let open {
      var rest = open.input
      rest.first += open.next
      self.open = nil
      inputs.insert(rest, at: 0)
    }
    let first = inputs.first.map { $0.serial + Int64($0.first) } ?? serial
    let snapshot = RunningJoinSnapshot(
      isDelta: !full,
      progress: JoinProgress(watermark: watermark, probedBefore: first).block(of: keyGroups),
      waiting: WaitingInputs(shape, inputs, from: full ? first : toldBefore),
      table: keys.table.share(),
      sides: zip([JoinSide.left, .right], sides).map { name, side in
        RunningJoinSnapshot.Side(
          declaration: declaration(name), rowKeys: side.rowKeys, types: side.types,
          hasTimes: side.hasTimes, rows: side.set.snapshot(full: full))
      })
    toldBefore = serial
    tidy()
    return snapshot
  }

  /// Frees the places of groups without rows, where most are such. Directly behind a snapshot.
  private func tidy() {
    let numbers = keys.tidy { group in sides.contains { $0.set.hasMembers(group) } }
    guard let numbers else { return }
    for side in sides {
      side.set.compact { numbers[Int($0)] == GroupTable.missing ? nil : numbers[Int($0)] }
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

  /// Goes on at the watermark at which the rows of these key groups were kept, with the rows that
  /// were not taken.
  package func finishRestore(_ restored: RestoredRunningJoin, of keyGroups: Range<Int>) {
    watermark = max(watermark, restored.watermark(of: keyGroups))
    pending = max(pending, watermark)
    for input in restored.inputs(shape) { add(input.batch, input.side, at: input.mark) }
  }
}

/// The rows of a batch that are taken one by one.
private final class OpenRows {
  let input: RunningJoinInput
  let list: RowList
  let groups: UnsafePointer<UInt32>
  let bytes: KeyBytes
  let times: UnsafePointer<Int64>?
  /// What the rows are among those of their side.
  let members: UnsafePointer<UInt32>
  /// In the list.
  @exclusivity(unchecked) var next = 0
  /// Up to where memory was asked for.
  @exclusivity(unchecked) var ahead = 0

  init(
    input: RunningJoinInput, list: RowList, groups: UnsafePointer<UInt32>, bytes: KeyBytes,
    times: UnsafePointer<Int64>?, members: UnsafePointer<UInt32>
  ) {
    self.input = input
    self.list = list
    self.groups = groups
    self.bytes = bytes
    self.times = times
    self.members = members
  }

  var isTaken: Bool { next >= list.count }

  /// Whether the row behind the last one brings the very same back.
  func goesOn(at time: Int64) -> Bool {
    guard next < list.count else { return false }
    let (last, row) = (list.rows[next - 1], list.rows[next])
    guard groups[next] == groups[next - 1], !input.batch.takesBack(Int(row)),
      times.map({ $0[Int(row)] == time }) ?? true
    else { return false }
    let (a, b) = (bytes[last], bytes[row])
    guard let x = a.baseAddress, let y = b.baseAddress else { return a.count == b.count }
    return compareBytes(x, a.count, y, b.count) == 0
  }
}
