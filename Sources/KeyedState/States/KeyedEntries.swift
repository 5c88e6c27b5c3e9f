import Columns
package import Schemas

/// What a keyed state looks like: its key, what names an entry within a key, the values, and how
/// long an entry lives.
package struct KeyedStateShape: Sendable {
  package var name: String
  package var keys: [Field]
  /// What tells the entries of one key apart; entries are ordered by it.
  package var entryFields: [Field]
  package var values: [Field]
  /// Microseconds after its last write; nil: for ever.
  package var timeToLive: Int64?
  package var version: Int

  package init(
    name: String, keys: [Field], entryFields: [Field] = [], values: [Field],
    timeToLive: Int64? = nil, version: Int = 1
  ) {
    self.name = name
    self.keys = keys
    self.entryFields = entryFields
    self.values = values
    self.timeToLive = timeToLive
    self.version = version
  }

  package var declaration: StateDeclaration {
    let life = timeToLive.map { "expires after \($0)" } ?? ""
    return StateDeclaration(
      name: name, kind: .keyed, schema: schema, keyColumns: keys.count + entryFields.count,
      version: version, parameters: life)
  }

  var schema: Schema {
    Schema(keys + entryFields + values + [Field(Self.writtenName, .timestamp)])
  }

  private static let writtenName = "written"
}

/// One entry: its name within the key, its values, and when it was written.
struct StateEntry: Sendable {
  var name: [StateValue]
  var values: [StateValue]
  var written: Int64
}

/// Ordered entries of each key, in 1,024 shards by key group.
///
/// A shard is a value that a snapshot shares; the first write after a snapshot copies that shard
/// alone. What changed since the last snapshot is known entry by entry.
final class KeyedEntries {
  struct EntryID: Hashable, Sendable {
    var key: StateKey
    var name: [StateValue]
  }

  let shape: KeyedStateShape
  var shards: [[StateKey: [StateEntry]]]
  /// Entries written or removed since the last snapshot.
  var changed: Set<EntryID> = []
  private(set) var count = 0

  init(_ shape: KeyedStateShape) {
    self.shape = shape
    shards = Array(repeating: [:], count: KeyGroup.count)
  }

  /// The entries of a key that live at `time`, in order.
  func entries(_ key: StateKey, at time: Int64) -> [StateEntry] {
    let all = shards[Int(key.keyGroup.number)][key] ?? []
    guard let life = shape.timeToLive else { return all }
    return all.filter { Self.lives($0, life, time) }
  }

  /// The entry of that name, if it lives at `time`. O(log entries of the key).
  func entry(_ key: StateKey, _ name: [StateValue], at time: Int64) -> StateEntry? {
    guard let entries = shards[Int(key.keyGroup.number)][key] else { return nil }
    let place = Self.place(of: name, in: entries)
    guard place < entries.count, entries[place].name == name else { return nil }
    if let life = shape.timeToLive, !Self.lives(entries[place], life, time) { return nil }
    return entries[place]
  }

  /// Writes an entry, replacing one of that name. O(entries of the key).
  func put(_ key: StateKey, _ entry: StateEntry) {
    let shard = Int(key.keyGroup.number)
    var isNew = true
    let add = { (entries: inout [StateEntry]) in
      let place = Self.place(of: entry.name, in: entries)
      if place < entries.count && entries[place].name == entry.name {
        entries[place] = entry
        isNew = false
      } else {
        entries.insert(entry, at: place)
      }
    }
    add(&shards[shard][key, default: []])
    if isNew { count += 1 }
    changed.insert(EntryID(key: key, name: entry.name))
  }

  func remove(_ key: StateKey, _ name: [StateValue]) {
    let shard = Int(key.keyGroup.number)
    guard var entries = shards[shard].removeValue(forKey: key) else { return }
    let place = Self.place(of: name, in: entries)
    if place < entries.count && entries[place].name == name {
      entries.remove(at: place)
      count -= 1
      changed.insert(EntryID(key: key, name: name))
    }
    if !entries.isEmpty { shards[shard][key] = entries }
  }

  /// Removes a key and hands back its entries.
  func removeAll(_ key: StateKey) -> [StateEntry] {
    guard let entries = shards[Int(key.keyGroup.number)].removeValue(forKey: key) else {
      return []
    }
    count -= entries.count
    for entry in entries { changed.insert(EntryID(key: key, name: entry.name)) }
    return entries
  }

  /// Removes what has expired at `time` from one shard; a call in turn for each keeps memory
  /// bounded. O(entries of the shard).
  func removeExpired(at time: Int64, shard: Int) {
    guard let life = shape.timeToLive else { return }
    for (key, entries) in shards[shard] {
      for entry in entries where !Self.lives(entry, life, time) { remove(key, entry.name) }
    }
  }

  private static func lives(_ entry: StateEntry, _ life: Int64, _ time: Int64) -> Bool {
    let (end, overflow) = entry.written.addingReportingOverflow(life)
    return overflow || time < end
  }

  /// The place of the first entry whose name is not before `name`.
  private static func place(of name: [StateValue], in entries: [StateEntry]) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].name.lexicographicallyPrecedes(name, by: StateValue.precedes) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}
