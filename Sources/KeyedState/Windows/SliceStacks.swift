import Columns
import Schemas

/// What the groups of a window come to in aggregates that can't take back: each window is what it
/// has before a slice, the pivot, and what it has from there on. The former is kept for each slice,
/// as the sum of that one and those behind it up to the pivot, so a slice that the window leaves
/// only uncovers the next one's; to the latter slices are added as they come. A result costs four
/// merges, however many slices a window has. (van Herk, 1992; Gil and Werman, 1993; for each key by
/// itself, since of a slice only the groups count that are there.)
final class SliceStacks {
  private static var none: UInt32 { .max }

  /// The places of its aggregates among the window's.
  let places: [Int]
  private let specs: [AggregateSpec]
  /// The slice that begins what is only added to; nil before the first window.
  private(set) var pivot: Int64?
  /// A slot for each group of each slice before the pivot: the sum of it and those behind it.
  private var front: [any AggregateState]
  /// For each slot that of the same group in a later slice.
  private var next: [UInt32] = []
  /// For each group of the window the slot of its first slice.
  private var first: [UInt32] = []
  private var back: [any AggregateState]
  private var isBehind: [Bool] = []

  /// Nil where there are none. `places`: among all aggregates.
  init?(_ aggregates: [AggregateSpec], at places: [Int]) {
    guard !places.isEmpty else { return nil }
    self.places = places
    specs = places.map { aggregates[$0] }
    (front, back) = (Self.states(specs), Self.states(specs))
  }

  /// Whether an aggregate's state is as large for many rows as for one, so that a sum for each
  /// slice is no larger than the slices are.
  static func takes(_ spec: AggregateSpec) -> Bool {
    switch spec.function {
    case "sum", "avg", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor", "stddev_pop",
      "stddev_samp", "var_pop", "var_samp", "corr", "covar_pop", "covar_samp":
      true
    case "min", "max": spec.arguments.first.map { !$0.type.isText } ?? false
    default: false
    }
  }

  private static func states(_ specs: [AggregateSpec]) -> [any AggregateState] {
    specs.compactMap { $0.makeState() }
  }

  /// States for the results of a window.
  func makeStates() -> [any AggregateState] { Self.states(specs) }

  /// Forgets all slices; those before the pivot are put in front next, the last one first.
  /// `groups`: of the window.
  func removeAll(pivot: Int64?, groups: Int) {
    self.pivot = pivot
    (front, back) = (Self.states(specs), Self.states(specs))
    (next, first, isBehind) = ([], [], [])
    grow(to: groups)
  }

  /// Makes room for groups of the window.
  func grow(to groups: Int) {
    guard groups > first.count else { return }
    first += repeatElement(Self.none, count: groups - first.count)
    isBehind += repeatElement(false, count: groups - isBehind.count)
    for state in back { state.grow(to: groups) }
  }

  /// Puts some groups of a slice before all that are in front.
  func putInFront(_ slice: RollingSlice, _ part: Range<Int>) {
    if part.lowerBound == 0 { slice.base = next.count }
    let slots = UInt32(next.count)..<UInt32(next.count + part.count)
    for state in front { state.grow(to: Int(slots.upperBound)) }
    merge(slice, part, into: front, Array(slots))
    var (later, fresh): ([UInt32], [UInt32]) = ([], [])
    for (slot, group) in zip(slots, slice.groups[part]) {
      let behind = first[Int(group)]
      next.append(behind)
      first[Int(group)] = slot
      guard behind != Self.none else { continue }
      later.append(behind)
      fresh.append(slot)
    }
    front.merge(later, of: next.count, into: front, fresh)
  }

  /// The window leaves some groups of its first slice.
  func uncover(_ slice: RollingSlice, _ part: Range<Int>) {
    for group in part { first[Int(slice.groups[group])] = next[slice.base + group] }
  }

  /// Adds some groups of a slice from the pivot on.
  func add(_ slice: RollingSlice, _ part: Range<Int>) {
    for group in slice.groups[part] { isBehind[Int(group)] = true }
    merge(slice, part, into: back, Array(slice.groups[part]))
  }

  /// Adds some groups of a slice to states, where these have them.
  func merge(
    _ slice: RollingSlice, _ part: Range<Int>, into states: [any AggregateState],
    _ groups: [UInt32]
  ) {
    let sources = places.map { slice.pane.states[$0] }
    let own = Array(UInt32(part.lowerBound)..<UInt32(part.upperBound))
    sources.merge(own, of: slice.pane.groupCount, into: states, groups)
  }

  /// Writes what some groups of the window come to.
  func results(_ part: Range<Int>, into states: [any AggregateState]) {
    var (slots, before, behind): ([UInt32], [UInt32], [UInt32]) = ([], [], [])
    for group in part {
      if first[group] != Self.none {
        slots.append(first[group])
        before.append(UInt32(group))
      }
      if isBehind[group] { behind.append(UInt32(group)) }
    }
    front.merge(slots, of: next.count, into: states, before)
    back.merge(behind, of: first.count, into: states, behind)
  }
}
