import Columns
import Schemas

/// Which pane: the slice, and from which window on its rows count.
struct PaneKey: Hashable, Comparable {
  var slice: Int64
  /// `Int64.min`: for all windows that hold the slice. Later for rows so far behind their
  /// partition's watermark that earlier windows were closed for them.
  var from: Int64

  static func < (a: PaneKey, b: PaneKey) -> Bool { (a.slice, a.from) < (b.slice, b.from) }
}

/// The groups of one slice of time and what the aggregates have made of their rows.
final class Pane {
  let key: PaneKey
  let table: GroupTable
  let states: [any AggregateState]
  private var codeMaps: [CodeMap] = []

  /// Groups that existed at the last snapshot.
  var snapshotCount = 0
  /// Groups changed since the last snapshot; only kept where snapshots are taken.
  private(set) var dirty: [UInt32] = []
  private var isDirty: [Bool] = []
  /// Groups that a restored delta removed.
  var removed: Set<UInt32> = []

  init(
    _ key: PaneKey, _ states: [any AggregateState], _ table: GroupTable = GroupTable()
  ) {
    self.key = key
    self.states = states
    self.table = table
  }

  var groupCount: Int { table.count }

  func grow() {
    for state in states { state.grow(to: table.count) }
  }

  func markDirty(_ groups: UnsafePointer<UInt32>, _ count: Int) {
    if isDirty.count < table.count {
      let larger = max(table.count, isDirty.count * 2)
      isDirty += Array(repeating: false, count: larger - isDirty.count)
    }
    isDirty.withUnsafeMutableBufferPointer { flags in
      for i in 0..<count where !flags[Int(groups[i])] {
        flags[Int(groups[i])] = true
        dirty.append(groups[i])
      }
    }
  }

  func forgetDirty() {
    for group in dirty { isDirty[Int(group)] = false }
    dirty.removeAll()
    snapshotCount = table.count
  }

  /// The groups of a dictionary's codes, as far as they were met. The last few dictionaries are
  /// kept.
  func codeMap(_ hashes: DictionaryHashes) -> CodeMap {
    if let last = codeMaps.last, last.hashes === hashes { return last }
    if let index = codeMaps.firstIndex(where: { $0.hashes === hashes }) {
      let map = codeMaps.remove(at: index)
      codeMaps.append(map)
      return map
    }
    if codeMaps.count == CodeMap.kept { codeMaps.removeFirst() }
    let map = CodeMap(hashes)
    codeMaps.append(map)
    return map
  }
}

/// The key hashes of a dictionary's entries, made once for a dictionary.
final class DictionaryHashes {
  /// How many dictionaries a store remembers.
  static let kept = 16

  let dictionary: Column
  let hashes: UnsafeMutablePointer<UInt64>

  init(_ dictionary: Column) {
    self.dictionary = dictionary
    hashes = .allocate(capacity: max(dictionary.rowCount, 1))
    KeyHasher.hash(
      columns: [dictionary], rowCount: dictionary.rowCount, selection: nil, into: hashes)
  }

  deinit { hashes.deallocate() }
}

/// Dictionary code → group of one pane.
final class CodeMap {
  static let kept = 8
  static let unknown = UInt32.max

  let hashes: DictionaryHashes
  let groups: UnsafeMutablePointer<UInt32>

  init(_ hashes: DictionaryHashes) {
    self.hashes = hashes
    let count = max(hashes.dictionary.rowCount, 1)
    groups = .allocate(capacity: count)
    groups.initialize(repeating: Self.unknown, count: count)
  }

  deinit { groups.deallocate() }

  /// The groups of some rows of a dictionary column.
  func find(
    _ column: Column, _ list: RowList, nullHash: UInt64, in table: GroupTable,
    into target: UnsafeMutablePointer<UInt32>
  ) {
    let codes = column.codes
    let groups = self.groups
    let rows = list.rows
    var union = UInt32(0)
    for i in 0..<list.count {
      let group = groups[Int(codes[Int(rows[i])])]
      target[i] = group
      union |= group
    }
    if union >> 31 != 0 { complete(column, list, in: table, into: target) }
    guard let validity = column.validity else { return }
    for i in 0..<list.count where validity[Int(rows[i])] == 0 {
      target[i] = table.nullGroup(nullHash)
    }
  }

  @inline(never)
  private func complete(
    _ column: Column, _ list: RowList, in table: GroupTable,
    into target: UnsafeMutablePointer<UInt32>
  ) {
    for i in 0..<list.count where target[i] == Self.unknown {
      let row = Int(list.rows[i])
      guard column.validity.map({ $0[row] == 1 }) ?? true else { continue }
      let code = Int(column.codes[row])
      if groups[code] == Self.unknown {
        groups[code] = Self.group(
          hashes.dictionary.text(code), hashes.hashes[code], in: table)
      }
      target[i] = groups[code]
    }
  }

  private static func group(
    _ text: UnsafeBufferPointer<UInt8>, _ hash: UInt64, in table: GroupTable
  ) -> UInt32 {
    if let start = text.baseAddress {
      return table.find(start, UInt32(truncatingIfNeeded: text.count), hash)
    }
    var empty: UInt64 = 0
    return withUnsafeBytes(of: &empty) { bytes in
      table.find(bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self), 0, hash)
    }
  }
}
