package import Columns
package import Schemas

/// When the last rows of each key passed, as far as a cap still looks back.
///
/// Rows must come in the order of event time. So times lie in one list, in order, each with the one
/// of its key before it: the first go as they get too old, and of a key no more are there than its
/// cap of the longest span lets through. Not thread-safe; snapshots are immutable copies that share
/// its pages.
package final class FrequencyCapStore {
  /// Fewer than `count` rows in any `span` (microseconds) before a row let it pass.
  package struct Cap: Hashable, Sendable {
    let count: Int64
    let span: Int64

    package init(count: Int64, span: Int64) {
      self.count = count
      self.span = span
    }
  }

  /// When a row passed.
  struct Passage: BitwiseCopyable, Sendable {
    var time: Int64
    /// The passage of its key before it; `none` of the first.
    var before: UInt32
    var key: UInt32
  }

  static let none = UInt32.max
  /// So many passages that are too old may lie about.
  private static let roomy = 4_096

  let keys: KeptKeys
  private let caps: [Cap]
  private let mostRows: Int64
  private let longest: Int64
  private(set) var passages = Cells(Passage(time: 0, before: FrequencyCapStore.none, key: 0))
  private(set) var end: UInt32 = 0
  /// The first that is not too old.
  private(set) var start: UInt32 = 0
  /// Those before it were in the last snapshot.
  private var snapshotEnd: UInt32 = 0
  /// By key: its last passage.
  private var last = Cells(FrequencyCapStore.none)

  package init(keys: [Field], caps: [Cap]) {
    self.keys = KeptKeys(keys)
    self.caps = caps
    mostRows = caps.map(\.count).max() ?? 0
    longest = caps.map(\.span).max() ?? 0
  }

  /// Passages that are kept.
  package var count: Int { Int(end - start) }

  /// Keys that have some.
  package var keyCount: Int { keys.keptCount }

  /// The rows that pass and those that don't. The batch has event times and no selection.
  /// O(rows × the largest cap) at most; of a row no more than its key's passages are looked at.
  package func take(_ batch: Batch, keys places: [Int]) -> (passed: Selection, capped: Selection) {
    let passed = Selection(capacity: max(batch.rowCount, 1))
    let capped = Selection(capacity: max(batch.rowCount, 1))
    guard let times = batch.hidden.eventTimes?.ints, batch.rowCount > 0 else {
      return (passed, capped)
    }
    let found = keys.find(places.map { batch.columns[$0] }, rowCount: batch.rowCount)
    last.grow(to: keys.count)
    for row in 0..<batch.rowCount {
      let number = UInt32(truncatingIfNeeded: row)
      if mayPass(found[row], times[row]) {
        add(found[row], times[row])
        passed.append(number)
      } else {
        capped.append(number)
      }
    }
    return (passed, capped)
  }

  private func mayPass(_ key: UInt32, _ time: Int64) -> Bool {
    var next = last[key]
    var rows: Int64 = 0
    while next != Self.none, next >= start, rows < mostRows {
      let passage = passages[next]
      rows += 1
      let age = time.minus(passage.time)
      if age >= longest { return true }
      for cap in caps where cap.count == rows && age < cap.span { return false }
      next = passage.before
    }
    return true
  }

  private func add(_ key: UInt32, _ time: Int64) {
    passages.grow(to: Int(end) + 1)
    passages.set(end, Passage(time: time, before: last[key], key: key))
    last.set(key, end)
    end += 1
    if !keys.isKept(key) { keys.keep(key) }
  }

  /// No row with a smaller event time comes any more: what no cap looks back to goes. Amortised
  /// O(1) a passage.
  package func advance(to watermark: Timestamp) {
    let time = watermark.microseconds
    while start < end, watermark == .endOfTime || time.minus(passages[start].time) >= longest {
      let key = passages[start].key
      if last[key] == start { keys.release(key) }
      start += 1
    }
    if keys.isSparse || Int(start) > 2 * count + Self.roomy { tidy() }
  }

  /// Moves passages and keys that count to the beginning. O(those).
  private func tidy() {
    var numbers = Array(repeating: Self.none, count: keys.count)
    for (number, key) in keys.renumber().enumerated() {
      numbers[Int(key)] = UInt32(truncatingIfNeeded: number)
    }
    let old = passages
    passages = Cells(Passage(time: 0, before: Self.none, key: 0))
    passages.grow(to: count)
    last = Cells(Self.none)
    last.grow(to: keys.count)
    for place in start..<end {
      var passage = old[place]
      passage.key = numbers[Int(passage.key)]
      let isFirst = passage.before == Self.none || passage.before < start
      passage.before = isFirst ? Self.none : passage.before - start
      passages.set(place - start, passage)
      last.set(passage.key, place - start)
    }
    end -= start
    snapshotEnd = snapshotEnd > start ? snapshotEnd - start : 0
    start = 0
  }
}

