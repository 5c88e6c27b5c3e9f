import Columns
import Schemas

/// The groups of one window on their way together: of a tumbling window its pane as it is, of one
/// that overlaps others a merge of its slices, a bounded number of groups at a time. What the
/// windows behind it need as well is merged into blocks first.
///
/// While it is under way nothing may be added to the store's panes.
struct WindowCombination {
  /// A pane on its way together: the window's, or that of a block.
  private struct Target {
    /// Nil: the window.
    var place: SliceBlocks.Place?
    let pane: Pane
    var sources: [Pane] = []
    /// Places whose panes are not among the sources yet, the first one last.
    var open: [SliceBlocks.Place] = []
    /// Sources that are merged, and groups of the next one.
    var merged = (sources: 0, groups: 0)
  }

  let start: Int64
  /// All groups, once it is complete.
  let pane: Pane
  /// What it is a step of, where windows are made of the ones before them.
  let rolling: RollingWindow?
  private let store: WindowStore
  /// Each is part of the one before it.
  private var targets: [Target] = []

  init(of store: WindowStore, start: Int64) {
    self.start = start
    self.store = store
    let whole = PaneKey(slice: start, from: .min)
    let grid = store.grid
    rolling = store.rolling
    if let rolling {
      rolling.move(to: start, in: store)
      pane = rolling.pane
      return
    }
    guard !grid.isTumbling else {
      pane = store.pane(whole)
      return
    }
    pane = store.makePane(whole)
    var window = Target(pane: pane)
    if store.sliceCount(of: start) < SliceBlocks.fewest {
      window.sources = store.slices(of: start).compactMap { store.panes[$0] }
    } else {
      // Nothing is done for each slice.
      window.sources = store.latePanes(of: start)
      let first = grid.number(ofSlice: grid.start(start))
      let end = grid.number(ofSlice: grid.end(start))
      window.open = SliceBlocks.places(from: first, to: end).reversed()
    }
    targets = [window]
  }

  /// Merges at most so many groups; whether that was all.
  mutating func advance(groups limit: Int) -> Bool {
    if let rolling { return rolling.advance(groups: limit) }
    var left = limit
    while let last = targets.indices.last {
      if let place = targets[last].open.popLast() {
        find(place)
      } else if targets[last].place != nil, targets[last].sources.count == 1 {
        settle(targets.removeLast())
      } else if !merge(&left) {
        return false
      } else {
        settle(targets.removeLast())
      }
    }
    return true
  }

  /// Adds what lies at a place to the sources of the last target, or begins to make it.
  private mutating func find(_ place: SliceBlocks.Place) {
    let last = targets.count - 1
    let panes = store.panes(at: place)
    if panes.count < 2 {
      targets[last].sources += panes
      return
    }
    switch store.blocks[place] {
    case .merged(let pane): targets[last].sources.append(pane)
    case nil:
      targets[last].open.append(place)
      targets.append(
        Target(
          place: place, pane: store.makePane(PaneKey(slice: start, from: .min)),
          open: place.parts.reversed()))
    case .loose:
      if let whole = targets[last].place {
        // Nor is what has it for a part worth making.
        store.blocks.add(.loose, at: whole)
        targets.removeLast()
      } else {
        targets[last].open += place.parts.reversed()
      }
    }
  }

  /// Merges the sources of the last target; whether that was all.
  private mutating func merge(_ left: inout Int) -> Bool {
    let last = targets.count - 1
    while targets[last].merged.sources < targets[last].sources.count {
      let source = targets[last].sources[targets[last].merged.sources]
      let place = targets[last].merged.groups
      let end = min(place + left, source.groupCount)
      if place == 0 { targets[last].pane.table.reserve(source.groupCount) }
      if end > place {
        store.add(source, Array(UInt32(place)..<UInt32(end)), to: targets[last].pane)
        left -= end - place
        targets[last].merged.groups = end
      }
      guard end == source.groupCount else { return false }
      targets[last].merged = (targets[last].merged.sources + 1, 0)
    }
    return true
  }

  /// A target is complete.
  private func settle(_ target: Target) {
    guard let place = target.place else { return }
    if target.sources.count == 1 {
      store.blocks.add(.merged(target.sources[0]), at: place)
    } else {
      let isWorth = SliceBlocks.isWorth(target.pane, target.sources)
      store.blocks.add(isWorth ? .merged(target.pane) : .loose, at: place)
    }
  }
}
