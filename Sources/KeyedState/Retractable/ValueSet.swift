import Columns
import Schemas

/// All values of each group, as often as they are there: what lets a value that is taken back go,
/// and the next one come in its place.
///
/// Each value of a group is a member of one table; where their order counts it lies beside. Only
/// members that changed are told in deltas. A value may be taken back before it is given: it then
/// counts less than nothing until it comes. Not thread-safe; snapshots are immutable.
final class ValueSet: @unchecked Sendable {
  /// Whether anything but the number of values is asked for.
  private(set) var isOrdered: Bool
  /// The group's number, then the value's bytes.
  @exclusivity(unchecked) private(set) var members = GroupTable()
  @exclusivity(unchecked) private(set) var counts = Cells<Int64>(0)
  @exclusivity(unchecked) private(set) var order = ValueOrder()
  /// By group: the root of its tree.
  @exclusivity(unchecked) private var roots: [UInt32] = []
  /// By group: how many different values it has.
  @exclusivity(unchecked) private var distinct: [Int64] = []
  /// By group: the same with those that were taken back before they came.
  @exclusivity(unchecked) private var present: [Int64] = []
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

  init(isOrdered: Bool) { self.isOrdered = isOrdered }

  /// Groups that have a value. O(groups).
  var groupCount: Int { present.reduce(0) { $0 + ($1 > 0 ? 1 : 0) } }

  /// Before the first value comes.
  func keepOrder() { isOrdered = true }

  var byteCount: Int { members.arena.byteCount }

  func grow(to groups: Int) {
    guard groups > roots.count else { return }
    let added = max(groups, roots.count * 2) - roots.count
    roots += repeatElement(ValueOrder.none, count: added)
    distinct += repeatElement(0, count: added)
    present += repeatElement(0, count: added)
  }

  /// Takes the values of rows in, or back. `write` puts a row's bytes to a place and says how many
  /// they are, at most `mostBytes`. O(rows × log values).
  @inline(__always)
  func take(
    _ rows: GroupRows, back: Bool, mostBytes: (Int) -> Int,
    write: (Int, UnsafeMutablePointer<UInt8>) -> Int
  ) {
    guard rows.count > 0 else { return }
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
    take(
      KeyBytes(
        base: UnsafePointer(bytes), starts: UnsafePointer(starts), ends: UnsafePointer(ends),
        validity: nil), UnsafePointer(hashes), rows, back: back)
  }

  private func take(
    _ keys: KeyBytes, _ hashes: UnsafePointer<UInt64>, _ rows: GroupRows, back: Bool
  ) {
    let ids = found.reserve(rows.count)
    members.find(
      keys, hashes, RowList(rows: identity.first(rows.count), count: rows.count),
      into: ids)
    growMembers()
    for i in 0..<rows.count {
      move(ids[i], of: rows.groups[i], to: counts[ids[i]] &+ (back ? -1 : 1))
    }
    tidy()
  }

  /// Says how often a value is there, as a snapshot has it.
  func restore(_ bytes: UnsafeBufferPointer<UInt8>, of group: UInt32, count: Int64) {
    let target = scratch.bytes.reserve(4 + bytes.count + Memory.slack)
    UnsafeMutableRawPointer(target).storeBytes(of: group, as: UInt32.self)
    if let start = bytes.baseAddress { (target + 4).update(from: start, count: bytes.count) }
    move(member(UnsafePointer(target), 4 + bytes.count), of: group, to: count)
  }

  /// Takes one value in or back; how many more or fewer of it are there. One that is owed is not.
  func take(_ bytes: UnsafeBufferPointer<UInt8>, of group: UInt32, back: Bool) -> Int64 {
    let target = scratch.bytes.reserve(4 + bytes.count + Memory.slack)
    UnsafeMutableRawPointer(target).storeBytes(of: group, as: UInt32.self)
    if let start = bytes.baseAddress { (target + 4).update(from: start, count: bytes.count) }
    let id = member(UnsafePointer(target), 4 + bytes.count)
    let old = counts[id]
    move(id, of: group, to: old &+ (back ? -1 : 1))
    return max(counts[id], 0) - max(old, 0)
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
    if isOrdered { order.grow(to: members.count) }
    guard isChanged.count < members.count else { return }
    let added = max(members.count, isChanged.count * 2) - isChanged.count
    isChanged += repeatElement(false, count: added)
    isSaved += repeatElement(false, count: added)
  }

  private func move(_ id: UInt32, of group: UInt32, to count: Int64) {
    let old = counts[id]
    guard old != count else { return }
    counts.set(id, count)
    if old == 0 { (goneCount, present[Int(group)]) = (goneCount - 1, present[Int(group)] + 1) }
    if count == 0 { (goneCount, present[Int(group)]) = (goneCount + 1, present[Int(group)] - 1) }
    if !isChanged[Int(id)] {
      isChanged[Int(id)] = true
      changed.append(id)
    }
    let (before, after) = (max(old, 0), max(count, 0))
    if before == 0, after > 0 { distinct[Int(group)] += 1 }
    if before > 0, after == 0 { distinct[Int(group)] -= 1 }
    guard isOrdered, before != after else { return }
    let root = roots[Int(group)]
    if before == 0 {
      roots[Int(group)] = order.insert(id, count: after, into: root, members)
    } else if after == 0 {
      roots[Int(group)] = order.remove(id, count: before, from: root, members)
    } else {
      order.add(after - before, to: id, under: root, members)
    }
  }
}

extension ValueSet {
  func distinct(_ group: UInt32) -> Int64 { distinct[Int(group)] }

  func root(_ group: UInt32) -> UInt32 { roots[Int(group)] }

  /// A member's bytes behind its group's number.
  func bytes(_ member: UInt32) -> UnsafeBufferPointer<UInt8> {
    let (start, count) = members.key(member)
    return UnsafeBufferPointer(start: start.map { $0 + 4 }, count: max(count - 4, 0))
  }

  /// Whether the group has a member of which one is there, or owed.
  func hasMembers(_ group: UInt32) -> Bool { present[Int(group)] > 0 }

  /// Lets so many of a member go.
  func letGo(_ member: UInt32, of group: UInt32, atMost count: Int64) {
    move(member, of: group, to: counts[member] - min(count, counts[member]))
  }

  /// The first of those that have so many bytes in common with this member.
  func firstBeside(_ member: UInt32, of group: UInt32, byteCount: Int) -> UInt32 {
    let (start, _) = members.key(member)
    let bound = UnsafeBufferPointer(start: start, count: 4 + byteCount)
    return order.first(from: bound, under: roots[Int(group)], members)
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
    let groupCount = roots.count
    (members, counts, order) = (GroupTable(), Cells(0), ValueOrder())
    (isChanged, isSaved, changed, goneCount) = ([], [], [], 0)
    (roots, distinct, present) = ([], [], [])
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
    let groupCount = roots.count
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
