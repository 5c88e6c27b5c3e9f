import CPlatform
import Columns
import Schemas

/// All values of each group, as often as they are there: what lets a value that is taken back go,
/// and the next one come in its place.
///
/// Each value of a group is a member of one table; where their order counts it lies beside, where
/// they are only listed a chain does. Only members that changed are told in deltas. A value may be
/// taken back before it is given: it then counts less than nothing until it comes. Not thread-safe;
/// snapshots are immutable.
final class ValueSet: @unchecked Sendable {
  /// What is asked for of a group but the number of its values.
  enum Listing { case none, ordered, chained }

  private var listing: Listing
  /// The group's number, then the value's bytes.
  @exclusivity(unchecked) private(set) var members = GroupTable()
  @exclusivity(unchecked) private(set) var counts = Cells<Int64>(0)
  @exclusivity(unchecked) private(set) var order = ValueOrder()
  @exclusivity(unchecked) private var chains = ValueChains()
  @exclusivity(unchecked) private var groups: [Group] = []
  @exclusivity(unchecked) private var changed: [UInt32] = []
  @exclusivity(unchecked) private var isChanged: [Bool] = []
  /// Whether the last snapshot has the member.
  @exclusivity(unchecked) private var isSaved: [Bool] = []
  /// Members of which none is there.
  @exclusivity(unchecked) private var goneCount = 0
  /// Those of them whose places could not be freed, for the next snapshot must tell of them.
  private var owedCount = 0
  private let scratch = KeyScratch()
  private let identity = IdentityRows()
  private var hashes = Scratch<UInt64>()
  private var found = Scratch<UInt32>()

  /// What is known of a group.
  private struct Group {
    /// Of its tree, or the first of its chain.
    var root = ValueOrder.none
    /// How many different values it has.
    var distinct: Int64 = 0
    /// The same with those that were taken back before they came.
    var present: Int64 = 0
  }

  init(_ listing: Listing) { self.listing = listing }

  /// Groups that have a value. O(groups).
  var groupCount: Int { groups.reduce(0) { $0 + ($1.present > 0 ? 1 : 0) } }

  /// Before the first value comes.
  func keepOrder() { listing = .ordered }

  var byteCount: Int { members.arena.byteCount }

  func grow(to count: Int) {
    guard count > groups.count else { return }
    groups += repeatElement(Group(), count: max(count, groups.count * 2) - groups.count)
  }

  /// Takes the values of rows in, or back. `write` puts a row's bytes to a place and says how many
  /// they are, at most `mostBytes`. O(rows × log values).
  @inline(__always)
  func take(
    _ rows: GroupRows, back: Bool, mostBytes: (Int) -> Int,
    write: (Int, UnsafeMutablePointer<UInt8>) -> Int
  ) {
    guard rows.count > 0 else { return }
    let ids = find(rows, mostBytes: mostBytes, write: write)
    for i in 0..<rows.count {
      move(ids[i], of: rows.groups[i], to: counts[ids[i]] &+ (back ? -1 : 1))
    }
    tidy()
  }

  /// The members that the values of rows are, in order; they may be none that are there. Good until
  /// the next are looked for, or it is tidied.
  @inline(__always)
  func find(
    _ rows: GroupRows, mostBytes: (Int) -> Int,
    write: (Int, UnsafeMutablePointer<UInt8>) -> Int
  ) -> UnsafePointer<UInt32> {
    var total = 0
    for i in 0..<rows.count { total &+= 4 &+ mostBytes(Int(rows.rows[i])) }
    let bytes = scratch.bytes.reserve(total + Memory.slack)
    let starts = scratch.starts.reserve(rows.count + 1)
    let ends = scratch.ends.reserve(rows.count + 1)
    let hashes = hashes.reserve(rows.count)
    var end = 0
    for i in 0..<rows.count {
      let start = bytes + end
      UnsafeMutableRawPointer(start).storeBytes(of: rows.groups[i], as: UInt32.self)
      starts[i] = UInt32(truncatingIfNeeded: end)
      end &+= 4 &+ write(Int(rows.rows[i]), start + 4)
      ends[i] = UInt32(truncatingIfNeeded: end)
      hashes[i] = XXH3.hash(start, count: Int(ends[i] &- starts[i]))
    }
    return find(
      KeyBytes(
        base: UnsafePointer(bytes), starts: UnsafePointer(starts), ends: UnsafePointer(ends),
        validity: nil), UnsafePointer(hashes), rows.count)
  }

  private func find(
    _ keys: KeyBytes, _ hashes: UnsafePointer<UInt64>, _ count: Int
  ) -> UnsafePointer<UInt32> {
    let ids = found.reserve(count)
    members.find(
      keys, hashes, RowList(rows: identity.first(count), count: count), into: ids)
    growMembers()
    return UnsafePointer(ids)
  }

