package import Columns
package import Schemas

/// The rows of two streams that wait for each other, by key and event time, and the matches that
/// they make.
///
/// A row that comes is stored and looks among those of the other side that have come before it; so
/// each pair is found once, by the later of the two. What it finds comes out in batches, as much at
/// a time as is asked for. When the watermark is past all that a row could match it goes, by
/// itself where rows without a match are wanted. Not thread-safe; snapshots are immutable.
package final class JoinStore {
  /// Steps along chains in one call, so that others have their turn.
  private static let stepLimit = 1 << 16
  /// Rows look together into so many panes at most: some more than one row reaches into.
  private static let paneLimit = 32

  let shape: JoinShape
  private let codec: KeyCodec
  var left: JoinPanes
  var right: JoinPanes
  private var probes: [JoinProbe] = []
  private var picks = JoinPicks()
  private var steps = 0
  /// The number of the next row that comes.
  private(set) var serial: Int64 = 0
  /// What was done with, and what is being done with.
  package internal(set) var watermark = Timestamp.beginning
  private var pending: Timestamp?
  private let identity = IdentityRows()
  private let scratch = KeyScratch()
  private var hashes = Scratch<UInt64>()
  private var groups = Scratch<UInt32>()
  private var found = Scratch<UInt32>()

  package init(_ shape: JoinShape) {
    self.shape = shape
    codec = KeyCodec(shape.leftKeys.map { shape.left[$0].type })
    left = JoinPanes(shape, .left)
    right = JoinPanes(shape, .right)
  }

  package var hasWork: Bool { !probes.isEmpty || pending != nil }

  package var isWithinRow: Bool { probes.first?.isWithinRow ?? false }

  /// Rows before this number have found all that had come before them.
  var probedBefore: Int64 { probes.first?.serial ?? serial }

  /// Takes rows without a selection, with event times. How many it has no use for: their keys have
  /// a null, which matches nothing. O(rows × panes that their matches may be in).
  package func add(_ rows: Batch, _ side: JoinSide) -> Int {
    var kept = rows
    if !shape.keepsUnmatched(side), let keyed = keyed(shape.keys(side).map { rows.columns[$0] }) {
      kept = rows.gathered(rows: keyed)
    }
    store(kept, side, matched: nil)
    return rows.rowCount - kept.rowCount
  }

  /// Rows that end before a watermark may go. Nothing comes out here.
  package func advance(to time: Timestamp) {
    guard time > max(watermark, pending ?? .beginning) else { return }
    pending = time
  }

  package func next(limit: Int) -> Batch? {
    steps = Self.stepLimit
    let limit = bounded(limit)
    while picks.count < limit, steps > 0 {
      if !probes.isEmpty {
        walk(&probes[0], limit)
        if probes[0].isDone { probes.removeFirst() }
        continue
      }
      guard let time = pending, sweep(.left, time, limit), sweep(.right, time, limit) else {
        break
      }
      forget(time)
      watermark = time
      pending = nil
    }
    return picks.take(shape)
  }

  package func nextOfRow(limit: Int) -> Batch? {
    steps = Self.stepLimit
    guard isWithinRow else { return nil }
    walk(&probes[0], bounded(limit), stopsAtRow: true)
    if probes[0].isDone { probes.removeFirst() }
    return picks.take(shape)
  }

  /// Fewer where rows are large.
  private func bounded(_ limit: Int) -> Int {
    max(1, min(limit, TextLimit.batchBytes / max(1, left.widest + right.widest)))
  }
}

extension JoinStore {
  /// The rows none of whose keys is null; nil where that is all.
  private func keyed(_ keys: [Column]) -> [UInt32]? {
    let flags = keys.compactMap(\.validity)
    guard let first = keys.first, !flags.isEmpty else { return nil }
    let rows = (0..<first.rowCount).filter { row in flags.allSatisfy { $0[row] != 0 } }
    return rows.count == first.rowCount ? nil : rows.map { UInt32(truncatingIfNeeded: $0) }
  }

  /// Stores rows of any times. They look for their matches, unless it is known what came of that:
  /// `matched` says which had one.
  func store(_ rows: Batch, _ side: JoinSide, matched: [Bool]?) {
    guard let times = rows.hidden.eventTimes?.ints, rows.rowCount > 0 else { return }
    let parts =
      side == .left
      ? left.parts(times, rows.rowCount) : right.parts(times, rows.rowCount)
    for (pane, numbers) in parts {
      guard let numbers else {
        insert(rows, pane, side, matched)
        continue
      }
      let known = matched.map { matched in numbers.map { matched[Int($0)] } }
      insert(rows.gathered(rows: numbers), pane, side, known)
    }
  }

