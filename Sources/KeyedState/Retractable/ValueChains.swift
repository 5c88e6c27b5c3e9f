import CPlatform

/// The values of each group as a chain, in no order that counts: to list them, and to put one in or
/// take one out at once.
struct ValueChains {
  static let none = ValueOrder.none

  private struct Link {
    var next = ValueChains.none
    var previous = ValueChains.none
  }

  private var links: [Link] = []

  init() {}

  mutating func grow(to members: Int) {
    guard members > links.count else { return }
    links += repeatElement(Link(), count: max(members, links.count * 2) - links.count)
  }

  @inline(__always)
  func next(_ member: UInt32) -> UInt32 { links[Int(member)].next }

  /// Asks for the links of members before they are followed: of many at once, for each by itself
  /// would be waited for. `visit` is told of each that is met.
  @inline(__always)
  func prefetch(
    _ members: UnsafeMutableBufferPointer<UInt32>, depth: Int, visit: (UInt32) -> Void
  ) {
    links.withUnsafeBufferPointer { links in
      guard let base = links.baseAddress else { return }
      for member in members where member != Self.none { raudal_prefetch(base + Int(member)) }
      for _ in 0..<depth {
        for place in members.indices {
          let member = members[place]
          guard member != Self.none else { continue }
          visit(member)
          let next = base[Int(member)].next
          members[place] = next
          if next != Self.none { raudal_prefetch(base + Int(next)) }
        }
      }
    }
  }

  /// Puts a member in front; the chain's first.
  mutating func insert(_ member: UInt32, before first: UInt32) -> UInt32 {
    links[Int(member)] = Link(next: first)
    if first != Self.none { links[Int(first)].previous = member }
    return member
  }

  /// Takes a member out; the chain's first.
  mutating func remove(_ member: UInt32, from first: UInt32) -> UInt32 {
    let link = links[Int(member)]
    if link.next != Self.none { links[Int(link.next)].previous = link.previous }
    guard link.previous != Self.none else { return link.next }
    links[Int(link.previous)].next = link.next
    return first
  }
}