  /// Says how often a value is there, as a snapshot has it.
  func restore(_ bytes: UnsafeBufferPointer<UInt8>, of group: UInt32, count: Int64) {
    let key = key(bytes, of: group)
    move(member(key, 4 + bytes.count), of: group, to: count)
  }

  /// Takes one more of a value in.
  func add(_ bytes: UnsafeBufferPointer<UInt8>, of group: UInt32) {
    let member = member(key(bytes, of: group), 4 + bytes.count)
    move(member, of: group, to: counts[member] &+ 1)
  }

  /// A value's bytes behind its group's number; good until the next.
  private func key(
    _ bytes: UnsafeBufferPointer<UInt8>, of group: UInt32
  ) -> UnsafePointer<UInt8> {
    let target = scratch.bytes.reserve(4 + bytes.count + Memory.slack)
    UnsafeMutableRawPointer(target).storeBytes(of: group, as: UInt32.self)
    if let start = bytes.baseAddress { (target + 4).update(from: start, count: bytes.count) }
    return UnsafePointer(target)
  }

  /// Takes a member in or back; how many more or fewer of it are there. One that is owed is not.
  func take(_ member: UInt32, of group: UInt32, back: Bool) -> Int64 {
    let old = counts[member]
    move(member, of: group, to: old &+ (back ? -1 : 1))
    return max(counts[member], 0) - max(old, 0)
  }

  /// Lets all go of which this says so by their bytes. O(members).
  func letGo(where isOver: (UnsafeBufferPointer<UInt8>) -> Bool) {
    for id in 0..<UInt32(truncatingIfNeeded: members.count) where counts[id] != 0 {
      guard let start = members.key(id).0, isOver(bytes(id)) else { continue }
      move(id, of: UnsafeRawPointer(start).loadUnaligned(as: UInt32.self), to: 0)
    }
  }

  /// Frees the places of members that are gone, where these are many.
  func tidy() {
    if goneCount - owedCount > max(4_096, members.count / 2) { compact { $0 } }
  }

  private func member(_ key: UnsafePointer<UInt8>, _ length: Int) -> UInt32 {
    let hash = XXH3.hash(key, count: length)
    let id = members.find(key, UInt32(truncatingIfNeeded: length), hash)
    growMembers()
    return id
  }

  private func growMembers() {
    goneCount += members.count - counts.count
    counts.grow(to: members.count)
    switch listing {
    case .none: break
    case .ordered: order.grow(to: members.count)
    case .chained: chains.grow(to: members.count)
    }
    guard isChanged.count < members.count else { return }
    let added = max(members.count, isChanged.count * 2) - isChanged.count
    isChanged += repeatElement(false, count: added)
    isSaved += repeatElement(false, count: added)
  }

  private func move(_ id: UInt32, of group: UInt32, to count: Int64) {
    let old = counts[id]
    guard old != count else { return }
    counts.set(id, count)
    if !isChanged[Int(id)] {
      isChanged[Int(id)] = true
      changed.append(id)
    }
    let place = Int(group)
    if old == 0 { (goneCount, groups[place].present) = (goneCount - 1, groups[place].present + 1) }
    if count == 0 {
      (goneCount, groups[place].present) = (goneCount + 1, groups[place].present - 1)
    }
    let (before, after) = (max(old, 0), max(count, 0))
    guard before != after else { return }
    if before == 0 { groups[place].distinct += 1 }
    if after == 0 { groups[place].distinct -= 1 }
    list(id, before, after, root: &groups[place].root)
  }

  @inline(__always)
  private func list(_ id: UInt32, _ before: Int64, _ after: Int64, root: inout UInt32) {
    switch listing {
    case .none: break
    case .ordered:
      if before == 0 {
        root = order.insert(id, count: after, into: root, members)
      } else if after == 0 {
        root = order.remove(id, count: before, from: root, members)
      } else {
        order.add(after - before, to: id, under: root, members)
      }
    case .chained:
      if before == 0 { root = chains.insert(id, before: root) }
      if after == 0 { root = chains.remove(id, from: root) }
    }
  }
}

extension ValueSet {
  func distinct(_ group: UInt32) -> Int64 { groups[Int(group)].distinct }

  /// The root of a group's tree, or the first of its chain.
  func root(_ group: UInt32) -> UInt32 { groups[Int(group)].root }

