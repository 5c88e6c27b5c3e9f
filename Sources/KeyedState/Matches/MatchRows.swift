/// A key's rows in order, the first of which go as others come.
///
/// What the rows of each stretch meet is kept together, so that the next row that meets some steps
/// is found without a look at those before it.
struct MatchRows {
  private static let stretch = 64

  private var storage: [MatchAttempt.Row] = []
  /// So many of the stored rows are gone.
  private var head = 0
  /// By stretch: the steps that some row of it meets, as bits.
  private var met: [UInt32] = []

  var count: Int { storage.count - head }
  var isEmpty: Bool { count == 0 }
  var indices: Range<Int> { 0..<count }
  var first: MatchAttempt.Row? { isEmpty ? nil : storage[head] }

  subscript(place: Int) -> MatchAttempt.Row { storage[head + place] }

  mutating func append(_ row: MatchAttempt.Row) {
    if storage.count % Self.stretch == 0 { met.append(0) }
    met[met.count - 1] |= row.met
    storage.append(row)
  }

  /// Amortised O(rows that go).
  mutating func removeFirst(_ count: Int) {
    head += count
    let whole = head / Self.stretch * Self.stretch
    guard whole > storage.count / 2 else { return }
    storage.removeFirst(whole)
    met.removeFirst(whole / Self.stretch)
    head -= whole
  }

  /// Gives each row another number.
  mutating func renumber(_ number: (UInt32) -> UInt32) {
    for place in head..<storage.count { storage[place].number = number(storage[place].number) }
  }

  /// The first of these places whose row meets one of these steps; the end if there is none.
  func place(in places: Range<Int>, meeting steps: UInt32) -> Int {
    var place = head + places.lowerBound
    let end = head + places.upperBound
    while place < end {
      if place % Self.stretch == 0, met[place / Self.stretch] & steps == 0 {
        place += Self.stretch
      } else if storage[place].met & steps != 0 {
        return place - head
      } else {
        place += 1
      }
    }
    return places.upperBound
  }

  /// The first of these places whose row comes later than a time; the end if there is none.
  /// O(log places).
  func place(in places: Range<Int>, laterThan time: Int64) -> Int {
    var (low, high) = (places.lowerBound, places.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].time > time { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
