import Columns
package import Schemas

/// The open windows of one operator on one worker: a pane for each slice of time that has rows,
/// each with its own group table and aggregate states.
///
/// Not thread-safe; snapshots are immutable copies that share its pages.
package final class WindowStore {
  package struct Configuration: Sendable {
    package var grid: WindowGrid
    package var keys: [Field]
    package var aggregates: [AggregateSpec]
    /// Whether what changes between snapshots is to be known.
    package var tracksChanges: Bool
    /// Whether results are told again when rows change them.
    package var refresh: WindowRefreshRule

    package init(
      grid: WindowGrid, keys: [Field], aggregates: [AggregateSpec], tracksChanges: Bool,
      refresh: WindowRefreshRule = WindowRefreshRule()
    ) {
      self.grid = grid
      self.keys = keys
      self.aggregates = aggregates
      self.tracksChanges = tracksChanges
      self.refresh = refresh
    }
  }

  let configuration: Configuration
  let layout: PaneLayout
  /// Windows that start before it were emitted.
  var closedBefore = Int64.min
  /// The open panes, by slice.
  var panes: [PaneKey: Pane] = [:]
  /// Their keys, ascending.
  var order: [PaneKey] = []
  /// Panes gone since the last snapshot that it held.
  var dropped: [DroppedPane] = []
  /// Rows that `absorb` has taken, by slice; for `waiting` alone, and forgotten by `forgetRows`.
  var rowsTaken: [Int64: Int64] = [:]
  var shownFrom = Int64.min
  /// The keys of those that not all windows have which hold their slice.
  private(set) var lateKeys: Set<PaneKey> = []
  /// What overlapping windows have in common.
  var blocks = SliceBlocks()
  /// The window of those that overlap which was put out last, where its aggregates can go on from
  /// one to the next; what such windows have in common is in no blocks then.
  let rolling: RollingWindow?
  let work = WindowWork()
  private var lastPane: Pane?
  private var dictionaries: [DictionaryHashes] = []
  private(set) lazy var nullHash = Self.hashOfNull(configuration.keys)

  /// Fails with the name of an aggregate that this build cannot compute.
  package init(_ configuration: Configuration) throws(UnknownAggregate) {
    self.configuration = configuration
    layout = PaneLayout(configuration)
    rolling =
      configuration.grid.isTumbling ? nil : RollingWindow(configuration.aggregates)
    for spec in configuration.aggregates where spec.makeState() == nil {
      throw UnknownAggregate(spec: spec)
    }
  }

  package var grid: WindowGrid { configuration.grid }
  package var isEmpty: Bool { panes.isEmpty }

  /// Groups in all panes.
  package var groupCount: Int { panes.values.reduce(0) { $0 + $1.groupCount } }

  /// Bytes of values without a fixed width in all panes: text, collections, sets.
  package var valueBytes: Int {
    panes.values.reduce(0) { bytes, pane in
      pane.states.reduce(bytes) { $0 + $1.valueBytes }
    }
  }

  func pane(_ key: PaneKey) -> Pane {
    // Never where watermarks are kept to: such a slice gets no more rows.
    let isShared = !blocks.isEmpty || rolling?.isEmpty == false
    if isShared, key.from == .min, grid.firstWindow(key.slice) < closedBefore {
      blocks.removeAll()
      rolling?.invalidate()
    }
    if let lastPane, lastPane.key == key { return lastPane }
    if let pane = panes[key] {
      lastPane = pane
      return pane
    }
    let pane = makePane(key)
    panes[key] = pane
    order.insert(key, at: place(of: key))
    if key.from != .min { lateKeys.insert(key) }
    lastPane = pane
    return pane
  }

  /// The place of the first pane that is not before `key`. O(log panes).
  func place(of key: PaneKey) -> Int {
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      if order[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// A pane that is none of the store's.
  func makePane(_ key: PaneKey) -> Pane {
    Pane(key, configuration.aggregates.compactMap { $0.makeState() })
  }

  func drop(_ key: PaneKey) {
    guard let pane = panes.removeValue(forKey: key) else { return }
    order.remove(at: place(of: key))
    if key.from != .min { lateKeys.remove(key) }
    if lastPane === pane { lastPane = nil }
    if configuration.tracksChanges && pane.snapshotCount > 0 {
      dropped.append(DroppedPane(key: key, table: pane.table, count: pane.snapshotCount))
    }
  }

  /// The hashes of a dictionary's entries; the last dictionaries are remembered.
  func hashes(_ dictionary: Column) -> DictionaryHashes {
    if let index = dictionaries.lastIndex(where: { $0.dictionary === dictionary }) {
      return dictionaries[index]
    }
    if dictionaries.count == DictionaryHashes.kept { dictionaries.removeFirst() }
    let hashes = DictionaryHashes(dictionary)
    dictionaries.append(hashes)
    return hashes
  }

  private static func hashOfNull(_ keys: [Field]) -> UInt64 {
    let builder = ColumnBuilder(keys.first?.type ?? .int, capacity: 1)
    builder.appendNull()
    var hash: UInt64 = 0
    KeyHasher.hash(columns: [builder.finish()], rowCount: 1, selection: nil, into: &hash)
    return hash
  }
}

/// A pane that closed, and how many of its groups the last snapshot held.
struct DroppedPane: @unchecked Sendable {
  let key: PaneKey
  let table: GroupTable
  let count: Int
}

/// An aggregate of a plan that no state is known for.
package struct UnknownAggregate: Error {
  package let spec: AggregateSpec
}

/// Working memory for one batch at a time.
final class WindowWork {
  let keys = KeyScratch()
  let identity = IdentityRows()
  var hashes = Scratch<UInt64>()
  var groups = Scratch<UInt32>()
  /// The rows of one pane after the other.
  var rows = Scratch<UInt32>()
  /// The pane of each row.
  var targets = Scratch<UInt32>()
  var chosenGroups = Scratch<UInt32>()
  var chosenRows = Scratch<UInt32>()
}
