import Columns

/// What some keys come to in windows that have a slice in common, the pivot: each is the sum of the
/// slices before it, added from there back, and of those from it on. So windows that follow each
/// other share their sums, and there is a step or two for each window, however many slices it has.
/// (van Herk, 1992; Gil and Werman, 1993.)
///
/// What is added in which order depends on the window alone: sums of floats come out as they were
/// told.
struct OverlappingWindows {
  private let store: WindowStore
  private let count: Int
  /// Slices that all windows share which have them, in their order.
  private let slices: [ToldSlice]
  /// Those that not all do.
  private let late: [ToldSlice]
  private let changed: [ToldSlice]
  /// What windows have before the pivot, by their starts.
  private var sums: [Int64: ToldTotals] = [:]
  /// What the windows that came have from the pivot on, and the next slice.
  private var rest: ToldTotals
  private var next: Int

  /// `count`: of the keys. `windows`: in their order.
  init(_ store: WindowStore, _ slices: [ToldSlice], count: Int, windows: [Int64]) {
    self.store = store
    self.count = count
    self.slices = slices.filter { $0.key.from == .min }
    late = slices.filter { $0.key.from != .min }
    changed = slices.filter { !$0.changed.isEmpty }
    rest = ToldTotals(store, count: count)
    let pivot = windows.first.map { store.grid.pivot(of: $0) } ?? .min
    let middle = self.slices.firstIndex { $0.key.slice >= pivot } ?? self.slices.count
    next = middle
    var (at, sum, isKept) = (middle, ToldTotals(store, count: count), false)
    for window in windows.reversed() {
      let start = store.grid.start(window)
      while at > 0, self.slices[at - 1].key.slice >= start {
        at -= 1
        if isKept { sum = sum.copy() }
        isKept = false
        sum.add(self.slices[at])
      }
      guard !sum.isEmpty else { continue }
      sums[start] = sum
      isKept = true
    }
  }

  /// The keys of which a window has other rows now than it told, by their places.
  func changed(in window: Int64) -> [UInt32] {
    var isChanged = Array(repeating: false, count: count)
    var number = 0
    for slice in changed where number < count && holds(window, slice.key) {
      for place in slice.changed where !isChanged[Int(place)] {
        isChanged[Int(place)] = true
        number += 1
      }
    }
    let all = 0..<UInt32(count)
    return number == count ? Array(all) : all.filter { isChanged[Int($0)] }
  }

  private func holds(_ window: Int64, _ key: PaneKey) -> Bool {
    let grid = store.grid
    return key.from <= window && grid.start(window) <= key.slice && key.slice < grid.end(window)
  }

  /// What some keys come to in a window. Windows are asked for in their order.
  mutating func totals(of window: Int64, _ keys: [UInt32]) -> ToldTotals {
    let end = store.grid.end(window)
    while next < slices.count, slices[next].key.slice < end {
      rest.add(slices[next])
      next += 1
    }
    let sum = sums[store.grid.start(window)] ?? ToldTotals(store, count: count)
    var whole = sum.with(rest, keys, store, count: count)
    let late = late.filter { holds(window, $0.key) }
    guard !late.isEmpty else { return whole }
    whole = whole.copy()
    for slice in late { whole.add(slice) }
    return whole
  }
}

extension WindowGrid {
  /// How many slices a window has at most.
  var sliceCount: Int64 { size / slice }

  /// The slice that a window has in common with those beside it, by its start: every so many slices
  /// as a window has there is one.
  func pivot(of window: Int64) -> Int64 {
    guard !isCumulative else { return start(window) }
    let number = number(ofSlice: window)
    let rest = number % sliceCount
    return rest == 0
      ? window : slice(numbered: number &- rest &+ (rest > 0 ? sliceCount : 0))
  }
}
