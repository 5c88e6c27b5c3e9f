import CPlatform
import Columns

/// Goes along the template through the records of a chunk: all that the loop over their fields
/// reads and writes, in flat memory.
struct JSONTrail {
  /// How far a chunk is read.
  struct Place {
    var row = 0
    /// Behind the last value of the row that was taken.
    var at = 0
    /// The template's entry that is expected there.
    var field = 0
    /// The first position of the index that is not before `at`.
    var cursor = 0

    /// Stands at a record's beginning.
    @inline(__always)
    mutating func enter(_ start: Int) {
      at = start
      field = 0
    }
  }

  let arena: UnsafePointer<UInt8>
  /// The positions of quotes, backslashes and control characters, with sentinels behind the last.
  let index: UnsafePointer<UInt32>
  let starts: UnsafeMutablePointer<UInt32>
  let sizes: UnsafeMutablePointer<UInt32>

  /// Takes records from `place.row` on as long as they follow the template from end to end. Then
  /// `place` stands in the first that does not, as far as it agrees; or its row is `rows`.
  ///
  /// `checksText`: there may be bytes above 127, so that a record has to be checked for UTF-8.
  func follow(
    _ shape: JSONTemplate.Shape, spans: UnsafePointer<RecordBatch.Span>, rows: Int,
    checksText: Bool, from place: inout Place
  ) {
    var next = place
    while next.row < rows {
      let span = spans[next.row]
      if span.length >= 0 {
        let start = Int(span.start)
        let end = start &+ Int(span.length)
        next.enter(start)
        catchUp(&next)
        if checksText, raudal_valid_utf8(arena + start, end &- start) == 0 { break }
        guard follow(shape, row: next.row, to: end, from: &next) else { break }
      }
      next.row &+= 1
    }
    place = next
  }

  /// Moves the cursor to the first position that is not before `at`.
  @inline(__always)
  func catchUp(_ place: inout Place) {
    while Int(index[place.cursor]) < place.at { place.cursor &+= 1 }
  }

  /// Goes on in one record as far as it agrees with the template; whether that is to its end. Not
  /// at all where there is no template.
  @inline(__always)
  func follow(
    _ shape: JSONTemplate.Shape, row: Int, to end: Int, from place: inout Place
  ) -> Bool {
    let count = shape.count
    guard count > 0 else { return false }
    var (p, k, i) = (place.at, place.field, place.cursor)
    var isWhole = false
    while matches(shape, k, at: p) {
      let entry = shape.entries[k]
      let from = p &+ Int(entry.length)
      if k == count {
        isWhole = from == end
        break
      }
      let slot = Int(entry.slots) &+ row
      if arena[from] == UInt8(ascii: "\"") {
        let close = Int(index[i &+ Int(entry.specials) &+ 1])
        guard close < end, arena[close] == UInt8(ascii: "\"") else { break }
        starts[slot] = UInt32(truncatingIfNeeded: from &+ 1)
        sizes[slot] =
          UInt32(truncatingIfNeeded: (close &- from &- 1) &<< 3) | CellSlots.Kind.text
        i &+= Int(entry.specials) &+ 2
        p = close &+ 1
      } else {
        let size = Self.plainValue(arena, from, end)
        guard size > 0 else { break }
        starts[slot] = UInt32(truncatingIfNeeded: from)
        sizes[slot] = size
        i &+= Int(entry.specials)
        p = from &+ Int(size &>> 3)
      }
      k &+= 1
    }
    (place.at, place.field, place.cursor) = (p, k, i)
    return isWhole
  }

  /// Whether the bytes of entry `k` stand at `p`.
  @inline(__always)
  private func matches(_ shape: JSONTemplate.Shape, _ k: Int, at p: Int) -> Bool {
    let pattern = shape.patterns + k &* JSONTemplate.stride
    return raudal_matches(
      arena + p, pattern, pattern + JSONTemplate.patternLimit, shape.entries[k].blocks) != 0
  }

  /// The slot size of the number or word that begins at `from`; 0 where there is neither.
  @inline(never)
  private static func plainValue(
    _ arena: UnsafePointer<UInt8>, _ from: Int, _ end: Int
  ) -> UInt32 {
    guard from < end else { return 0 }
    let first = arena[from]
    if first == UInt8(ascii: "-") || first &- 0x30 < 10 {
      let stop = JSONWalker.numberEnd(arena, from, end)
      return stop < 0 ? 0 : size(stop &- from, CellSlots.Kind.number)
    }
    if first == UInt8(ascii: "t"), from &+ 4 <= end,
      JSONWalker.isWord(arena, from, JSONWalker.trueWord)
    {
      return size(4, CellSlots.Kind.yes)
    }
    if first == UInt8(ascii: "f"), from &+ 5 <= end,
      JSONWalker.isWord(arena, from &+ 1, JSONWalker.alseWord)
    {
      return size(5, CellSlots.Kind.no)
    }
    if first == UInt8(ascii: "n"), from &+ 4 <= end,
      JSONWalker.isWord(arena, from, JSONWalker.nullWord)
    {
      return size(4, CellSlots.Kind.null)
    }
    return 0
  }

  @inline(__always)
  private static func size(_ length: Int, _ kind: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: length &<< 3) | kind
  }
}
