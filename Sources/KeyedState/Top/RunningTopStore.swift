package import Columns
package import Schemas

/// The best rows of each group of all rows so far.
///
/// A row lies as bytes that compare as rows rank and from which it can be read: what `by` says, its
/// other columns, its time and lane. Of rows that only come each group keeps its best; where rows
/// are taken back it keeps all, for the next one comes in the place of one that is gone. Not
/// thread-safe; snapshots are immutable.
package final class RunningTopStore {
  package static let stateName = "rows"
  /// Time and lane.
  static let tagBytes = 16

  let schema: Schema
  let rule: RunningTopRule
  let keys: SortKeys
  let types: [DataType]
  private let codec: KeyCodec
  private(set) var table = GroupTable()
  let set = ValueSet(.ordered)
  /// Groups that had rows when the table was last tidied.
  private var liveCount = 0
  private let identity = IdentityRows()
  private let groupScratch = KeyScratch()
  private let rowScratch = KeyScratch()
  private var hashes = Scratch<UInt64>()
  private var groups = Scratch<UInt32>()
  private var isMet: [Bool] = []

  package init(schema: Schema, rule: RunningTopRule) {
    self.schema = schema
    self.rule = rule
    keys = rule.keys(schema)
    types = schema.fields.map(\.type)
    codec = KeyCodec(rule.top.per.map { schema[$0].type })
  }

  /// Rows that are kept.
  package var count: Int {
    (0..<UInt32(table.count)).reduce(0) { $0 + Int(set.order.weight(set.root($1))) }
  }

  /// Groups that have rows. O(groups).
  var keyCount: Int { self.set.groupCount }

  /// Takes rows in, or back as their kinds say, and gives what has become of the best rows of their
  /// groups, in batches of about so many rows. `result` has a column of ranks behind the rows'
  /// where they are wanted. O(rows × log kept + touched groups × best rows).
  package func absorb(
    _ batch: Batch, result: Schema, rowLimit: Int = Batch.rowLimit
  ) -> [Batch] {
    guard batch.selectedCount > 0 else { return [] }
    let list = RowList(
      rows: batch.selection.map { UnsafePointer($0.rows) } ?? identity.first(batch.rowCount),
      count: batch.selectedCount)
    let groups = find(batch, list)
    let bytes = keys.bytes(of: batch, list, scratch: rowScratch)
    var parts: (given: GroupedRows, taken: GroupedRows) = (GroupedRows(), GroupedRows())
    let kinds = batch.hidden.rowKinds?.ints
    for i in 0..<list.count {
      let (group, row) = (groups[i], list.rows[i])
      if let kinds, RowKind.takesBack(kinds[Int(row)]) {
        parts.taken.add(group, row)
      } else if rule.takesBack || mayBeKept(bytes[row], group) {
        parts.given.add(group, row)
      }
    }
    let touched = distinct(parts.given.groups + parts.taken.groups)
    let changes = TopChanges(self, result, rowLimit: rowLimit)
    changes.note(touched)
    take(parts.given, batch, bytes, back: false)
    take(parts.taken, batch, bytes, back: true)
    if !rule.takesBack { for group in touched { trim(group) } }
    return changes.told(touched)
  }

  private func find(_ batch: Batch, _ list: RowList) -> UnsafePointer<UInt32> {
    let columns = rule.top.per.map { batch.columns[$0].withoutDictionary() }
    // The keys' bytes may lie in them.
    defer { withExtendedLifetime(columns) {} }
    let hashes = hashes.reserve(batch.rowCount)
    KeyHasher.hash(
      columns: columns, rowCount: batch.rowCount, selection: batch.selection, into: hashes)
    let found = codec.bytes(of: columns, list, rowCount: batch.rowCount, scratch: groupScratch)
    let groups = groups.reserve(list.count)
    table.find(found, hashes, list, into: groups)
    set.grow(to: table.count)
    return UnsafePointer(groups)
  }

  private func distinct(_ groups: [UInt32]) -> [UInt32] {
    if isMet.count < table.count {
      isMet += Array(repeating: false, count: max(table.count, isMet.count * 2) - isMet.count)
    }
    var result: [UInt32] = []
    for group in groups where !isMet[Int(group)] {
      isMet[Int(group)] = true
      result.append(group)
    }
    for group in result { isMet[Int(group)] = false }
    return result
  }

  /// Whether a row is not behind the last one of a group that has as many as are wanted.
  private func mayBeKept(_ row: UnsafeBufferPointer<UInt8>, _ group: UInt32) -> Bool {
    let root = set.root(group)
    guard set.order.weight(root) >= Int64(rule.top.count), let start = row.baseAddress
    else { return true }
    let last = set.bytes(set.order.last(root))
    guard let other = last.baseAddress else { return true }
    guard rule.top.withTies else {
      return compareBytes(start, row.count, other, last.count - Self.tagBytes) <= 0
    }
    return compareBytes(start, orderBytes(row), other, orderBytes(last)) <= 0
  }

  /// How many of a row's bytes `by` makes.
  func orderBytes(_ row: UnsafeBufferPointer<UInt8>) -> Int {
    keys.length(ofParts: rule.orderCount, in: row, types)
  }

  private func take(_ rows: GroupedRows, _ batch: Batch, _ bytes: KeyBytes, back: Bool) {
    let (times, lanes) = (batch.hidden.eventTimes?.ints, batch.hidden.lanes?.ints)
    rows.withRows { list in
      set.take(list, back: back) { row in
        bytes[UInt32(row)].count + Self.tagBytes
      } write: { row, target in
        let key = bytes[UInt32(row)]
        if let start = key.baseAddress { target.update(from: start, count: key.count) }
        let tag = UnsafeMutableRawPointer(target + key.count)
        Self.write(times?[row] ?? 0, lanes?[row] ?? 0, tag)
        return key.count + Self.tagBytes
      }
    }
  }

  static func write(_ time: Int64, _ lane: Int64, _ target: UnsafeMutableRawPointer) {
    for (place, word) in [(0, time), (8, lane)] {
      let ordered = (UInt64(bitPattern: word) ^ (1 << 63)).bigEndian
      target.storeBytes(of: ordered, toByteOffset: place, as: UInt64.self)
    }
  }

  /// Lets go of what is behind the best rows.
  private func trim(_ group: UInt32) {
    let wanted = Int64(rule.top.count)
    while true {
      let root = set.root(group)
      let over = set.order.weight(root) - wanted
      guard over > 0 else { return }
      let last = set.order.last(root)
      if rule.top.withTies {
        let bound = set.bytes(set.order.member(at: wanted - 1, under: root))
        let bytes = set.bytes(last)
        guard let a = bytes.baseAddress, let b = bound.baseAddress,
          compareBytes(a, orderBytes(bytes), b, orderBytes(bound)) != 0
        else { return }
      }
      set.letGo(last, of: group, atMost: rule.top.withTies ? .max : over)
    }
  }

  /// Frees the places of groups without rows, where most are such. Directly behind a snapshot.
  func tidy() {
    guard table.count > 2 * liveCount + 1_024 else { return }
    let live = (0..<UInt32(table.count)).filter { set.hasMembers($0) }
    liveCount = live.count
    guard live.count < table.count / 2 else { return }
    let old = table
    table = GroupTable()
    var numbers = [UInt32](repeating: .max, count: old.count)
    for group in live { numbers[Int(group)] = table.find(group, of: old) }
    set.compact { numbers[Int($0)] == .max ? nil : numbers[Int($0)] }
  }
}

