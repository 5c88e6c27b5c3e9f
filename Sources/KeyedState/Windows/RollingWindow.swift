import Columns
import Schemas

/// A slice that a window has, and where the window has its groups.
final class RollingSlice {
  let pane: Pane
  var groups: [UInt32] = []
  /// Its first slot in `SliceStacks`.
  var base = 0

  init(_ pane: Pane) { self.pane = pane }
}

/// The groups of a window that overlaps others, kept from one window to the next: slices that it
/// comes to are added, those that it leaves are taken away. So a result costs two merges, however
/// many slices a window has. What can't be taken away again is in `SliceStacks`.
///
/// It is no state, but made again after a restore. The slices of a window that has closed get no
/// more rows, so what is taken away is what was added.
final class RollingWindow {
  private enum Step { case leave, join, uncover, putInFront, add, result, resultOfLate }

  /// Those that take back, with their places among the window's aggregates.
  private let specs: [(place: Int, spec: AggregateSpec)]
  private let stacks: SliceStacks?
  private let identity = IdentityRows()
  /// Groups of no slice have sums of nothing, and are not the window's.
  private var sums: Pane
  /// The window. Where there are stacks, another one each time, for the same keys.
  private(set) var pane: Pane
  private var results: [any AggregateState] = []
  /// How many slices have each group.
  private var uses: [UInt32] = []
  /// Groups that no slice has.
  private var unused = 0
  /// Slices that all windows share which have them, in their order.
  private var slices: [RollingSlice] = []
  /// Those that not all do.
  private var late: [RollingSlice] = []
  /// Groups of all of them.
  private var held = 0
  /// Slices before it are here, if the window has them.
  private var end = Int64.min
  private var isStale = false
  /// What is still to do, the next step last, and how many groups of it are done.
  private var steps: [(kind: Step, slice: RollingSlice?)] = []
  private var done = 0
  /// The order of the window before, where this one has the same groups.
  private var lastOrder: GroupOrder?

  /// Nil where an aggregate neither takes back nor is as small for many rows as for one.
  init?(_ aggregates: [AggregateSpec]) {
    var (specs, others): ([(place: Int, spec: AggregateSpec)], [Int]) = ([], [])
    for (place, spec) in aggregates.enumerated() {
      if let spec = spec.subtracting {
        specs.append((place, spec))
      } else if SliceStacks.takes(spec) {
        others.append(place)
      } else {
        return nil
      }
    }
    self.specs = specs
    stacks = SliceStacks(aggregates, at: others)
    sums = Self.sums(specs)
    pane = sums
  }

  private static func sums(_ specs: [(place: Int, spec: AggregateSpec)]) -> Pane {
    Pane(PaneKey(slice: .min, from: .min), specs.compactMap { $0.spec.makeState() })
  }

  var isEmpty: Bool { slices.isEmpty && late.isEmpty }

  /// The groups of the window; nil: all of the pane's.
  var groups: [UInt32]? {
    unused == 0 ? nil : (0..<UInt32(pane.groupCount)).filter { uses[Int($0)] > 0 }
  }

  /// They in the order in which they are put out.
  var order: GroupOrder { lastOrder ?? GroupOrder(pane.table, only: groups) }

  /// Says that all groups are out, in this order.
  func keep(_ order: GroupOrder) {
    if order.count == pane.groupCount - unused { lastOrder = order }
  }

  /// A slice has changed that may be one of these.
  func invalidate() { isStale = true }

  func removeAll() {
    sums = Self.sums(specs)
    pane = sums
    stacks?.removeAll(pivot: nil, groups: 0)
    (uses, unused, lastOrder, results) = ([], 0, nil, [])
    (slices, late, held, end) = ([], [], 0, .min)
    isStale = false
  }
}

/// From one window to the next.
extension RollingWindow {
  /// Makes ready to go to a later window. O(slices that come or go), and now and then O(slices).
  func move(to window: Int64, in store: WindowStore) {
    let start = store.grid.start(window)
    let passed = slices.prefix { $0.pane.key.slice < start }.count
    let leaving = Array(slices.prefix(passed)) + late.filter { $0.pane.key.slice < start }
    let going = leaving.reduce(0) { $0 + $1.groups.count }
    steps = []
    // Beginning again costs as much as was spared since the last time.
    if isStale || held < going * 2 || unused * 2 > sums.groupCount {
      removeAll()
    } else {
      plan(.leave, leaving)
      slices.removeFirst(passed)
      late.removeAll { $0.pane.key.slice < start }
    }
    let joining = join(window, from: max(end, start), in: store)
    end = store.grid.end(window)
    stack(leaving, joining, pivot: store.grid.pivot(of: window))
    steps.reverse()
    done = 0
  }