  /// Stores rows of one pane.
  private func insert(_ rows: Batch, _ pane: JoinPane, _ side: JoinSide, _ matched: [Bool]?) {
    guard let times = rows.hidden.eventTimes, rows.rowCount > 0 else { return }
    let columns = shape.keys(side).map { rows.columns[$0].withoutDictionary() }
    let some = keyed(columns).map { Selection(numbers: $0) }
    // The keys' bytes may lie in them.
    defer { withExtendedLifetime((columns, some, times)) {} }
    let hashes = hashes.reserve(rows.rowCount)
    KeyHasher.hash(columns: columns, rowCount: rows.rowCount, selection: some, into: hashes)
    let list = RowList(
      rows: some.map { UnsafePointer($0.rows) } ?? identity.first(rows.rowCount),
      count: some?.count ?? rows.rowCount)
    let keys = JoinKeys(
      bytes: codec.bytes(of: columns, list, rowCount: rows.rowCount, scratch: scratch),
      hashes: UnsafePointer(hashes), list: list)
    let found = found.reserve(rows.rowCount)
    pane.table.find(keys.bytes, keys.hashes, list, into: found)
    let groups = groups.reserve(rows.rowCount)
    groups.update(repeating: JoinPane.none, count: rows.rowCount)
    for i in 0..<list.count { groups[Int(list.rows[i])] = found[i] }
    let first = UInt32(truncatingIfNeeded: pane.count)
    pane.append(
      rows.withoutTimes, times.ints, groups: groups, serial: serial,
      bounds: shape.bounds.flatMap { $0.side == side ? $0 : nil })
    serial += Int64(rows.rowCount)
    if side == .left { left.widen(to: pane.widest) } else { right.widen(to: pane.widest) }
    if let matched {
      settle(pane, first, side, matched)
    } else {
      look(side, pane, first, UnsafePointer(times.ints), 0..<rows.rowCount, keys)
    }
  }

  /// Rows that have looked before.
  private func settle(_ pane: JoinPane, _ first: UInt32, _ side: JoinSide, _ matched: [Bool]) {
    for (i, isMatched) in matched.enumerated() {
      let row = first &+ UInt32(truncatingIfNeeded: i)
      if isMatched {
        pane.mark(row)
      } else if shape.keepsUnmatched(side) {
        wait(side, pane, row)
      }
    }
  }

  /// A row comes out by itself unless it finds a match; at its own last time for one, if that is
  /// before what the interval says.
  private func wait(_ side: JoinSide, _ pane: JoinPane, _ row: UInt32) {
    var time = pane.times[row]
    if let limits = pane.limits { time = min(time, limits.last(of: row).minus(shape.above(side))) }
    pane.waiting.add(WaitingRow(time: time, row: row))
  }

  /// Notes where the chains of the rows' keys begin on the other side. Rows that together reach
  /// into many panes, each into a few, look by halves.
  private func look(
    _ side: JoinSide, _ pane: JoinPane, _ first: UInt32, _ times: UnsafePointer<Int64>,
    _ rows: Range<Int>, _ keys: JoinKeys
  ) {
    var (least, most) = (times[rows.lowerBound], times[rows.lowerBound])
    for row in rows {
      least = min(least, times[row])
      most = max(most, times[row])
    }
    let (below, above) = (shape.below(side), shape.above(side))
    let others = (side == .left ? right : left)
      .panes(from: least.minus(below), through: most.plus(above))
    if others.count > Self.paneLimit, rows.count > 1 {
      let middle = rows.lowerBound + rows.count / 2
      look(side, pane, first, times, rows.lowerBound..<middle, keys)
      look(side, pane, first, times, middle..<rows.upperBound, keys)
      return
    }
    let list = keys.list(rows)
    var heads = Array(repeating: JoinPane.none, count: rows.count * others.count)
    var isAny = shape.keepsUnmatched(side)
    let found = found.reserve(max(list.count, 1))
    for (place, other) in others.enumerated() {
      other.table.lookUp(keys.bytes, keys.hashes, list, into: found)
      let chains = other.heads.paged
      for i in 0..<list.count {
        let group = found[i]
        let head = group == GroupTable.missing ? JoinPane.none : chains[group]
        guard head != JoinPane.none else { continue }
        heads[(Int(list.rows[i]) - rows.lowerBound) * others.count + place] = head
        isAny = true
      }
    }
    guard isAny else { return }
    probes.append(
      JoinProbe(
        side: side, pane: pane, first: first &+ UInt32(truncatingIfNeeded: rows.lowerBound),
        count: rows.count, others: others.map(JoinOther.init), heads: heads))
  }
}

/// The keys of a batch's rows that have one.
private struct JoinKeys {
  let bytes: KeyBytes
  let hashes: UnsafePointer<UInt64>
  /// In ascending order.
  let list: RowList

  /// Those among some rows.
  func list(_ rows: Range<Int>) -> RowList {
    let first = place(of: rows.lowerBound)
    return RowList(rows: list.rows + first, count: place(of: rows.upperBound) - first)
  }

