/// A key's touches that one look-back sees, in the order of event time; the first go as they get
/// too old.
struct TouchRows {
  struct Touch {
    var time: Int64
    /// On the shelf.
    var number: UInt32
    /// No other look-back of the key sees it longer: with it the row goes.
    var owns: Bool
  }

  private var storage: [Touch] = []
  /// So many of the stored ones are gone.
  private var head = 0

  var count: Int { storage.count - head }
  var isEmpty: Bool { count == 0 }
  var first: Touch? { isEmpty ? nil : storage[head] }

  subscript(place: Int) -> Touch { storage[head + place] }

  mutating func append(_ touch: Touch) { storage.append(touch) }

  /// Takes the first; there must be one. Amortised O(1).
  mutating func removeFirst() -> Touch {
    let first = storage[head]
    head += 1
    if head == storage.count {
      // Without touches it needs no memory.
      (storage, head) = ([], 0)
    } else if head > storage.count / 2 {
      storage.removeFirst(head)
      head = 0
    }
    return first
  }

  /// The places of touches from one time through another. O(log touches).
  func places(from first: Int64, through last: Int64) -> Range<Int> {
    let low = place { $0 >= first }
    return low..<max(low, place { $0 > last })
  }

  /// The first place whose time is past a bound.
  private func place(_ isPast: (Int64) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isPast(self[middle].time) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Gives each row another number.
  mutating func renumber(_ number: (UInt32) -> UInt32) {
    for place in head..<storage.count { storage[place].number = number(storage[place].number) }
  }
}
