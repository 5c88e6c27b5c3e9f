/// What a heap keeps.
protocol HeapElement {
  /// Whether it is to come before the other.
  func precedes(_ other: Self) -> Bool
}

/// A binary heap: its first element is the one that comes before all others. Additions and removals
/// are O(log elements).
struct Heap<Element: HeapElement> {
  private(set) var elements: [Element] = []

  var first: Element? { elements.first }

  mutating func add(_ element: Element) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0, elements[child].precedes(elements[(child - 1) / 2]) {
      elements.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// There must be one.
  mutating func removeFirst() {
    elements.swapAt(0, elements.count - 1)
    elements.removeLast()
    settleFirst()
  }

  /// Puts the first element where it belongs, after it has changed to come later.
  mutating func settleFirst() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < elements.count {
        if elements[child].precedes(elements[least]) { least = child }
      }
      if least == parent { return }
      elements.swapAt(parent, least)
      parent = least
    }
  }
}
