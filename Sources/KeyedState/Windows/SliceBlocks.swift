import Columns

/// Slices that are merged with those beside them, so that windows which overlap share the work:
/// 4, 16, 64 … slices, of which a window of n needs 6 × log₄ n at most.
///
/// Only slices that get no more rows are in a block, so it is never changed; it is no state, but
/// made again after a restore. Where merging makes little less of the parts (each key has rows in
/// one of them alone) a block would cost memory and spare nothing: such a place is loose, and
/// windows take its parts. (Tangwongsan et al., "General Incremental Sliding-Window Aggregation",
/// VLDB 2015, has the tree; Traub et al., EDBT 2019, slices below it.)
struct SliceBlocks {
  /// 4^level slices, the `index`th so many. Of two at a time there would be as many blocks as
  /// slices, and as much memory, for hardly fewer merges.
  struct Place: Hashable {
    var level: Int
    var index: Int64

    var parts: [Place] {
      (0..<4).map { Place(level: level - 1, index: index &* 4 &+ $0) }
    }

    /// The numbers of its slices.
    var first: Int64 { index << (2 * level) }
    var end: Int64 { (index &+ 1) << (2 * level) }
  }

  enum Block {
    case merged(Pane)
    case loose
  }

  /// Fewer slices a window are merged one by one.
  static let fewest = 8

  private var blocks: [Place: Block] = [:]
  /// When so many are there those that no window needs are looked for.
  private var limit = 16

  subscript(place: Place) -> Block? { blocks[place] }

  mutating func add(_ block: Block, at place: Place) { blocks[place] = block }

  mutating func removeAll() { blocks.removeAll() }

  var isEmpty: Bool { blocks.isEmpty }

  /// Whether a block is worth its memory: half of what its parts take at most.
  static func isWorth(_ merged: Pane, _ parts: [Pane]) -> Bool {
    func size(_ pane: Pane) -> Int {
      pane.states.reduce(pane.groupCount * 16) { $0 + $1.valueBytes }
    }
    return size(merged) * 2 <= parts.reduce(0) { $0 + size($1) }
  }

  /// Forgets blocks that begin before a slice, by its number. O(1), amortised.
  mutating func forget(before first: Int64) {
    guard blocks.count >= limit else { return }
    blocks = blocks.filter { $0.key.first >= first }
    limit = max(16, blocks.count + blocks.count / 4)
  }

  /// The fewest places that make up the slices from `first` to before `end`, in order.
  static func places(from first: Int64, to end: Int64) -> [Place] {
    var (places, next) = ([Place](), first)
    while next < end {
      var level = 0
      while next & ((4 << (2 * level)) - 1) == 0, next &+ (4 << (2 * level)) <= end { level += 1 }
      let place = Place(level: level, index: next >> (2 * level))
      places.append(place)
      next = place.end
    }
    return places
  }
}

extension WindowStore {
  /// How many panes lie in a window, whether it takes their rows or not. O(log panes).
  func sliceCount(of window: Int64) -> Int {
    place(of: PaneKey(slice: grid.end(window), from: .min))
      - place(of: PaneKey(slice: grid.start(window), from: .min))
  }

  /// Those of its panes that not all windows have which hold their slice. O(such panes).
  func latePanes(of window: Int64) -> [Pane] {
    let keys = lateKeys.filter { key in
      key.from <= window && key.slice >= grid.start(window) && key.slice < grid.end(window)
    }
    return keys.sorted().compactMap { panes[$0] }
  }

  /// The panes of a place's slices that all windows share which have these; two stand for any
  /// number of them.
  func panes(at place: SliceBlocks.Place) -> [Pane] {
    let first = PaneKey(slice: grid.slice(numbered: place.first), from: .min)
    let end = grid.slice(numbered: place.end)
    var found: [Pane] = []
    for key in order[self.place(of: first)...] {
      guard key.slice < end, found.count < 2 else { break }
      if key.from == .min, let pane = panes[key] { found.append(pane) }
    }
    return found
  }
}

extension WindowGrid {
  /// Slices follow each other by number.
  func number(ofSlice slice: Int64) -> Int64 { (slice &- offset) / self.slice }

  func slice(numbered number: Int64) -> Int64 { number &* slice &+ offset }
}
