package import Columns
package import Schemas

/// The last row of each key in a span of time: what `dedupe … keep last` holds until the span is
/// over.
///
/// Rows of a key must come in the order of event time, and all of them mostly do. The first of a
/// key begins a span, as does the next that is a span or more behind it; so spans end in the order
/// in which they began, and deadlines need no heap. A span's start travels with its row in state; a
/// restore takes the last row of each, and drops those that are out. Not thread-safe; snapshots are
/// immutable.
package final class LatestRows {
  package static let stateName = "rows"
  private static let startName = "$start"
  private static let none = UInt64.max
  /// So many keys or spans that are over may lie about, whatever else is there.
  private static let roomyKeys = 4096

  private struct Span {
    var start: Int64
    /// Its last row, on the shelf.
    var row: UInt32
    var key: UInt32
    /// The place of its last row in the batch at hand.
    var mark: UInt32 = 0
  }

  private let schema: Schema
  /// With the start of each row's span.
  private let heldSchema: Schema
  private let keys: [Int]
  private let length: Int64
  private let codec: KeyCodec
  private var table = GroupTable()
  /// By key: the number of its last span.
  private var current: [UInt64] = []
  private var spans: [Span] = []
  /// The first of them that is not out, and the number of the first.
  private var head = 0
  private var firstNumber: UInt64 = 0
  /// A span has begun behind one that begins later: of key groups that were less far when they were
  /// restored.
  private var isDisordered = false
  private var shelf = RowShelf()
  private let identity = IdentityRows()
  private let scratch = KeyScratch()
  private var hashes = Scratch<UInt64>()
  private var groups = Scratch<UInt32>()

  /// `length`: of a span, in microseconds.
  package init(schema: Schema, keys: [Int], length: Int64) {
    self.schema = schema
    self.keys = keys
    self.length = max(length, 1)
    codec = KeyCodec(keys.map { schema[$0].type })
    heldSchema = Schema(schema.fields + [Field(Self.startName, .timestamp, hidden: true)])
  }

  /// Spans that are not out.
  package var count: Int { spans.count - head }

  /// No row that is held is before it; nil where none is.
  package var earliest: Timestamp? {
    head < spans.count ? Timestamp(microseconds: spans[head].start) : nil
  }

  /// Takes rows that are in the order of their event times, behind all that came before.
  package func add(_ batch: Batch) {
    guard let times = batch.hidden.eventTimes?.ints, batch.selectedCount > 0 else { return }
    let list = RowList(
      rows: batch.selection.map { UnsafePointer($0.rows) } ?? identity.first(batch.rowCount),
      count: batch.selectedCount)
    let groups = find(batch, list)
    // The place of each row's span.
    var places: [Int] = []
    places.reserveCapacity(list.count)
    for i in 0..<list.count {
      let place = place(of: groups[i], at: times[Int(list.rows[i])])
      places.append(place)
      spans[place].mark = UInt32(truncatingIfNeeded: i)
    }
    let chosen = places.indices.filter { spans[places[$0]].mark == $0 }
    hold(batch, chosen.map { list.rows[$0] }, of: chosen.map { places[$0] })
  }

  /// The span of a key that a row at a time belongs to.
  private func place(of key: UInt32, at time: Int64) -> Int {
    let number = current[Int(key)]
    if number != Self.none, number >= firstNumber + UInt64(head) {
      let place = Int(number - firstNumber)
      if time < end(spans[place]) { return place }
    }
    return begin(key, at: time)
  }

  private func begin(_ key: UInt32, at time: Int64) -> Int {
    if let last = spans.last, last.start > time { isDisordered = true }
    current[Int(key)] = firstNumber + UInt64(spans.count)
    spans.append(Span(start: time, row: .max, key: key))
    return spans.count - 1
  }

  private func find(_ batch: Batch, _ list: RowList) -> UnsafeMutablePointer<UInt32> {
    let columns = keys.map { batch.columns[$0].withoutDictionary() }
    // The keys' bytes may lie in them.
    defer { withExtendedLifetime(columns) {} }
    let hashes = hashes.reserve(batch.rowCount)
    KeyHasher.hash(
      columns: columns, rowCount: batch.rowCount, selection: batch.selection, into: hashes)
    let bytes = codec.bytes(of: columns, list, rowCount: batch.rowCount, scratch: scratch)
    let groups = groups.reserve(list.count)
    table.find(bytes, hashes, list, into: groups)
    while current.count < table.count { current.append(Self.none) }
    return groups
  }

  /// Puts the last rows of spans in the place of those before.
  private func hold(_ batch: Batch, _ rows: [UInt32], of places: [Int]) {
    let taken = batch.gathered(rows: rows)
    let starts = Column(fixed: .timestamp, rowCount: rows.count)
    for (k, place) in places.enumerated() { starts.ints[k] = spans[place].start }
    let held = Batch(
      schema: heldSchema, columns: taken.columns + [starts], rowCount: rows.count,
      hidden: taken.hidden)
    held.hidden.lateWatermarks = nil
    var number = UInt32(truncatingIfNeeded: shelf.add(held))
    for place in places {
      if spans[place].row != .max { shelf.letGo(spans[place].row) }
      spans[place].row = number
      number += 1
    }
    tidy()
  }

  private func end(_ span: Span) -> Int64 {
    let (end, overflows) = span.start.addingReportingOverflow(length)
    return overflows ? .max : end
  }

  /// The rows of the next spans that end at or before the watermark, in the order in which those
  /// began; nil where there are none.
  package func take(_ watermark: Timestamp, limit: Int = Batch.rowLimit) -> Batch? {
    if isDisordered { sort() }
    let mark = watermark.microseconds
    var rows: [UInt32] = []
    while head + rows.count < spans.count, rows.count < limit,
      end(spans[head + rows.count]) <= mark
    {
      rows.append(spans[head + rows.count].row)
    }
    guard !rows.isEmpty else {
      tidy()
      return nil
    }
    let part = rows.prefix(shelf.bound(rows[...], limit: limit))
    let held = shelf.gathered(part)
    for row in part { shelf.letGo(row) }
    head += part.count
    return Batch(
      schema: schema, columns: Array(held.columns.dropLast()), rowCount: part.count,
      hidden: held.hidden)
  }

  private func sort() {
    isDisordered = false
    let ordered = spans[head...].enumerated().sorted { a, b in
      (a.element.start, a.offset) < (b.element.start, b.offset)
    }
    for (offset, span) in ordered.enumerated() {
      spans[head + offset] = span.element
      current[Int(span.element.key)] = firstNumber + UInt64(head + offset)
    }
  }

  /// Lets go of spans that are out and, where the others are few, of their keys and rows.
  private func tidy() {
    if head > Self.roomyKeys, head * 2 > spans.count {
      spans.removeFirst(head)
      firstNumber += UInt64(head)
      head = 0
    }
    if table.count > 2 * count + Self.roomyKeys { tidyKeys() }
    guard let move = shelf.tidy() else { return }
    for place in head..<spans.count { spans[place].row = move.numbers[Int(spans[place].row)] }
  }

  private func tidyKeys() {
    let kept = GroupTable()
    var numbers: [UInt64] = []
    for place in head..<spans.count {
      let key = kept.find(spans[place].key, of: table)
      if Int(key) == numbers.count { numbers.append(Self.none) }
      numbers[Int(key)] = firstNumber + UInt64(place)
      spans[place].key = key
    }
    table = kept
    current = numbers
  }
}

