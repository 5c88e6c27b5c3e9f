import Columns
import Schemas

/// The groups of one window on their way together: of a tumbling window its pane as it is, of one
/// that overlaps others a merge of its slices, a bounded number of groups at a time.
///
/// While it is under way nothing may be added to the store's panes.
struct WindowCombination {
  let start: Int64
  /// All groups, once it is complete.
  let pane: Pane
  private let store: WindowStore
  private var slices: ArraySlice<Pane>
  /// How many groups of the first slice are merged.
  private var place = 0

  init(of store: WindowStore, start: Int64) {
    self.start = start
    self.store = store
    let whole = PaneKey(slice: start, from: .min)
    guard !store.grid.isTumbling else {
      pane = store.pane(whole)
      slices = []
      return
    }
    pane = store.makePane(whole)
    slices = store.slices(of: start)[...]
  }

  /// Merges at most so many groups; whether that was all.
  mutating func advance(groups limit: Int) -> Bool {
    var left = limit
    while let slice = slices.first {
      let end = min(place + left, slice.groupCount)
      if end > place {
        store.add(slice, Array(UInt32(place)..<UInt32(end)), to: pane)
        left -= end - place
        place = end
      }
      guard place == slice.groupCount else { return false }
      slices.removeFirst()
      place = 0
    }
    return true
  }
}
