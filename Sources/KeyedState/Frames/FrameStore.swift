package import Columns
package import Schemas

/// Which rows before a row are its frame, with the row itself.
package enum FrameRule: Sendable {
  /// So many.
  case rows(Int64)
  /// Those less than or exactly so many microseconds before it, and its peers: rows of its key with
  /// the same event time, wherever they stand.
  case time(Int64)
}

/// The rows that frames of rows to come may hold: what `over` keeps, by key.
///
/// Rows must come in the order of event time, with their order tags; of frames of time all peers at
/// once. A row's frame is looked at row by row, so a row costs as much as its frame holds, and
/// results depend on nothing but the frame: neither on batches nor on restores. Not thread-safe;
/// snapshots are immutable.
package final class FrameStore {
  package static let stateName = "rows"
  /// So many keys or deadlines that are over may lie about, whatever else is there.
  private static let roomyKeys = 4096

  let configuration: WindowStore.Configuration
  let inputs: WindowInputs
  /// Knows how to read keys; it has no panes.
  let reader: WindowStore
  private let schema: Schema
  private let rule: FrameRule
  private var keys = Pane(PaneKey(slice: 0, from: .min), [])
  /// By key: its rows, on the shelf, in their order.
  private var members: [[UInt32]] = []
  private var liveKeys = 0
  private var shelf = RowShelf()
  /// By the shelf's numbers.
  private var times: [Int64] = []
  /// When keys may have rows to forget, in order.
  private var deadlines: [(time: Int64, key: UInt32)] = []
  private var firstDeadline = 0

  /// `schema`: the keys, then what aggregates read. Fails with an aggregate that this build cannot
  /// compute.
  package init(
    schema: Schema, keyCount: Int, aggregates: [AggregateSpec], inputs: WindowInputs,
    rule: FrameRule
  ) throws(UnknownAggregate) {
    configuration = WindowStore.Configuration(
      grid: WindowGrid(size: 1, slide: 1, offset: 0), keys: Array(schema.fields.prefix(keyCount)),
      aggregates: aggregates, tracksChanges: false)
    self.schema = schema
    self.inputs = inputs
    self.rule = rule
    reader = try WindowStore(configuration)
  }

  /// Keys that have rows.
  var keyCount: Int { liveKeys }

  /// Rows that frames to come may hold.
  var rowCount: Int { shelf.keptCount }

  /// Takes rows without selection, and says what their frames are.
  /// O(rows + rows that their keys hold).
  package func add(_ batch: Batch) -> Frames {
    let groups = take(batch)
    defer { trim(groups.touched) }
    return frames(groups)
  }

  /// The keys of a batch's rows, and where in the rows of its key each stands.
  private struct Taken {
    /// Each once.
    var touched: [UInt32] = []
    /// By row: the place of its key in `touched`, and its place among the key's rows.
    var rows: [(slot: Int, place: Int)] = []
    /// By touched key: how many rows it had before.
    var known: [Int] = []
  }

  private func take(_ batch: Batch) -> Taken {
    let list = RowList(
      rows: reader.work.identity.first(batch.rowCount), count: batch.rowCount)
    let found = reader.keys(
      Array(batch.columns.prefix(configuration.keys.count)), list, rowCount: batch.rowCount,
      selection: nil)
    let groups = reader.work.groups.reserve(batch.rowCount)
    found.find(keys, list, into: groups)
    while members.count < keys.groupCount { members.append([]) }
    let moments = batch.hidden.eventTimes?.ints
    var number = UInt32(truncatingIfNeeded: shelf.add(batch))
    var taken = Taken()
    taken.rows.reserveCapacity(batch.rowCount)
    var slots: [UInt32: Int] = [:]
    for row in 0..<batch.rowCount {
      let key = groups[row]
      let slot: Int
      if let known = slots[key] {
        slot = known
      } else {
        slot = taken.touched.count
        slots[key] = slot
        taken.touched.append(key)
        taken.known.append(members[Int(key)].count)
        if members[Int(key)].isEmpty { liveKeys += 1 }
      }
      taken.rows.append((slot, members[Int(key)].count))
      members[Int(key)].append(number)
      times.append(moments?[row] ?? 0)
      number += 1
    }
    return taken
  }

  /// All rows of the keys, one key after the other, and each row's frame among them.
  private func frames(_ taken: Taken) -> Frames {
    var numbers: [UInt32] = []
    var bounds: [Range<Int>] = []
    var starts: [Int] = []
    for (slot, key) in taken.touched.enumerated() {
      starts.append(bounds.count - taken.known[slot])
      let start = numbers.count
      bounds += self.bounds(members[Int(key)], from: taken.known[slot]).map {
        $0.lowerBound + start..<$0.upperBound + start
      }
      numbers += members[Int(key)]
    }
    let work =
      numbers.isEmpty
      ? Batch(schema: schema, columns: [], rowCount: 0) : shelf.gathered(numbers[...])
    return Frames(
      self, work, taken.rows.map { bounds[starts[$0.slot] + $0.place] })
  }

  /// The frames of a key's rows from one on, as places among the key's rows.
  private func bounds(_ rows: [UInt32], from first: Int) -> [Range<Int>] {
    switch rule {
    case .rows(let count):
      let most = Int(clamping: count)
      return (first..<rows.count).map { max(0, $0 - most)..<$0 + 1 }
    case .time(let length):
      var bounds: [Range<Int>] = []
      var (low, end) = (0, first)
      for place in first..<rows.count {
        let time = times[Int(rows[place])]
        while isBefore(times[Int(rows[low])], time, by: length) { low += 1 }
        while end < rows.count, times[Int(rows[end])] == time { end += 1 }
        bounds.append(low..<end)
      }
      return bounds
    }
  }

  /// Whether a time is more than a length before another.
  private func isBefore(_ early: Int64, _ late: Int64, by length: Int64) -> Bool {
    let (distance, overflows) = late.subtractingReportingOverflow(early)
    return overflows ? late > early : distance > length
  }

  /// Forgets what no later row's frame can hold.
  private func trim(_ touched: [UInt32]) {
    for key in touched {
      guard let last = members[Int(key)].last else { continue }
      switch rule {
      case .rows(let count):
        drop(members[Int(key)].count - Int(clamping: count), of: key)
      case .time(let length):
        let time = times[Int(last)]
        deadlines.append((time, key))
        drop(before: time, length, of: key)
      }
    }
    tidy()
  }

  private func drop(before time: Int64, _ length: Int64, of key: UInt32) {
    let rows = members[Int(key)]
    drop(rows.prefix { isBefore(times[Int($0)], time, by: length) }.count, of: key)
  }

  private func drop(_ count: Int, of key: UInt32) {
    guard count > 0 else { return }
    for row in members[Int(key)].prefix(count) { shelf.letGo(row) }
    members[Int(key)].removeFirst(count)
    if members[Int(key)].isEmpty { liveKeys -= 1 }
  }

  /// Forgets rows that no frame can hold once the watermark is there. O(rows that go).
  package func expire(_ watermark: Timestamp) {
    guard case .time(let length) = rule, watermark.microseconds > .min / 2 else { return }
    let mark = watermark.microseconds
    while firstDeadline < deadlines.count,
      mark == .max || isBefore(deadlines[firstDeadline].time, mark, by: length)
    {
      let key = deadlines[firstDeadline].key
      if mark == .max {
        drop(members[Int(key)].count, of: key)
      } else {
        drop(before: mark, length, of: key)
      }
      firstDeadline += 1
    }
    tidy()
  }
}