  private func place(of row: Int) -> Int {
    var (low, high) = (0, list.count)
    while low < high {
      let middle = (low + high) / 2
      if Int(list.rows[middle]) < row { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension Batch {
  /// Without what travels unseen, but for what tells the order among rows of one time.
  fileprivate var withoutTimes: Batch {
    let result = Batch(schema: schema, columns: columns, rowCount: rowCount)
    result.hidden.lanes = hidden.lanes
    result.hidden.places = hidden.places
    return result
  }
}

extension JoinStore {
  /// Follows the chains of rows that look, until there are `limit` results.
  private func walk(_ probe: inout JoinProbe, _ limit: Int, stopsAtRow: Bool = false) {
    let (below, above) = (shape.below(probe.side), shape.above(probe.side))
    let skipsMatched = shape.endsAtFirstMatch && probe.side == .right
    let isBounded = shape.bounds != nil
    var steps = steps
    var room = limit - picks.count
    let times = probe.pane.times.paged
    defer { self.steps = steps }
    while !probe.isDone {
      guard room > 0, steps > 0 else { return }
      steps -= 1
      let own = probe.own
      let time = times[own]
      let reach = JoinReach(first: time.minus(below), last: time.plus(above))
      chains: while let (other, start) = probe.chain() {
        // A chain in a pane beyond its reach begins for another row that looks with it.
        guard start != JoinPane.none, reach.meets(other) else {
          probe.endChain()
          continue
        }
        let covers = reach.covers(other)
        let (pane, cells) = (other.pane, JoinCells(other.pane))
        var (at, last) = (start, JoinPane.none)
        while at != JoinPane.none {
          guard room > 0, steps > 0 else { return probe.stop(at: at) }
          steps -= 1
          let next = cells.previous[at]
          var isOver = skipsMatched && cells.hasMatch(at)
          if !isOver, covers || reach.contains(cells.times[at]),
            !isBounded || fits(probe.pane, own, time, pane, at, cells)
          {
            room -= take(probe.side, probe.pane, own, pane, at)
            if shape.endsAtFirstMatch, probe.side == .left { break chains }
            isOver = skipsMatched
          }
          // Nothing asks for it any more. Where this began others will, so that stays.
          if isOver, last != JoinPane.none { cells.previous[last] = next } else { last = at }
          at = next
        }
        probe.endChain()
      }
      if shape.keepsUnmatched(probe.side), !probe.pane.hasMatch(own) {
        wait(probe.side, probe.pane, own)
      }
      probe.endRow()
      if stopsAtRow { return }
    }
  }

  /// Whether one row's event time lies between the bounds that the other has, if either has any.
  @inline(__always)
  private func fits(
    _ pane: JoinPane, _ row: UInt32, _ time: Int64, _ other: JoinPane, _ otherRow: UInt32,
    _ cells: JoinCells
  ) -> Bool {
    if let limits = pane.limits { return limits.contain(cells.times[otherRow], of: row) }
    if let limits = other.limits { return limits.contain(time, of: otherRow) }
    return true
  }

  /// Two rows match; how many results that makes.
  private func take(
    _ side: JoinSide, _ pane: JoinPane, _ row: UInt32, _ other: JoinPane, _ otherRow: UInt32
  ) -> Int {
    if side == .left {
      take(pane, row, other, otherRow)
    } else {
      take(other, otherRow, pane, row)
    }
  }

  private func take(
    _ left: JoinPane, _ row: UInt32, _ right: JoinPane, _ other: UInt32
  ) -> Int {
    switch shape.kind {
    case .inner: picks.add(left, row, right, other)
    case .left, .right, .full:
      picks.add(left, row, right, other)
      if shape.marksMatches(.left), !left.hasMatch(row) { left.mark(row) }
      if shape.marksMatches(.right), !right.hasMatch(other) { right.mark(other) }
    case .semi:
      left.mark(row)
      picks.add(.left, left, row)
    case .anti:
      left.mark(row)
      return 0
    }
    return 1
  }

  /// Puts out the rows of a side that nothing can match any more; false if there are more than
  /// `limit` results.
  private func sweep(_ side: JoinSide, _ time: Timestamp, _ limit: Int) -> Bool {
    guard shape.keepsUnmatched(side) else { return true }
    let bound = bound(side, time)
    for pane in side == .left ? left.panes : right.panes {
      // Rows with limits may go before their time.
      if let bound, pane.start >= bound, pane.limits == nil { break }
      while let first = pane.waiting.first, bound.map({ first.time < $0 }) ?? true {
        guard picks.count < limit, steps > 0 else { return false }
        steps -= 1
        pane.waiting.removeFirst()
        guard !pane.hasMatch(first.row) else { continue }
        pane.mark(first.row)
        picks.add(side, pane, first.row)
      }
    }
    return true
  }

  /// Drops panes of rows that nothing can match any more. Not before those of both sides are out:
  /// until then snapshots say row by row which are.
  private func forget(_ time: Timestamp) {
    if let bound = bound(.left, time) { left.drop(before: bound) } else { left.dropAll() }
    if let bound = bound(.right, time) { right.drop(before: bound) } else { right.dropAll() }
  }

  /// Rows of the side before it can find no match any more; nil: none can.
  private func bound(_ side: JoinSide, _ time: Timestamp) -> Int64? {
    time == .endOfTime ? nil : time.microseconds.minus(shape.above(side))
  }
}
