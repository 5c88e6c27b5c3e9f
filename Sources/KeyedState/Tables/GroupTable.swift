import CPlatform
import Columns
import Schemas

/// Gives every distinct key a dense number, its group: an open-addressing table with linear probing
/// at a load of at most 0.7; small tables that fit the first cache stay at a quarter, where hardly
/// a key meets another and the branch predictor is right.
///
/// A slot is 8 bytes: the upper half of the key's hash, compared first, and the group + 1. Keys lie
/// in an arena. Groups are never removed one by one; a window goes with its whole table.
final class GroupTable: @unchecked Sendable {
  struct Entry {
    var hash: UInt64
    /// In the arena.
    var reference: UInt64
    var length: UInt32
    /// 1 for the null key of a single text column.
    var isNull: UInt32
  }

  /// Up to so many slots the load stays at a quarter.
  private static let roomySlots = 8_192

  // Unchecked: as in `ByteBuffer`.
  @exclusivity(unchecked) private(set) var count = 0
  @exclusivity(unchecked) private(set) var entries: EntryBuffer
  let arena: ByteArena
  @exclusivity(unchecked) private(set) var slots: UnsafeMutablePointer<UInt64>
  @exclusivity(unchecked) private(set) var slotCount: Int
  @exclusivity(unchecked) private var nullGroup: UInt32?

  init(slotCount: Int = 256, entryCapacity: Int = 32) {
    self.slotCount = slotCount
    slots = Self.emptySlots(slotCount)
    entries = EntryBuffer(capacity: entryCapacity)
    arena = ByteArena()
  }

  /// A frozen copy that knows the keys but finds none.
  private init(frozen count: Int, _ entries: EntryBuffer, _ arena: ByteArena, null: UInt32?) {
    self.count = count
    self.entries = entries
    self.arena = arena
    self.nullGroup = null
    slotCount = 0
    slots = UnsafeMutablePointer(bitPattern: 8).unsafelyUnwrapped
  }

  deinit { if slotCount > 0 { slots.deallocate() } }

  /// What a snapshot needs of the table: the keys of the groups so far. O(1).
  func share() -> GroupTable {
    GroupTable(frozen: count, entries, arena.share(), null: nullGroup)
  }

  /// Finds or makes the group of each row in `list`, in order; `hashes` is indexed by row.
  func find(
    _ keys: KeyBytes, _ hashes: UnsafePointer<UInt64>, _ list: RowList,
    into groups: UnsafeMutablePointer<UInt32>
  ) {
    let rows = list.rows
    var mask = slotCount &- 1
    var slots = self.slots
    var entries = self.entries.base
    var bases = arena.bases
    let prefetches = slotCount > 1 << 13
    for i in 0..<list.count {
      let row = Int(rows[i])
      let hash = hashes[row]
      if prefetches && i &+ 16 < list.count {
        let ahead = Int(truncatingIfNeeded: hashes[Int(rows[i &+ 16])])
        raudal_prefetch(slots + (ahead & mask))
      }
      if let validity = keys.validity, validity[row] == 0 {
        groups[i] = nullGroup(hash)
        // A new group may have moved them.
        entries = self.entries.base
        continue
      }
      let start = keys.base + Int(keys.starts[row])
      let length = keys.ends[row] &- keys.starts[row]
      var at = Int(truncatingIfNeeded: hash) & mask
      while true {
        let slot = slots[at]
        if slot == 0 {
          groups[i] = insert(hash, start, length, at: at)
          mask = slotCount &- 1
          slots = self.slots
          entries = self.entries.base
          bases = arena.bases
          break
        }
        if slot >> 32 == hash >> 32 {
          let group = UInt32(truncatingIfNeeded: slot) &- 1
          let entry = entries + Int(group)
          if entry.pointee.length == length
            && equalBytes(ByteArena.address(entry.pointee.reference, bases), start, Int(length))
          {
            groups[i] = group
            break
          }
        }
        at = (at &+ 1) & mask
      }
    }
  }

  /// The group of a key that lies in another table of the same types.
  func find(_ group: UInt32, of other: GroupTable) -> UInt32 {
    let entry = other.entries.base[Int(group)]
    if entry.isNull == 1 { return nullGroup(entry.hash) }
    return find(UnsafePointer(other.arena.address(entry.reference)), entry.length, entry.hash)
  }

  /// Finds or makes the groups of keys that lie in another table of the same types, in order.
  func find(_ groups: [UInt32], of other: GroupTable) -> [UInt32] {
    reserve(groups.count)
    let entries = other.entries.base
    let ahead = 8
    return [UInt32](unsafeUninitializedCapacity: groups.count) { found, count in
      for i in 0..<groups.count {
        if i &+ 2 &* ahead < groups.count {
          let next = entries[Int(groups[i &+ 2 &* ahead])].hash
          raudal_prefetch(slots + (Int(truncatingIfNeeded: next) & (slotCount &- 1)))
          let near = entries[Int(groups[i &+ ahead])].hash
          let slot = slots[Int(truncatingIfNeeded: near) & (slotCount &- 1)]
          if slot != 0 {
            raudal_prefetch(self.entries.base + Int(UInt32(truncatingIfNeeded: slot) &- 1))
          }
        }
        found[i] = find(groups[i], of: other)
      }
      count = groups.count
    }
  }