extension RunningTopStore {
  package var declaration: StateDeclaration {
    let added = [
      Field("$time", .timestamp), Field("$lane", .int), Field("$count", .int),
    ]
    return StateDeclaration(
      name: Self.stateName, kind: .keyed, schema: Schema(schema.fields + added), keyColumns: 0,
      parameters: rule.text)
  }

  /// The rows as they are, or those that changed since the last snapshot. O(pages + rows that are
  /// told).
  package func snapshot(full: Bool) -> any StateSnapshot {
    let snapshot = RunningTopSnapshot(
      isDelta: !full, declaration: declaration, keys: keys, table: table.share(),
      rows: set.snapshot(full: full))
    tidy()
    return snapshot
  }

  /// Takes over the rows of a block of the state; one that is deleted is there no more.
  package func restore(_ block: Batch) {
    let batch = block.gathered()
    guard batch.rowCount > 0 else { return }
    let list = RowList(rows: identity.first(batch.rowCount), count: batch.rowCount)
    let groups = find(batch, list)
    let bytes = keys.bytes(of: batch, list, scratch: rowScratch)
    let (kinds, row) = (batch.hidden.rowKinds?.ints, ByteBuffer())
    let tags = batch.columns[schema.count...].map { $0.withFixedValues().ints }
    for i in 0..<batch.rowCount {
      row.removeAll()
      row.append(bytes[UInt32(i)])
      var tag = (UInt64(0), UInt64(0))
      withUnsafeMutableBytes(of: &tag) { target in
        if let start = target.baseAddress { Self.write(tags[0][i], tags[1][i], start) }
        row.append(UnsafeBufferPointer(target.bindMemory(to: UInt8.self)))
      }
      let isGone = kinds.map { $0[i] == RowKind.delete.rawValue } ?? false
      set.restore(row.bytes, of: groups[i], count: isGone ? 0 : tags[2][i])
    }
  }
}

/// Rows of a batch and their groups.
private struct GroupedRows {
  private(set) var groups: [UInt32] = []
  private var rows: [UInt32] = []

  mutating func add(_ group: UInt32, _ row: UInt32) {
    groups.append(group)
    rows.append(row)
  }

  func withRows(_ body: (GroupRows) -> Void) {
    groups.withUnsafeBufferPointer { groups in
      rows.withUnsafeBufferPointer { rows in
        guard let a = groups.baseAddress, let b = rows.baseAddress else { return }
        body(GroupRows(groups: a, rows: b, count: rows.count))
      }
    }
  }
}

/// The rows of a running `top` at a barrier.
private final class RunningTopSnapshot: StateSnapshot, @unchecked Sendable {
  let isDelta: Bool
  private let declaration: StateDeclaration
  private let keys: SortKeys
  private let table: GroupTable
  private let rows: SavedValues

  init(
    isDelta: Bool, declaration: StateDeclaration, keys: SortKeys, table: GroupTable,
    rows: SavedValues
  ) {
    self.isDelta = isDelta
    self.declaration = declaration
    self.keys = keys
    self.table = table
    self.rows = rows
  }

  func write(to writer: any StateWriter) throws {
    try [rows].write(declaration.name, by: table, to: writer) { batch($0) }
  }

  private func batch(_ part: ArraySlice<SavedMember>) -> Batch {
    let counts = Column(fixed: .int, rowCount: part.count)
    for (row, place) in part.enumerated() { counts.ints[row] = rows.counts[place.member] }
    let read = TopRows(
      part.map { rows.bytes($0.member) }, Schema(Array(declaration.schema.fields.dropLast(3))),
      keys)
    return Batch(
      schema: declaration.schema, columns: read.columns + [read.times, read.lanes, counts],
      rowCount: part.count)
  }
}
