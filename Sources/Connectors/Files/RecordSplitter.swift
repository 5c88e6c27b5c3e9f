import Columns
import Formats
import Glibc
import Plans

/// Cuts bytes into records at newlines; in CSV a newline between quotes belongs to its cell.
struct RecordSplitter {
  enum Rule { case lines, quotedLines }

  let rule: Rule
  /// A carriage return before the newline is left out.
  let cutsReturn: Bool
  /// Empty lines are no records.
  var skipsEmpty: Bool

  init(_ format: DecodingSpec.Format) {
    rule = format == .csv ? .quotedLines : .lines
    cutsReturn = format != .raw
    skipsEmpty = format == .json || format == .csv
  }

  /// The place of the newline that ends the record at `from`, looking from `searched` on, which
  /// goes along; -1 where it lies behind `end`. `quotes`: the quotes between `from` and `searched`.
  func newline(
    _ base: UnsafePointer<UInt8>, from: Int, searched: inout Int, end: Int, quotes: inout Int
  ) -> Int {
    while searched < end {
      guard let found = memchr(base + searched, 0x0A, end - searched) else {
        if rule == .quotedLines { quotes += Self.quotes(base, searched, end) }
        searched = end
        return -1
      }
      let at = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) - base
      if rule == .quotedLines { quotes += Self.quotes(base, searched, at) }
      searched = at + 1
      if rule == .lines || quotes % 2 == 0 { return at }
    }
    return -1
  }

  private static func quotes(_ base: UnsafePointer<UInt8>, _ from: Int, _ to: Int) -> Int {
    var count = 0
    for i in from..<to { count &+= base[i] == UInt8(ascii: "\"") ? 1 : 0 }
    return count
  }

  /// The record without its line's end; nil for an empty line that is none.
  func record(_ base: UnsafePointer<UInt8>, from: Int, to end: Int) -> RecordBatch.Span? {
    var stop = end
    if cutsReturn, stop > from, base[stop - 1] == 0x0D { stop -= 1 }
    if skipsEmpty, stop == from { return nil }
    return RecordBatch.Span(
      start: UInt32(truncatingIfNeeded: from), length: Int32(truncatingIfNeeded: stop - from))
  }

  /// How the cutting of a batch's bytes into lines ended.
  struct Lines {
    /// Where the first line begins that is not yet whole.
    var from: Int
    /// Where the line begins that is longer than it may be.
    var tooLong: Int?
  }

  /// Makes records of the lines from `from` on, until the batch has `limit` of them: the one loop
  /// that sees every line of a file. No newline lies between `from` and `searched`. Offsets go on
  /// from `ordinal`, the batch's first.
  func cutLines(
    _ batch: RecordBatch, from: Int, searched: Int, limit: Int, longest: Int, ordinal: Int64
  ) -> Lines {
    let base = UnsafePointer(batch.arena)
    let (values, keys, headers) = (batch.values, batch.keys, batch.headers)
    let (timestamps, offsets) = (batch.timestamps, batch.offsets)
    let end = batch.byteCount
    let first = batch.count
    let cutsReturn = cutsReturn
    let skipsEmpty = skipsEmpty
    var (row, start, place) = (first, from, searched)
    var tooLong: Int?
    while row < limit, place < end, let found = memchr(base + place, 0x0A, end &- place) {
      let at = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) - base
      if at &- start > longest {
        tooLong = start
        break
      }
      let stop = cutsReturn && at > start && base[at &- 1] == 0x0D ? at &- 1 : at
      if !skipsEmpty || stop > start {
        values[row] = RecordBatch.Span(
          start: UInt32(truncatingIfNeeded: start),
          length: Int32(truncatingIfNeeded: stop &- start))
        keys[row] = .null
        headers[row] = .null
        timestamps[row] = .min
        offsets[row] = ordinal &+ Int64(row)
        row &+= 1
      }
      start = at &+ 1
      place = start
    }
    batch.commit(records: row - first, bytes: 0)
    return Lines(from: start, tooLong: tooLong)
  }
}