extension FrameStore {
  /// Moves rows and keys that count to others where they are few.
  private func tidy() {
    if firstDeadline > Self.roomyKeys, firstDeadline * 2 > deadlines.count {
      deadlines.removeFirst(firstDeadline)
      firstDeadline = 0
    }
    if keys.groupCount > 2 * liveKeys + Self.roomyKeys { tidyKeys() }
    guard let move = shelf.tidy() else { return }
    times = move.kept.map { times[Int($0)] }
    for key in members.indices { members[key] = members[key].map { move.numbers[Int($0)] } }
  }

  private func tidyKeys() {
    let moved = Pane(PaneKey(slice: 0, from: .min), [])
    var numbers = Array(repeating: UInt32.max, count: members.count)
    var kept: [[UInt32]] = []
    for key in members.indices where !members[key].isEmpty {
      numbers[key] = moved.table.find(UInt32(truncatingIfNeeded: key), of: keys.table)
      kept.append(members[key])
    }
    deadlines = deadlines[firstDeadline...].compactMap { deadline in
      let key = numbers[Int(deadline.key)]
      return key == .max ? nil : (deadline.time, key)
    }
    firstDeadline = 0
    (keys, members) = (moved, kept)
  }

  package var declaration: StateDeclaration {
    var declaration = HeldRows.declaration(of: schema, named: Self.stateName)
    declaration.parameters = "\(rule)"
    return declaration
  }

  /// All rows that are held, or only those that came since the last snapshot. O(rows).
  package func snapshot(full: Bool) -> any StateSnapshot {
    OrderedSnapshot(
      state: declaration, keys: Array(configuration.keys.indices), isDelta: !full,
      shares: shelf.snapshot(full: full))
  }

  /// The rows of a block of the state, for `finishRestore`.
  package func rows(of block: StateBlock) -> Batch { HeldRows.rows(of: block, schema) }

  /// Takes over restored rows, in the order of their tags. What the frames had left is among them
  /// and leaves again. O(rows × log rows).
  package func finishRestore(_ blocks: [Batch]) {
    let blocks = blocks.filter { $0.rowCount > 0 }
    guard !blocks.isEmpty else { return }
    let rows = Batch.concatenated(blocks)
    let tags = RunTags(rows.hidden)
    let order = tags.order(rows.rowCount)
    for start in stride(from: 0, to: order.count, by: Batch.rowLimit) {
      let part = Array(order[start..<min(start + Batch.rowLimit, order.count)])
      trim(take(rows.gathered(rows: part)).touched)
    }
    withExtendedLifetime(rows) {}
  }
}
