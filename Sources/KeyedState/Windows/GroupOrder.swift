import Columns
import Glibc
import Schemas

/// The groups of a table by key group, and within one by hash and key bytes: an order that depends
/// on the keys alone. Each key group is sorted when it is reached.
struct GroupOrder {
  private(set) var groups: [UInt32]
  /// Where each key group's groups end.
  private let ends: [Int]
  private var sortedEnd = 0
  private var nextBucket = 0
  private let table: GroupTable

  /// O(groups + key groups). `only`: these groups instead of all.
  init(_ table: GroupTable, only: [UInt32]? = nil) {
    let numbers = only ?? Array(0..<UInt32(table.count))
    var ends = Array(repeating: 0, count: KeyGroup.count + 1)
    for group in numbers { ends[Self.bucket(table, group) + 1] += 1 }
    for bucket in 1...KeyGroup.count { ends[bucket] += ends[bucket - 1] }
    var next = ends
    var groups = Array(repeating: UInt32(0), count: numbers.count)
    for group in numbers {
      let bucket = Self.bucket(table, group)
      groups[next[bucket]] = group
      next[bucket] += 1
    }
    self.groups = groups
    self.ends = Array(ends.dropFirst())
    self.table = table
  }

  var count: Int { groups.count }

  /// The places of one key group's groups.
  func range(of keyGroup: Int) -> Range<Int> {
    (keyGroup == 0 ? 0 : ends[keyGroup - 1])..<ends[keyGroup]
  }

  /// Sorts at least up to a place.
  mutating func sort(to place: Int) {
    while sortedEnd < place && nextBucket < ends.count {
      let end = ends[nextBucket]
      if end - sortedEnd > 1 {
        let table = self.table
        groups[sortedEnd..<end].sort { Self.precedes(table, $0, $1) }
      }
      sortedEnd = end
      nextBucket += 1
    }
  }

  private static func bucket(_ table: GroupTable, _ group: UInt32) -> Int {
    Int(KeyGroup(hash: table.hash(group)).number)
  }

  private static func precedes(_ table: GroupTable, _ a: UInt32, _ b: UInt32) -> Bool {
    let (x, y) = (table.hash(a), table.hash(b))
    if x != y { return x < y }
    let (left, leftCount) = table.key(a)
    let (right, rightCount) = table.key(b)
    guard let left, let right else { return left == nil && right != nil }
    let order = memcmp(left, right, min(leftCount, rightCount))
    return order != 0 ? order < 0 : leftCount < rightCount
  }
}
