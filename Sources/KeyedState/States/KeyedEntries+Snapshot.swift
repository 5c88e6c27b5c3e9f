import Columns
import Schemas

extension KeyedEntries {
  /// Today's entries, or those changed since the last snapshot. O(shards + changes).
  func snapshot(full: Bool) -> any StateSnapshot {
    defer { changed = [] }
    return EntriesSnapshot(shape, shards, full ? nil : changed)
  }

  /// Takes over a block of this state.
  func restore(_ block: StateBlock) {
    let rows = block.rows.gathered()
    let keyCount = shape.keys.count
    let nameEnd = keyCount + shape.entryFields.count
    let valueEnd = nameEnd + shape.values.count
    let keys = StateKey.keys(of: Array(rows.columns[..<keyCount]), in: rows)
    for (row, key) in keys.enumerated() {
      let values = { (range: Range<Int>) in rows.columns[range].map { StateValue($0, row) } }
      let name = values(keyCount..<nameEnd)
      if rows.hidden.rowKinds?.ints[row] == RowKind.delete.rawValue {
        remove(key, name)
      } else {
        let written = rows.columns[valueEnd].ints[row]
        put(key, StateEntry(name: name, values: values(nameEnd..<valueEnd), written: written))
      }
    }
    changed = []
  }
}

/// The entries of a keyed state at a barrier.
final class EntriesSnapshot: StateSnapshot, @unchecked Sendable {
  var isDelta: Bool { changed != nil }
  private let shape: KeyedStateShape
  private var shards: [[StateKey: [StateEntry]]]
  private var changed: Set<KeyedEntries.EntryID>?

  init(
    _ shape: KeyedStateShape, _ shards: [[StateKey: [StateEntry]]],
    _ changed: Set<KeyedEntries.EntryID>?
  ) {
    self.shape = shape
    self.shards = shards
    self.changed = changed
  }

  func write(to writer: any StateWriter) throws {
    var byGroup: [Int: [KeyedEntries.EntryID]] = [:]
    for id in changed ?? [] { byGroup[Int(id.key.keyGroup.number), default: []].append(id) }
    for (number, shard) in shards.enumerated() {
      let rows = RowGathering(shape, KeyGroup(UInt16(number)), writer)
      if changed == nil {
        for (key, entries) in shard {
          for entry in entries { try rows.add(key, entry, isRemoved: false) }
        }
      } else {
        for id in byGroup[number] ?? [] {
          let entry = shard[id.key]?.first { $0.name == id.name }
          let blank = StateEntry(
            name: id.name, values: shape.values.map { _ in .null }, written: 0)
          try rows.add(id.key, entry ?? blank, isRemoved: entry == nil)
        }
      }
      try rows.finish()
    }
    shards = []
  }
}

/// Puts entries into blocks of one key group.
private final class RowGathering {
  private let shape: KeyedStateShape
  private let keyGroup: KeyGroup
  private let writer: any StateWriter
  private let builders: [ColumnBuilder]
  private let kinds = ColumnBuilder(.int)
  private var hasRemoved = false

  init(_ shape: KeyedStateShape, _ keyGroup: KeyGroup, _ writer: any StateWriter) {
    self.shape = shape
    self.keyGroup = keyGroup
    self.writer = writer
    builders = shape.schema.fields.map { ColumnBuilder($0.type, capacity: 16, byteCapacity: 64) }
  }

  func add(_ key: StateKey, _ entry: StateEntry, isRemoved: Bool) throws {
    let row = key.values + entry.name + entry.values + [.int(entry.written)]
    for (value, builder) in zip(row, builders) { value.append(to: builder) }
    kinds.append(int: isRemoved ? RowKind.delete.rawValue : RowKind.insert.rawValue)
    hasRemoved = hasRemoved || isRemoved
    if kinds.rowCount == Batch.rowLimit { try finish() }
  }

  func finish() throws {
    let count = kinds.rowCount
    guard count > 0 else { return }
    let rows = Batch(
      schema: shape.schema, columns: builders.map { $0.finish() }, rowCount: count)
    let kindColumn = kinds.finish()
    if hasRemoved { rows.hidden.rowKinds = kindColumn }
    hasRemoved = false
    try writer.write(StateBlock(state: shape.name, scope: .keyGroup(keyGroup), rows: rows))
  }
}
