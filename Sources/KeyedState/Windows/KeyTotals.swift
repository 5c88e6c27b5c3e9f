import Columns
import Schemas

/// Some groups of a pane, each with the place of its key in a list of keys.
struct KeyPart {
  let states: [any AggregateState]
  /// Of all groups of the states.
  let groupCount: Int
  let places: [UInt32]
  let groups: [UInt32]

  /// The groups of those keys that a pane has; nil if it has none. `only`: of these places alone.
  init?(_ pane: Pane, of keys: GroupTable, only: (UInt32) -> Bool = { _ in true }) {
    var (places, groups): ([UInt32], [UInt32]) = ([], [])
    for place in 0..<UInt32(keys.count) where only(place) {
      guard let group = pane.table.group(place, of: keys) else { continue }
      places.append(place)
      groups.append(group)
    }
    guard !places.isEmpty else { return nil }
    states = pane.states
    groupCount = pane.groupCount
    (self.places, self.groups) = (places, groups)
  }
}

/// What some keys come to in panes that are added one after the other: for each key by its place
/// the same, to the last bit, whatever the other keys are.
///
/// What lies in one pane alone is not copied.
final class KeyTotals {
  private let store: WindowStore
  /// The number of keys.
  private let count: Int
  /// All there is, where it was not copied.
  private var part: KeyPart?
  private var states: [any AggregateState] = []
  /// The group of each key; `GroupTable.missing` where there is none.
  private(set) var groups: [UInt32]

  init(_ store: WindowStore, count: Int) {
    self.store = store
    self.count = count
    groups = Array(repeating: GroupTable.missing, count: count)
  }

  func has(_ place: UInt32) -> Bool { groups[Int(place)] != GroupTable.missing }

  /// How many rows of results make a batch; of `limit` where they are small.
  func rowBound(_ limit: Int) -> Int {
    part.map { $0.states.rowBound(limit, groups: $0.groupCount) }
      ?? states.rowBound(limit, groups: count)
  }

  func add(_ part: KeyPart) {
    if self.part == nil, states.isEmpty {
      self.part = part
      for (place, group) in zip(part.places, part.groups) { groups[Int(place)] = group }
      return
    }
    own()
    merge(part.states, part.groupCount, part.groups, into: part.places)
  }

  /// Adds what there is of keys at some places, in their order.
  func add(_ other: KeyTotals, at places: [UInt32]) {
    let found = places.filter { other.has($0) }
    guard !found.isEmpty else { return }
    own()
    let groups = found.map { other.groups[Int($0)] }
    let (states, count) = other.part.map { ($0.states, $0.groupCount) } ?? (other.states, count)
    merge(states, count, groups, into: found)
  }

  func copy() -> KeyTotals {
    let copy = KeyTotals(store, count: count)
    if let part { copy.add(part) } else { copy.add(self, at: Array(0..<UInt32(count))) }
    return copy
  }

  /// The results of keys, by their numbers in `places`.
  func results(
    at places: [UInt32], _ keys: GroupTable, window: Int64, _ schema: Schema
  ) -> RunningResult {
    let found = places.filter { has($0) }
    guard !found.isEmpty else { return RunningResult(groups: [], rows: nil, failed: [:]) }
    let states = part?.states ?? states
    let result = found.withList { keyList in
      found.map { groups[Int($0)] }.withList { groups in
        store.results(of: states, groups, keys, keyList, window: window, schema)
      }
    }
    var failed: [Int: [String]] = [:]
    for failure in result.failed { failed[failure.row, default: []].append(failure.aggregate) }
    return RunningResult(groups: found, rows: result.batch, failed: failed)
  }

  /// From now on the states are its own, with a group for each place.
  private func own() {
    guard states.isEmpty else { return }
    states = store.configuration.aggregates.compactMap { $0.makeState() }
    for state in states { state.grow(to: count) }
    guard let part else { return }
    self.part = nil
    merge(part.states, part.groupCount, part.groups, into: part.places)
  }

  private func merge(
    _ sources: [any AggregateState], _ count: Int, _ from: [UInt32], into places: [UInt32]
  ) {
    for place in places { groups[Int(place)] = place }
    sources.merge(from, of: count, into: states, places)
  }
}
