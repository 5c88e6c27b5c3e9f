import CPlatform
package import Columns
import Formats
import Glibc
package import Plans

/// Cuts bytes into records at newlines; in CSV a newline in a quoted cell belongs to its cell.
package struct RecordSplitter {
  enum Rule { case lines, quotedLines }

  /// Where in a CSV record the looking stands.
  package enum Quoting {
    /// At the begin of a cell or in one that is not quoted, where quotes mean nothing.
    case bare
    case quoted
    /// Right behind the quote that ends a cell, unless another one follows.
    case closed
  }

  let rule: Rule
  let separator: UInt8
  /// A carriage return before the newline is left out.
  let cutsReturn: Bool
  /// Empty lines are no records.
  var skipsEmpty: Bool

  package init(_ format: DecodingSpec.Format, separator: UInt8) {
    self.separator = separator
    rule = format == .csv ? .quotedLines : .lines
    cutsReturn = format != .raw
    skipsEmpty = [.json, .csv, .debezium].contains(format)
  }

  /// The place of the newline that ends the record whose first cell begins at `from`, looking from
  /// `searched` on, which goes along; -1 where it lies behind `end`. `quoting`: what holds at
  /// `searched`.
  package func newline(
    _ base: UnsafePointer<UInt8>, from: Int, searched: inout Int, end: Int,
    quoting: inout Quoting
  ) -> Int {
    while searched < end {
      guard let found = memchr(base + searched, 0x0A, end - searched) else {
        if rule == .quotedLines { pass(base, from: from, searched, end, &quoting) }
        searched = end
        return -1
      }
      let at = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) - base
      if rule == .quotedLines { pass(base, from: from, searched, at, &quoting) }
      searched = at + 1
      if quoting != .quoted { return at }
    }
    return -1
  }

  /// Goes over the bytes from `start` to `end`, from quote to quote. One opens a cell only at the
  /// cell's begin: elsewhere it spoils its own record, for the decoder to say, and no other.
  private func pass(
    _ base: UnsafePointer<UInt8>, from: Int, _ start: Int, _ end: Int, _ quoting: inout Quoting
  ) {
    let quote = UInt8(ascii: "\"")
    var at = start
    while at < end {
      if quoting == .closed {
        quoting = base[at] == quote ? .quoted : .bare
        if quoting == .quoted {
          at += 1
          continue
        }
      }
      guard let found = memchr(base + at, Int32(quote), end - at) else { return }
      at = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) - base
      if quoting == .quoted {
        quoting = .closed
      } else if at == from || base[at - 1] == separator {
        quoting = .quoted
      }
      at += 1
    }
  }

  /// The record without its line's end; nil for an empty line that is none.
  package func record(_ base: UnsafePointer<UInt8>, from: Int, to end: Int) -> RecordBatch.Span? {
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
    /// Whether that line is whole, and longer than it may be.
    var endsAtTooLong: Bool
  }

  /// Makes records of the lines from `from` on, until the batch has `limit` of them: the one loop
  /// that sees every line of a file. No newline lies between `from` and `searched`. Offsets go on
  /// from `ordinal`, the batch's first.
  func cutLines(
    _ batch: RecordBatch, from: Int, searched: Int, limit: Int, longest: Int, ordinal: Int64
  ) -> Lines {
    let first = batch.count
    var (row, start, place) = (first, from, searched)
    var endsAtTooLong = false
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.stretch + 64) { newlines in
      guard let ends = newlines.baseAddress else { return }
      while row < limit, !endsAtTooLong {
        let count = raudal_lines(
          batch.arena, place, batch.byteCount, ends, min(Self.stretch, limit - row))
        guard count > 0 else { return }
        let (next, wrong) = cut(
          batch, from: start, at: UnsafeBufferPointer(start: ends, count: count), into: &row,
          longest: longest)
        (start, place, endsAtTooLong) = (next, next, wrong)
      }
    }
    batch.commit(placed: row - first, offset: ordinal &+ Int64(first))
    return Lines(from: start, endsAtTooLong: endsAtTooLong)
  }

  /// Newlines that are looked for at a time.
  private static let stretch = 512

  /// Writes a span for each line that is a record. Where the next line begins, and whether that one
  /// is too long.
  @inline(__always)
  private func cut(
    _ batch: RecordBatch, from: Int, at ends: UnsafeBufferPointer<UInt32>, into row: inout Int,
    longest: Int
  ) -> (next: Int, isTooLong: Bool) {
    let base = UnsafePointer(batch.arena)
    let values = batch.values
    let cutsReturn = cutsReturn
    let keepsEmpty = skipsEmpty ? 0 : 1
    var start = from
    var next = row
    for k in 0..<ends.count {
      let end = Int(ends[k])
      if end &- start > longest {
        row = next
        return (start, true)
      }
      var length = end &- start
      if cutsReturn, length > 0, base[end &- 1] == 0x0D { length &-= 1 }
      values[next] = RecordBatch.Span(
        start: UInt32(truncatingIfNeeded: start), length: Int32(truncatingIfNeeded: length))
      // An empty line that is no record is overwritten by the next one.
      next &+= length > 0 ? 1 : keepsEmpty
      start = end &+ 1
    }
    row = next
    return (start, false)
  }
}
