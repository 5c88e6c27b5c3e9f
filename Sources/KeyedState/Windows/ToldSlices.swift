import Columns

/// What a slice holds of some keys, as it was told and as it is.
struct ToldSlice {
  let key: PaneKey
  let now: [KeyPart]
  /// What windows have told of it.
  let before: [KeyPart]
  /// The keys of which the two differ, by their places.
  let changed: [UInt32]
}

/// What some keys come to in a run of slices, as it was told and as it is: one while they are the
/// same.
struct ToldTotals {
  private(set) var now: KeyTotals
  private(set) var before: KeyTotals
  private(set) var isEmpty = true

  init(_ store: WindowStore, count: Int) {
    now = KeyTotals(store, count: count)
    before = now
  }

  mutating func add(_ slice: ToldSlice) {
    isEmpty = false
    if !slice.changed.isEmpty, before === now { before = now.copy() }
    for part in slice.now { now.add(part) }
    guard before !== now else { return }
    for part in slice.before { before.add(part) }
  }

  /// One that may be added to while this one stays as it is.
  func copy() -> ToldTotals {
    var copy = self
    copy.now = now.copy()
    copy.before = before === now ? copy.now : before.copy()
    return copy
  }

  /// Both, of some keys. Neither is changed.
  func with(_ other: ToldTotals, _ keys: [UInt32], _ store: WindowStore, count: Int) -> ToldTotals {
    if other.isEmpty { return self }
    if isEmpty { return other }
    let isOne = before === now && other.before === other.now
    var sum = ToldTotals(store, count: count)
    sum.isEmpty = false
    if !isOne { sum.before = KeyTotals(store, count: count) }
    sum.now.add(now, at: keys)
    sum.now.add(other.now, at: keys)
    guard !isOne else { return sum }
    sum.before.add(before, at: keys)
    sum.before.add(other.before, at: keys)
    return sum
  }
}
