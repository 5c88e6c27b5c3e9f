package import Columns
package import Schemas

/// Which keys were seen, and when: what `dedupe` remembers.
///
/// The rows that went on lie in panes by slices of event time, each a table of keys with the time
/// of the one row that the slice can hold of a key, for rows of a key that went on are at least a
/// span apart and a slice is at most a span long. Panes only grow, and go as a whole when no row on
/// time can be near one of theirs: so keys cost no timers, a snapshot shares them, and a delta is
/// the end of each. Not thread-safe; snapshots are immutable.
package final class SightingStore {
  /// In one span lie so many slices: more let keys go sooner, and are more tables to look into.
  private static let slices: Int64 = 4

  private let keys: [Field]
  /// Microseconds.
  private let span: Int64
  /// How far behind the watermark rows are still judged.
  private let allowance: Int64
  private let slice: Int64
  let codec: KeyCodec
  /// By their starts. Where lateness is long and the span short they are very many.
  private(set) var panes: [SightingPane] = []
  private let identity = IdentityRows()
  private let scratch = KeyScratch()
  private var hashes = Scratch<UInt64>()
  private var groups = Scratch<UInt32>()
  private var chosen = Scratch<UInt32>()

  package init(keys: [Field], span: Int64, allowance: Int64) {
    self.keys = keys
    self.span = max(span, 1)
    self.allowance = max(allowance, 0)
    slice = max(1, self.span / Self.slices)
    codec = KeyCodec(keys.map(\.type))
  }

  /// What became of a batch's rows.
  package struct Verdict {
    /// The first of their keys, which go on.
    package let first: Selection
    package var late: Selection?
    /// Of those, rows whose own partition's watermark was not past them.
    package var lateAfterIdle = 0
  }

  /// Keys that are remembered, those of every slice counted. O(panes).
  package var count: Int { panes.reduce(0) { $0 + $1.table.count } }

  /// Judges rows in their order; `keys` are the key columns of the batch. A row is late if the
  /// watermark, its partition's own or the operator's, is past it by more than the allowance. The
  /// batch must carry event times. O(rows × slices of a span).
  package func judge(_ batch: Batch, keys: [Int], watermark: Timestamp) -> Verdict {
    let all = RowList(
      rows: batch.selection.map { UnsafePointer($0.rows) } ?? identity.first(batch.rowCount),
      count: batch.selectedCount)
    var verdict = Verdict(first: Selection(capacity: all.count))
    guard let times = batch.hidden.eventTimes?.ints, all.count > 0 else { return verdict }
    let split = LateSplit(batch, watermark, allowance: allowance)
    (verdict.late, verdict.lateAfterIdle) = (split.late, split.lateAfterIdle)
    let onTime = split.onTime.map { RowList(rows: UnsafePointer($0.rows), count: $0.count) } ?? all
    defer { withExtendedLifetime(split) {} }
    let columns = keys.map { batch.columns[$0].withoutDictionary() }
    // The keys' bytes may lie in them.
    defer { withExtendedLifetime(columns) {} }
    let hashes = hashes.reserve(batch.rowCount)
    KeyHasher.hash(
      columns: columns, rowCount: batch.rowCount, selection: batch.selection, into: hashes)
    let seen = SightedRows(
      keys: codec.bytes(of: columns, all, rowCount: batch.rowCount, scratch: scratch),
      hashes: UnsafePointer(hashes), times: UnsafePointer(times))
    var start = 0
    while start < onTime.count {
      let sliceStart = self.sliceStart(times[Int(onTime.rows[start])])
      var end = start + 1
      while end < onTime.count, contains(sliceStart, times[Int(onTime.rows[end])]) { end += 1 }
      take(seen, onTime.part(start..<end), sliceStart, verdict.first)
      start = end
    }
    return verdict
  }

  /// Forgets what no row on time can be near to any more; of many panes some at a time, so that
  /// each is moved seldom.
  package func expire(_ watermark: Timestamp) {
    let mark = watermark.microseconds
    guard mark > .min / 2 else { return }
    let count = panes.firstIndex { !isOver($0, mark) } ?? panes.count
    if count > panes.count / 64 { panes.removeFirst(count) }
  }

  private func isOver(_ pane: SightingPane, _ mark: Int64) -> Bool {
    let (end, overflows) = (pane.start &+ (slice &- 1)).addingReportingOverflow(span)
    let (last, overflowsToo) = end.addingReportingOverflow(allowance)
    return !overflows && !overflowsToo && last <= mark
  }

  /// Rows of one slice: those with a near row of their key in another pane go first, then the
  /// slice's own table tells the first of each key.
  private func take(
    _ seen: SightedRows, _ rows: RowList, _ sliceStart: Int64, _ first: Selection
  ) {
    let kept = chosen.reserve(max(rows.count, 1))
    var left = rows
    for pane in panesNear(sliceStart) where pane.start != sliceStart {
      left = seen.without(pane, span, left, groups: groups.reserve(left.count), into: kept)
      if left.count == 0 { return }
    }
    let pane = pane(sliceStart)
    pane.takeFirst(seen, left, groups: groups.reserve(left.count), into: first)
  }

  /// The panes with slices that may hold rows less than a span from rows of this one. O(log panes)
  /// besides them.
  private func panesNear(_ start: Int64) -> ArraySlice<SightingPane> {
    let (reach, overflows) = span.addingReportingOverflow(slice - 1)
    let most = overflows ? Int64.max : reach
    let (first, isBelow) = start.subtractingReportingOverflow(most - 1)
    let (last, isAbove) = start.addingReportingOverflow(most - 1)
    let from = place(of: isBelow ? .min : first)
    return panes[from...].prefix { isAbove || $0.start <= last }
  }

  /// The place of the first pane that begins at or after a time.
  private func place(of start: Int64) -> Int {
    var (low, high) = (0, panes.count)
    while low < high {
      let middle = (low + high) / 2
      if panes[middle].start < start { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func contains(_ start: Int64, _ time: Int64) -> Bool {
    time >= start && time &- start < slice
  }

  /// Times beyond 146,000 years count as that.
  private func sliceStart(_ time: Int64) -> Int64 {
    let time = min(max(time, .min / 2), .max / 2)
    let rest = time % slice
    return time &- (rest < 0 ? rest &+ slice : rest)
  }

  private func pane(_ start: Int64) -> SightingPane {
    let place = place(of: start)
    if place < panes.count, panes[place].start == start { return panes[place] }
    let pane = SightingPane(start)
    panes.insert(pane, at: place)
    return pane
  }
}

extension SightingStore {
  package static let stateName = "seen"

  package var declaration: StateDeclaration {
    StateDeclaration(
      name: Self.stateName, kind: .keyed, schema: schema, keyColumns: keys.count + 1,
      parameters: "within \(span)")
  }

  private static let timeName = "seen_at"
  var schema: Schema { Schema(keys + [Field(Self.timeName, .timestamp)]) }

  /// All that is remembered, or only what is new since the last snapshot. O(panes + new keys).
  package func snapshot(full: Bool) -> any StateSnapshot {
    let shares = panes.map { pane in
      defer { pane.snapshotCount = pane.table.count }
      return SightingSnapshot.Share(
        table: pane.table.share(), times: pane.times.share(),
        from: full ? 0 : UInt32(pane.snapshotCount))
    }
    return SightingSnapshot(schema: schema, codec: codec, isDelta: !full, panes: shares)
  }

  /// Takes over the rows of a block of the state. O(rows).
  package func restore(_ batch: Batch) {
    let batch = batch.gathered()
    guard batch.rowCount > 0 else { return }
    let columns = batch.columns[..<keys.count].map { $0.withoutDictionary() }
    defer { withExtendedLifetime((batch, columns)) {} }
    let hashes = hashes.reserve(batch.rowCount)
    KeyHasher.hash(columns: columns, rowCount: batch.rowCount, selection: nil, into: hashes)
    let list = RowList(rows: identity.first(batch.rowCount), count: batch.rowCount)
    let times = UnsafePointer(batch.columns[keys.count].ints)
    let seen = SightedRows(
      keys: codec.bytes(of: columns, list, rowCount: batch.rowCount, scratch: scratch),
      hashes: UnsafePointer(hashes), times: times)
    let first = Selection(capacity: 1)
    for row in 0..<batch.rowCount {
      first.count = 0
      pane(sliceStart(times[row])).takeFirst(
        seen, list.part(row..<row + 1), groups: groups.reserve(1), into: first)
    }
  }
}

/// The keys of one slice of time.
final class SightingPane {
  let start: Int64
  /// Small to begin with: a pane may hold one key.
  let table = GroupTable(slotCount: 16, entryCapacity: 4)
  /// By group: the event time of the row that went on.
  let times = Cells<Int64>(0)
  /// Keys that the last snapshot held.
  var snapshotCount = 0

  init(_ start: Int64) { self.start = start }

  /// Remembers the keys that are new and adds the first row of each.
  func takeFirst(
    _ seen: SightedRows, _ rows: RowList, groups: UnsafeMutablePointer<UInt32>,
    into first: Selection
  ) {
    var count = table.count
    table.find(seen.keys, seen.hashes, rows, into: groups)
    guard table.count > count else { return }
    times.grow(to: table.count)
    // Groups are numbered in the order of their first rows.
    for i in 0..<rows.count where Int(groups[i]) == count {
      let row = rows.rows[i]
      times[groups[i]] = seen.times[Int(row)]
      first.rows[first.count] = row
      first.count += 1
      count += 1
    }
  }
}

/// The rows of a batch as panes look at them.
struct SightedRows {
  let keys: KeyBytes
  let hashes: UnsafePointer<UInt64>
  let times: UnsafePointer<Int64>

  /// The rows that have no row of their key in the pane less than `span` away. `target` may be
  /// where the rows lie.
  func without(
    _ pane: SightingPane, _ span: Int64, _ rows: RowList,
    groups: UnsafeMutablePointer<UInt32>, into target: UnsafeMutablePointer<UInt32>
  ) -> RowList {
    pane.table.lookUp(keys, hashes, rows, into: groups)
    let nullGroup = keys.validity == nil ? nil : pane.table.knownNullGroup
    var count = 0
    for i in 0..<rows.count {
      let row = rows.rows[i]
      var group = groups[i]
      if let nullGroup, let validity = keys.validity, validity[Int(row)] == 0 { group = nullGroup }
      if group != GroupTable.missing {
        let time = times[Int(row)]
        let other = pane.times[group]
        let (distance, overflows) = max(time, other).subtractingReportingOverflow(min(time, other))
        if !overflows && distance < span { continue }
      }
      target[count] = row
      count += 1
    }
    return RowList(rows: UnsafePointer(target), count: count)
  }
}

extension RowList {
  /// Some of the rows.
  func part(_ range: Range<Int>) -> RowList {
    RowList(rows: rows + range.lowerBound, count: range.count)
  }
}
