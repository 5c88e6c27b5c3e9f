/// First in, first out. What was taken goes in bulk, so that each element is moved a bounded number
/// of times and what is kept is at most twice what waits.
package struct Queue<Element> {
  @usableFromInline var elements: [Element] = []
  /// Those in front of it are gone.
  @usableFromInline var head = 0

  @inlinable package init() {}

  @inlinable package var count: Int { elements.count - head }
  @inlinable package var isEmpty: Bool { head == elements.count }
  @inlinable package var first: Element? { isEmpty ? nil : elements[head] }
  @inlinable package var last: Element? { isEmpty ? nil : elements[elements.count - 1] }

  @inlinable package mutating func append(_ element: Element) { elements.append(element) }

  @inlinable package mutating func popFirst() -> Element? {
    guard head < elements.count else { return nil }
    let element = elements[head]
    head += 1
    if head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }

  /// Keeps those that are wanted, in their order. O(elements).
  @inlinable package mutating func keep(where isWanted: (Element) -> Bool) {
    elements = elements[head...].filter(isWanted)
    head = 0
  }
}
