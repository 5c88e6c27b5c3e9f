package import Schemas

/// A named keyed state of an operator: how it is declared, kept in checkpoints and brought back.
package protocol MergeableState: AnyObject {
  var declaration: StateDeclaration { get }
  /// Immutable from now on, while the state goes on.
  func snapshot(full: Bool) -> any StateSnapshot
  /// Takes over a block of this state's name: rows replace, or remove, what was there.
  func restore(_ block: StateBlock)
  /// Makes the entries of `source` those of `target` too and forgets `source` (two sessions become
  /// one). Where both have an entry of one name, the later written stays.
  func merge(_ source: StateKey, into target: StateKey)
  /// Removes what has expired at `time` from one key group's share.
  func removeExpired(at time: Timestamp, keyGroup: KeyGroup)
}

/// What the four kinds of keyed state share: entries of a key with names.
package class EntryState: MergeableState {
  let entries: KeyedEntries

  init(_ shape: KeyedStateShape) { entries = KeyedEntries(shape) }

  package var declaration: StateDeclaration { entries.shape.declaration }
  /// Entries of all keys, expired ones included until they are removed.
  package var count: Int { entries.count }

  package func snapshot(full: Bool) -> any StateSnapshot { entries.snapshot(full: full) }
  package func restore(_ block: StateBlock) { entries.restore(block) }

  package func merge(_ source: StateKey, into target: StateKey) {
    guard source != target else { return }
    for entry in entries.removeAll(source) {
      let held = entries.entry(target, entry.name, at: .min)
      if held.map({ $0.written <= entry.written }) ?? true { entries.put(target, entry) }
    }
  }

  package func removeExpired(at time: Timestamp, keyGroup: KeyGroup) {
    entries.removeExpired(at: time.microseconds, shard: Int(keyGroup.number))
  }

  /// Forgets a key.
  package func clear(_ key: StateKey) { _ = entries.removeAll(key) }
}

/// One row of values for each key.
package final class ValueState: EntryState {
  package init(
    _ name: String, keys: [Field], values: [Field], timeToLive: Int64? = nil, version: Int = 1
  ) {
    super.init(
      KeyedStateShape(
        name: name, keys: keys, values: values, timeToLive: timeToLive, version: version))
  }

  package func value(_ key: StateKey, at time: Timestamp) -> [StateValue]? {
    entries.entry(key, [], at: time.microseconds)?.values
  }

  package func set(_ key: StateKey, _ values: [StateValue], at time: Timestamp) {
    entries.put(key, StateEntry(name: [], values: values, written: time.microseconds))
  }
}

/// Rows of values by a name of one column within each key.
package final class MapState: EntryState {
  package init(
    _ name: String, keys: [Field], entry: Field, values: [Field], timeToLive: Int64? = nil,
    version: Int = 1
  ) {
    super.init(
      KeyedStateShape(
        name: name, keys: keys, entryFields: [entry], values: values, timeToLive: timeToLive,
        version: version))
  }

  package func value(
    _ key: StateKey, _ name: StateValue, at time: Timestamp
  ) -> [StateValue]? {
    entries.entry(key, [name], at: time.microseconds)?.values
  }

  package func set(
    _ key: StateKey, _ name: StateValue, _ values: [StateValue], at time: Timestamp
  ) {
    entries.put(key, StateEntry(name: [name], values: values, written: time.microseconds))
  }

  package func remove(_ key: StateKey, _ name: StateValue) { entries.remove(key, [name]) }

  /// All entries of a key, by name.
  package func all(_ key: StateKey, at time: Timestamp) -> [(StateValue, [StateValue])] {
    entries.entries(key, at: time.microseconds).map { ($0.name[0], $0.values) }
  }
}

/// Rows of values of each key in the order in which they were added.
package final class ListState: EntryState {
  package init(
    _ name: String, keys: [Field], values: [Field], timeToLive: Int64? = nil, version: Int = 1
  ) {
    super.init(
      KeyedStateShape(
        name: name, keys: keys, entryFields: [Field("place", .int)], values: values,
        timeToLive: timeToLive, version: version))
  }

  package func append(_ key: StateKey, _ values: [StateValue], at time: Timestamp) {
    let place = nextPlace(key)
    entries.put(
      key, StateEntry(name: [.int(place)], values: values, written: time.microseconds))
  }

  package func all(_ key: StateKey, at time: Timestamp) -> [[StateValue]] {
    entries.entries(key, at: time.microseconds).map(\.values)
  }

  /// The rows of `source` come behind those of `target`.
  package override func merge(_ source: StateKey, into target: StateKey) {
    guard source != target else { return }
    var place = nextPlace(target)
    for entry in entries.removeAll(source) {
      var entry = entry
      entry.name = [.int(place)]
      entries.put(target, entry)
      place += 1
    }
  }

  private func nextPlace(_ key: StateKey) -> Int64 {
    guard case .int(let last)? = entries.entries(key, at: .min).last?.name[0] else { return 0 }
    return last + 1
  }
}

/// Rows of values of each key by time and, within a time, by an order tag (lane, place).
package final class SortedState: EntryState {
  package init(
    _ name: String, keys: [Field], values: [Field], timeToLive: Int64? = nil, version: Int = 1
  ) {
    let order = [Field("time", .timestamp), Field("lane", .int), Field("place", .int)]
    super.init(
      KeyedStateShape(
        name: name, keys: keys, entryFields: order, values: values, timeToLive: timeToLive,
        version: version))
  }

  /// A row's place in time, and its order among rows of that time.
  package struct Place: Hashable, Sendable {
    package var time: Timestamp
    package var lane: Int64
    package var place: Int64

    package init(time: Timestamp, lane: Int64, place: Int64) {
      self.time = time
      self.lane = lane
      self.place = place
    }

    fileprivate var name: [StateValue] { [.int(time.microseconds), .int(lane), .int(place)] }
  }

  package func insert(
    _ key: StateKey, _ place: Place, _ values: [StateValue], at time: Timestamp
  ) {
    entries.put(
      key, StateEntry(name: place.name, values: values, written: time.microseconds))
  }

  /// The rows of a key with a time in the range, in order.
  package func rows(
    _ key: StateKey, _ range: ClosedRange<Timestamp>, at time: Timestamp
  ) -> [(Place, [StateValue])] {
    entries.entries(key, at: time.microseconds).compactMap { entry in
      let place = Self.place(entry.name)
      return range.contains(place.time) ? (place, entry.values) : nil
    }
  }

  /// Forgets the rows of a key before a time.
  package func removeRows(_ key: StateKey, before time: Timestamp) {
    for entry in entries.entries(key, at: .min) where Self.place(entry.name).time < time {
      entries.remove(key, entry.name)
    }
  }

  private static func place(_ name: [StateValue]) -> Place {
    let numbers = name.map { if case .int(let number) = $0 { number } else { Int64(0) } }
    return Place(
      time: Timestamp(microseconds: numbers[0]), lane: numbers[1], place: numbers[2])
  }
}