extension FrequencyCapStore {
  package static let stateName = "passed"

  /// Shorter spans or fewer rows would do with what is kept; longer ones would miss what is gone.
  package var declaration: StateDeclaration {
    StateDeclaration(
      name: Self.stateName, kind: .keyed,
      schema: Schema(keys.fields + [Field("$time", .timestamp)]), keyColumns: 0,
      parameters: "per \(longest)")
  }

  /// All passages that are kept, or only those since the last snapshot: which are too old time
  /// tells. O(pages), and O(passages) in writing.
  package func snapshot(full: Bool) -> any StateSnapshot {
    let first = full ? start : max(start, snapshotEnd)
    snapshotEnd = end
    return PassageSnapshot(
      declaration, keys, passages.share(), first..<end, isDelta: !full)
  }

  /// Takes over blocks of the state. O(passages × log passages).
  package func finishRestore(_ blocks: [Batch]) {
    let blocks = blocks.map { $0.gathered() }.filter { $0.rowCount > 0 }
    guard !blocks.isEmpty else { return }
    let rows = Batch.concatenated(blocks)
    let found = keys.find(Array(rows.columns.prefix(keys.fields.count)), rowCount: rows.rowCount)
    last.grow(to: keys.count)
    let times = rows.columns[keys.fields.count].withFixedValues()
    for row in (0..<rows.rowCount).sorted(by: { times.ints[$0] < times.ints[$1] }) {
      add(found[row], times.ints[row])
    }
    withExtendedLifetime(times) {}
  }
}

/// Some passages, as they were at a barrier.
private final class PassageSnapshot: StateSnapshot, @unchecked Sendable {
  let isDelta: Bool
  private let state: StateDeclaration
  private let codec: KeyCodec
  private let table: GroupTable
  private let range: Range<UInt32>
  private var passages: Cells<FrequencyCapStore.Passage>?

  init(
    _ state: StateDeclaration, _ keys: KeptKeys, _ passages: Cells<FrequencyCapStore.Passage>,
    _ range: Range<UInt32>, isDelta: Bool
  ) {
    self.state = state
    self.isDelta = isDelta
    self.passages = passages
    self.range = range
    codec = keys.codec
    table = keys.table.share()
  }

  /// Key group by key group. Frees its share of the passages at the end.
  func write(to writer: any StateWriter) throws {
    guard let passages else { return }
    let places = PlacesByKeyGroup(Array(range)) { table.hash(passages[$0].key) }
    for group in 0..<KeyGroup.count {
      for chunk in places.chunks(group, limit: Batch.rowLimit) {
        let times = Column(fixed: .timestamp, rowCount: chunk.count)
        for (row, place) in chunk.enumerated() { times.ints[row] = passages[place].time }
        let keys = codec.columns(chunk.count) {
          table.key(passages[chunk[chunk.startIndex + $0]].key)
        }
        let rows = Batch(schema: state.schema, columns: keys + [times], rowCount: chunk.count)
        try writer.write(
          StateBlock(state: state.name, scope: .keyGroup(KeyGroup(UInt16(group))), rows: rows))
      }
    }
    self.passages = nil
  }
}