extension LatestRows {
  package var declaration: StateDeclaration {
    var declaration = HeldRows.declaration(of: heldSchema, named: Self.stateName)
    declaration.parameters = "within \(length)"
    return declaration
  }

  /// All rows that are held, or only those that came since the last snapshot. O(rows).
  package func snapshot(full: Bool) -> any StateSnapshot {
    OrderedSnapshot(
      state: declaration, keys: keys, isDelta: !full, shares: shelf.snapshot(full: full))
  }

  /// Up to where spans are out, of a worker's key groups: workers need not be equally far.
  package func passed(_ watermark: Timestamp, of keyGroups: Range<Int>) -> StateBlock {
    PassedRows.block(.last(before: watermark), of: keyGroups)
  }

  /// Takes over restored rows: of those of one span the last, and of spans those that are not out.
  /// O(rows × log rows).
  package func finishRestore(_ blocks: [StateBlock], _ places: PassedRows) {
    let blocks = blocks.map { open(of: $0, places) }.filter { $0.rowCount > 0 }
    guard !blocks.isEmpty else { return }
    let rows = Batch.concatenated(blocks)
    let starts = rows.columns[schema.count].ints
    let tags = RunTags(rows.hidden)
    let order = (0..<UInt32(truncatingIfNeeded: rows.rowCount)).sorted { a, b in
      let (x, y) = (starts[Int(a)], starts[Int(b)])
      if x != y { return x < y }
      return tags[a] < tags[b] || (!(tags[b] < tags[a]) && a < b)
    }
    for part in stride(from: 0, to: order.count, by: Batch.rowLimit) {
      restore(rows.gathered(rows: Array(order[part..<min(part + Batch.rowLimit, order.count)])))
    }
    withExtendedLifetime(rows) {}
  }

  /// The rows of a block whose spans are not out.
  private func open(of block: StateBlock, _ places: PassedRows) -> Batch {
    let rows = HeldRows.rows(of: block, heldSchema)
    guard case .keyGroup(let group) = block.scope, let passed = places[Int(group.number)] else {
      return rows
    }
    let starts = rows.columns[schema.count].ints
    let open = (0..<UInt32(truncatingIfNeeded: rows.rowCount)).filter {
      end(Span(start: starts[Int($0)], row: 0, key: 0)) - 1 > passed.time
    }
    return open.count == rows.rowCount ? rows : rows.gathered(rows: open)
  }

  private func restore(_ rows: Batch) {
    let starts = rows.columns[schema.count].ints
    let list = RowList(rows: identity.first(rows.rowCount), count: rows.rowCount)
    let groups = find(rows, list)
    var last: [Int: Int] = [:]
    for row in 0..<rows.rowCount {
      let number = current[Int(groups[row])]
      let known = number == Self.none ? nil : Int(number - firstNumber)
      if let known, spans[known].start == starts[row] {
        last[known] = row
      } else {
        last[begin(groups[row], at: starts[row])] = row
      }
    }
    let chosen = last.sorted { $0.value < $1.value }
    let plain = Batch(
      schema: schema, columns: Array(rows.columns.dropLast()), rowCount: rows.rowCount,
      hidden: rows.hidden)
    hold(plain, chosen.map { UInt32(truncatingIfNeeded: $0.value) }, of: chosen.map(\.key))
  }
}