  /// Asks the memory for so many of the first members of these groups' chains, which are listed
  /// soon.
  func prefetch(_ numbers: UnsafePointer<UInt32>, _ count: Int, depth: Int) {
    let (entries, counts) = (members.entries.base, counts.paged)
    groups.withUnsafeBufferPointer { groups in
      guard let base = groups.baseAddress else { return }
      for i in 0..<count where numbers[i] != GroupTable.missing {
        raudal_prefetch(base + Int(numbers[i]))
      }
      guard depth > 0 else { return }
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: count) { firsts in
        for i in 0..<count {
          firsts[i] =
            numbers[i] == GroupTable.missing ? ValueChains.none : base[Int(numbers[i])].root
        }
        chains.prefetch(firsts, depth: depth) { member in
          raudal_prefetch(entries + Int(member))
          raudal_prefetch(counts.table[Int(member >> 12)] + Int(member & 4095))
        }
      }
    }
  }

  /// The next of a group's chain.
  func next(_ member: UInt32) -> UInt32 { chains.next(member) }

  /// A member's bytes behind its group's number.
  func bytes(_ member: UInt32) -> UnsafeBufferPointer<UInt8> {
    let (start, count) = members.key(member)
    return UnsafeBufferPointer(start: start.map { $0 + 4 }, count: max(count - 4, 0))
  }

  /// Whether the group has a member of which one is there, or owed.
  func hasMembers(_ group: UInt32) -> Bool { groups[Int(group)].present > 0 }

  /// Lets so many of a member go.
  func letGo(_ member: UInt32, of group: UInt32, atMost count: Int64) {
    move(member, of: group, to: counts[member] - min(count, counts[member]))
  }

  /// The first of those that have so many bytes in common with this member.
  func firstBeside(_ member: UInt32, of group: UInt32, byteCount: Int) -> UInt32 {
    let (start, _) = members.key(member)
    let bound = UnsafeBufferPointer(start: start, count: 4 + byteCount)
    return order.first(from: bound, under: groups[Int(group)].root, members)
  }

  /// The first of a group's members whose bytes begin with these; nil where none does.
  func first(beginningWith bytes: UnsafeBufferPointer<UInt8>, of group: UInt32) -> UInt32? {
    let bound = UnsafeBufferPointer(start: key(bytes, of: group), count: 4 + bytes.count)
    let found = order.first(from: bound, under: groups[Int(group)].root, members)
    guard found != ValueOrder.none, self.bytes(found).starts(with: bytes) else { return nil }
    return found
  }

  /// The members as they are, or those that changed since the last snapshot. O(pages + members that
  /// are told).
  func snapshot(full: Bool) -> SavedValues {
    let told = full ? Array(0..<UInt32(truncatingIfNeeded: members.count)) : changed
    var (live, dead): ([UInt32], [UInt32]) = ([], [])
    for id in told {
      let isThere = counts[id] != 0
      if isThere { live.append(id) }
      // What a full snapshot does not name is not there.
      if !isThere, !full, isSaved[Int(id)] { dead.append(id) }
      isSaved[Int(id)] = isThere
    }
    for id in changed { isChanged[Int(id)] = false }
    changed.removeAll()
    owedCount = 0
    return SavedValues(members: members.share(), counts: counts.share(), live: live, dead: dead)
  }

  /// Frees the places of members that are gone, and gives groups their new numbers; nil: the group
  /// is gone. O(members × log values).
  func compact(_ number: (UInt32) -> UInt32?) {
    let (old, oldCounts, wasChanged, wasSaved) = (members, counts, isChanged, isSaved)
    let groupCount = groups.count
    (members, counts, order, chains) = (GroupTable(), Cells(0), ValueOrder(), ValueChains())
    (isChanged, isSaved, changed, goneCount) = ([], [], [], 0)
    groups = []
    grow(to: groupCount)
    for id in 0..<UInt32(truncatingIfNeeded: old.count) {
      let count = oldCounts[id]
      // One that is gone must still be told.
      let isOwed = wasChanged[Int(id)] && wasSaved[Int(id)]
      let (start, length) = old.key(id)
      guard count != 0 || isOwed, let start,
        let group = number(UnsafeRawPointer(start).loadUnaligned(as: UInt32.self))
      else { continue }
      let target = scratch.bytes.reserve(length + Memory.slack)
      target.update(from: start, count: length)
      UnsafeMutableRawPointer(target).storeBytes(of: group, as: UInt32.self)
      let new = member(UnsafePointer(target), length)
      move(new, of: group, to: count)
      isSaved[Int(new)] = wasSaved[Int(id)]
      if isChanged[Int(new)] != wasChanged[Int(id)] {
        isChanged[Int(new)] = wasChanged[Int(id)]
        if wasChanged[Int(id)] { changed.append(new) } else { changed.removeLast() }
      }
    }
    owedCount = goneCount
  }

  /// Takes over all values of another, whose groups have these numbers here.
  func takeOver(_ other: ValueSet, _ number: (UInt32) -> UInt32?) {
    let groupCount = groups.count
    (members, counts) = (other.members, other.counts)
    (isChanged, isSaved, changed) = (other.isChanged, other.isSaved, other.changed)
    compact(number)
    grow(to: groupCount)
  }
}

/// The members of a set at a barrier.
struct SavedValues: @unchecked Sendable {
  let members: GroupTable
  let counts: Cells<Int64>
  let live: [UInt32]
  let dead: [UInt32]
}