  /// Makes room for so many groups at once.
  func reserve(_ groups: Int) {
    guard groups > count else { return }
    while entries.capacity < groups { entries = entries.grown(used: count) }
    var needed = slotCount
    while groups * (needed < Self.roomySlots ? 40 : 15) > needed * 10 { needed *= 2 }
    if needed > slotCount { rehash(needed) }
  }

  /// Finds or makes the group of one key.
  func find(_ start: UnsafePointer<UInt8>, _ length: UInt32, _ hash: UInt64) -> UInt32 {
    lookUp(start, length, hash, inserting: true).unsafelyUnwrapped
  }

  /// The group of a key, if there is one.
  func group(_ start: UnsafePointer<UInt8>, _ length: UInt32, _ hash: UInt64) -> UInt32? {
    lookUp(start, length, hash, inserting: false)
  }

  /// The group of a key that lies in another table of the same types, if there is one.
  func group(_ group: UInt32, of other: GroupTable) -> UInt32? {
    let entry = other.entries.base[Int(group)]
    if entry.isNull == 1 { return nullGroup }
    return self.group(
      UnsafePointer(other.arena.address(entry.reference)), entry.length, entry.hash)
  }

  private func lookUp(
    _ start: UnsafePointer<UInt8>, _ length: UInt32, _ hash: UInt64, inserting: Bool
  ) -> UInt32? {
    let mask = slotCount &- 1
    var at = Int(truncatingIfNeeded: hash) & mask
    while slots[at] != 0 {
      let slot = slots[at]
      if slot >> 32 == hash >> 32 {
        let group = UInt32(truncatingIfNeeded: slot) &- 1
        let entry = entries.base[Int(group)]
        if entry.length == length && entry.isNull == 0
          && equalBytes(arena.address(entry.reference), start, Int(length))
        {
          return group
        }
      }
      at = (at &+ 1) & mask
    }
    return inserting ? insert(hash, start, length, at: at) : nil
  }

  /// The bytes of a group's key; nil for the null text key.
  func key(_ group: UInt32) -> (UnsafePointer<UInt8>?, Int) {
    let entry = entries.base[Int(group)]
    if entry.isNull == 1 { return (nil, 0) }
    return (UnsafePointer(arena.address(entry.reference)), Int(entry.length))
  }

  @inline(__always)
  func hash(_ group: UInt32) -> UInt64 { entries.base[Int(group)].hash }

  /// The group of the null key, if there is one; `missing` else.
  var knownNullGroup: UInt32 { nullGroup ?? Self.missing }

  /// The group of the null key.
  func nullGroup(_ hash: UInt64) -> UInt32 {
    if let nullGroup { return nullGroup }
    let group = add(Entry(hash: hash, reference: 0, length: 0, isNull: 1))
    nullGroup = group
    return group
  }

  @inline(never)
  private func insert(
    _ hash: UInt64, _ start: UnsafePointer<UInt8>, _ length: UInt32, at slot: Int
  ) -> UInt32 {
    let reference = arena.append(start, Int(length))
    let group = add(Entry(hash: hash, reference: reference, length: length, isNull: 0))
    slots[slot] = (hash >> 32) << 32 | UInt64(group &+ 1)
    if count * (slotCount < Self.roomySlots ? 40 : 15) > slotCount * 10 { rehash(slotCount * 2) }
    return group
  }

  private func add(_ entry: Entry) -> UInt32 {
    if count == entries.capacity { entries = entries.grown(used: count) }
    (entries.base + count).initialize(to: entry)
    count += 1
    return UInt32(truncatingIfNeeded: count &- 1)
  }

  private func rehash(_ larger: Int) {
    slots.deallocate()
    slots = Self.emptySlots(larger)
    slotCount = larger
    let mask = larger - 1
    for group in 0..<count where entries.base[group].isNull == 0 {
      let hash = entries.base[group].hash
      var at = Int(truncatingIfNeeded: hash) & mask
      while slots[at] != 0 { at = (at &+ 1) & mask }
      slots[at] = (hash >> 32) << 32 | UInt64(group + 1)
    }
  }

  private static func emptySlots(_ count: Int) -> UnsafeMutablePointer<UInt64> {
    let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
    slots.initialize(repeating: 0, count: count)
    return slots
  }
}

/// A growing array of entries whose filled part never changes, shared with snapshots.
final class EntryBuffer: @unchecked Sendable {
  let base: UnsafeMutablePointer<GroupTable.Entry>
  let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  func grown(used: Int) -> EntryBuffer {
    let larger = EntryBuffer(capacity: capacity * 2)
    larger.base.update(from: base, count: used)
    return larger
  }
}
