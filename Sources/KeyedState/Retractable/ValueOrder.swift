import Columns

/// The order of each group's values, and how many are before each: a treap for each group, whose
/// nodes are members of one table.
///
/// Seidel and Aragon, "Randomized Search Trees" (1996); a node's priority is the hash of its bytes,
/// so its shape depends on the values alone. Each step is O(log values), expected.
struct ValueOrder {
  static let none = UInt32.max

  private var left: [UInt32] = []
  private var right: [UInt32] = []
  /// How many values the subtree holds, each as often as it is there.
  private var weights: [Int64] = []

  init() {}

  mutating func grow(to members: Int) {
    guard members > left.count else { return }
    let added = max(members, left.count * 2) - left.count
    left += repeatElement(Self.none, count: added)
    right += repeatElement(Self.none, count: added)
    weights += repeatElement(0, count: added)
  }

  func weight(_ node: UInt32) -> Int64 { node == Self.none ? 0 : weights[Int(node)] }

  private func own(_ node: UInt32) -> Int64 {
    weights[Int(node)] - weight(left[Int(node)]) - weight(right[Int(node)])
  }

  /// Puts a member in that is not there; the new root.
  mutating func insert(
    _ node: UInt32, count: Int64, into root: UInt32, _ members: GroupTable
  ) -> UInt32 {
    if root == Self.none {
      set(node, Self.none, Self.none, count)
      return node
    }
    if Self.isAbove(node, root, members) {
      let parts = split(root, at: node, members)
      set(node, parts.before, parts.behind, count)
      return node
    }
    weights[Int(root)] += count
    if Self.precedes(node, root, members) {
      left[Int(root)] = insert(node, count: count, into: left[Int(root)], members)
    } else {
      right[Int(root)] = insert(node, count: count, into: right[Int(root)], members)
    }
    return root
  }

  /// Takes a member out that is there as often as `count` says; the new root.
  mutating func remove(
    _ node: UInt32, count: Int64, from root: UInt32, _ members: GroupTable
  ) -> UInt32 {
    guard root != Self.none else { return root }
    if root == node { return merged(left[Int(root)], right[Int(root)], members) }
    weights[Int(root)] -= count
    if Self.precedes(node, root, members) {
      left[Int(root)] = remove(node, count: count, from: left[Int(root)], members)
    } else {
      right[Int(root)] = remove(node, count: count, from: right[Int(root)], members)
    }
    return root
  }

  /// Changes how often a member is there.
  mutating func add(_ count: Int64, to node: UInt32, under root: UInt32, _ members: GroupTable) {
    var at = root
    while at != Self.none {
      weights[Int(at)] += count
      if at == node { return }
      at = Self.precedes(node, at, members) ? left[Int(at)] : right[Int(at)]
    }
  }

  private mutating func set(_ node: UInt32, _ before: UInt32, _ behind: UInt32, _ own: Int64) {
    left[Int(node)] = before
    right[Int(node)] = behind
    weights[Int(node)] = own + weight(before) + weight(behind)
  }

  /// The parts of a tree before and behind a member that it does not hold.
  private mutating func split(
    _ root: UInt32, at node: UInt32, _ members: GroupTable
  ) -> (before: UInt32, behind: UInt32) {
    guard root != Self.none else { return (Self.none, Self.none) }
    let count = own(root)
    if Self.precedes(root, node, members) {
      let parts = split(right[Int(root)], at: node, members)
      set(root, left[Int(root)], parts.before, count)
      return (root, parts.behind)
    }
    let parts = split(left[Int(root)], at: node, members)
    set(root, parts.behind, right[Int(root)], count)
    return (parts.before, root)
  }

  /// Two trees as one; all of the first come before all of the second.
  private mutating func merged(_ a: UInt32, _ b: UInt32, _ members: GroupTable) -> UInt32 {
    if a == Self.none { return b }
    if b == Self.none { return a }
    if Self.isAbove(a, b, members) {
      let count = own(a)
      set(a, left[Int(a)], merged(right[Int(a)], b, members), count)
      return a
    }
    let count = own(b)
    set(b, merged(a, left[Int(b)], members), right[Int(b)], count)
    return b
  }

  private static func isAbove(_ a: UInt32, _ b: UInt32, _ members: GroupTable) -> Bool {
    let (x, y) = (members.hash(a), members.hash(b))
    return x != y ? x > y : a < b
  }

  /// Members of one group: their keys begin with the same bytes.
  private static func precedes(_ a: UInt32, _ b: UInt32, _ members: GroupTable) -> Bool {
    let ((x, n), (y, m)) = (members.key(a), members.key(b))
    guard let x, let y else { return n < m }
    return compareBytes(x, n, y, m) < 0
  }
}

extension ValueOrder {
  func first(_ root: UInt32) -> UInt32 {
    var at = root
    while at != Self.none, left[Int(at)] != Self.none { at = left[Int(at)] }
    return at
  }

  func last(_ root: UInt32) -> UInt32 {
    var at = root
    while at != Self.none, right[Int(at)] != Self.none { at = right[Int(at)] }
    return at
  }

  /// The value with so many before it.
  func member(at rank: Int64, under root: UInt32) -> UInt32 {
    var (at, rest) = (root, rank)
    while at != Self.none {
      let before = weight(left[Int(at)])
      if rest < before {
        at = left[Int(at)]
        continue
      }
      rest -= before + own(at)
      if rest < 0 { return at }
      at = right[Int(at)]
    }
    return Self.none
  }

  /// The first member whose bytes are not before these.
  func first(
    from bytes: UnsafeBufferPointer<UInt8>, under root: UInt32, _ members: GroupTable
  ) -> UInt32 {
    guard let start = bytes.baseAddress else { return first(root) }
    var (at, found) = (root, Self.none)
    while at != Self.none {
      let (key, count) = members.key(at)
      if let key, compareBytes(key, count, start, bytes.count) < 0 {
        at = right[Int(at)]
      } else {
        found = at
        at = left[Int(at)]
      }
    }
    return found
  }

  /// Calls with each member in order, and how often it is there, while the answer is yes.
  func forEach(under root: UInt32, _ body: (UInt32, Int64) -> Bool) {
    var (open, at): ([UInt32], UInt32) = ([], root)
    while at != Self.none || !open.isEmpty {
      while at != Self.none {
        open.append(at)
        at = left[Int(at)]
      }
      at = open.removeLast()
      guard body(at, own(at)) else { return }
      at = right[Int(at)]
    }
  }
}