  /// Those of the slices that come which all windows share.
  private func join(
    _ window: Int64, from slice: Int64, in store: WindowStore
  ) -> [RollingSlice] {
    let begin = store.place(of: PaneKey(slice: slice, from: .min))
    let behind = store.place(of: PaneKey(slice: store.grid.end(window), from: .min))
    let keys = store.order[begin..<max(begin, behind)].filter { $0.from == .min }
    let joining = keys.compactMap { store.panes[$0] }.map { RollingSlice($0) }
    let known = Set(late.map(\.pane.key))
    let others = store.latePanes(of: window).filter { !known.contains($0.key) }
    slices += joining
    late += others.map { RollingSlice($0) }
    plan(.join, joining)
    plan(.join, late.suffix(others.count))
    return joining
  }

  private func plan(_ kind: Step, _ slices: some Sequence<RollingSlice>) {
    for slice in slices { steps.append((kind, slice)) }
  }

  /// What is to do for aggregates that can't take back.
  private func stack(_ leaving: [RollingSlice], _ joining: [RollingSlice], pivot: Int64) {
    guard let stacks else { return }
    if stacks.pivot == pivot {
      plan(.uncover, leaving.filter { $0.pane.key.from == .min })
      plan(.add, joining)
    } else {
      stacks.removeAll(pivot: pivot, groups: sums.groupCount)
      let middle = slices.firstIndex { $0.pane.key.slice >= pivot } ?? slices.endIndex
      plan(.putInFront, slices[..<middle].reversed())
      plan(.add, slices[middle...])
    }
    steps.append((.result, nil))
    plan(.resultOfLate, late)
    results = stacks.makeStates()
    pane = Pane(pane.key, merged(results), sums.table)
  }

  /// The states of all aggregates in their order.
  private func merged(_ results: [any AggregateState]) -> [any AggregateState] {
    let all =
      zip(specs.map(\.place), sums.states) + Array(zip(stacks?.places ?? [], results))
    return all.sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// Merges at most so many groups; whether that was all.
  func advance(groups limit: Int) -> Bool {
    var left = limit
    while let (kind, slice) = steps.last {
      let count = slice?.pane.groupCount ?? sums.groupCount
      let end = min(done + left, count)
      if end > done { advance(kind, slice, done..<end) }
      left -= end - done
      done = end
      guard end == count else { return false }
      steps.removeLast()
      done = 0
    }
    return true
  }

  private func advance(_ kind: Step, _ slice: RollingSlice?, _ part: Range<Int>) {
    guard let slice else {
      for state in results { state.grow(to: sums.groupCount) }
      stacks?.results(part, into: results)
      return
    }
    switch kind {
    case .leave: leave(slice, part)
    case .join: join(slice, part)
    case .uncover: stacks?.uncover(slice, part)
    case .putInFront: stacks?.putInFront(slice, part)
    case .add: stacks?.add(slice, part)
    case .result, .resultOfLate:
      stacks?.merge(slice, part, into: results, Array(slice.groups[part]))
    }
  }

  private func join(_ slice: RollingSlice, _ part: Range<Int>) {
    let own = Array(UInt32(part.lowerBound)..<UInt32(part.upperBound))
    let new = sums.table.find(own, of: slice.pane.table)
    sums.grow()
    stacks?.grow(to: sums.groupCount)
    let grown = sums.groupCount - uses.count
    if grown > 0 {
      uses += repeatElement(0, count: grown)
      unused += grown
    }
    count(new) { uses in
      defer { uses += 1 }
      return uses == 0 ? -1 : 0
    }
    slice.groups.reserveCapacity(slice.pane.groupCount)
    slice.groups += new
    held += part.count
    merge(slice, part) { $0.merge($1, $2) }
  }

  private func leave(_ slice: RollingSlice, _ part: Range<Int>) {
    held -= part.count
    count(Array(slice.groups[part])) { uses in
      uses -= 1
      return uses == 0 ? 1 : 0
    }
    merge(slice, part) { $0.subtract($1, $2) }
  }

  /// Changes by how many slices groups are had; `change` says how many more of none there are.
  @inline(__always)
  private func count(_ groups: [UInt32], _ change: (inout UInt32) -> Int) {
    let before = unused
    uses.withUnsafeMutableBufferPointer { uses in
      for group in groups { unused += change(&uses[Int(group)]) }
    }
    if unused != before { lastOrder = nil }
  }

  /// Hands over the partial rows of some groups of a slice.
  private func merge(
    _ slice: RollingSlice, _ part: Range<Int>,
    _ body: (any SubtractableState, GroupRows, [Column]) -> Void
  ) {
    guard !specs.isEmpty else { return }
    let numbers = identity.first(part.upperBound)
    slice.groups.withUnsafeBufferPointer { groups in
      guard let groups = groups.baseAddress else { return }
      for start in stride(from: part.lowerBound, to: part.upperBound, by: Batch.rowLimit) {
        let count = min(part.upperBound - start, Batch.rowLimit)
        let list = RowList(rows: numbers + start, count: count)
        let rows = GroupRows(groups: groups + start, rows: numbers, count: count)
        for ((place, spec), target) in zip(specs, sums.states) {
          guard let target = target as? any SubtractableState else { continue }
          var columns = slice.pane.states[place].partials(list)
          if spec.lacksCount { columns.append(.repeating(1, .int, count)) }
          body(target, rows, columns)
        }
      }
    }
  }
}
