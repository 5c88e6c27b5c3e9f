import CPlatform
import Columns

/// Cuts a line into cells.
struct CSVSplitter {
  struct Cell {
    var start: Int
    /// Without the quotes around it.
    var length: Int
    var isQuoted: Bool
    /// Doubled quotes stand for one.
    var hasQuotesInside: Bool
    /// A separator follows, so that another cell does, if only an empty one.
    var isFollowed: Bool
  }

  let separator: UInt8

  /// The cell at `at`, which goes behind its separator; nil where a quote is out of place, `at`
  /// being there.
  func next(_ base: UnsafePointer<UInt8>, _ at: inout Int, _ end: Int) -> Cell? {
    let quote = UInt8(ascii: "\"")
    if at < end, base[at] == quote { return quoted(base, &at, end) }
    let start = at
    at = raudal_find_either(base + at, base + end, separator, quote) - base
    if at < end, base[at] == quote { return nil }
    let cell = Cell(
      start: start, length: at - start, isQuoted: false, hasQuotesInside: false,
      isFollowed: at < end)
    at += 1
    return cell
  }

  private func quoted(_ base: UnsafePointer<UInt8>, _ at: inout Int, _ end: Int) -> Cell? {
    let quote = UInt8(ascii: "\"")
    let start = at + 1
    at = start
    var hasQuotesInside = false
    while true {
      at = raudal_find_either(base + at, base + end, quote, quote) - base
      if at >= end { return nil }
      if at + 1 < end, base[at + 1] == quote {
        hasQuotesInside = true
        at += 2
        continue
      }
      break
    }
    let length = at - start
    at += 1
    if at < end, base[at] != separator { return nil }
    let isFollowed = at < end
    at += 1
    return Cell(
      start: start, length: length, isQuoted: true, hasQuotesInside: hasQuotesInside,
      isFollowed: isFollowed)
  }
}

extension CSVSplitter {
  /// What is said of a bad record of several lines behind its reason: which of them they are, for
  /// they may be records themselves, behind a quote that was never closed.
  func lines(of record: Int, _ records: RecordBatch) -> String {
    let span = records.values[record]
    guard let bytes = records.bytes(span), let open = openLine(records.arena, span) else {
      return ""
    }
    // An end of the record's own begins no line.
    let count = 1 + bytes.dropLast().count { $0 == 0x0A }
    switch records.places {
    case .lines:
      let first = records.offset(of: record)
      return "; the quote that opens in line \(first + Int64(open)) may not be closed: the record"
        + " runs to line \(first + Int64(count - 1)) (\(count) lines)"
    case .bytes(let start):
      return "; the quote that opens in its line \(open + 1) may not be closed: the record has"
        + " \(count) lines, from byte \(start + Int64(span.start)) of the file on"
    case .unknown:
      return "; the quote that opens in its line \(open + 1) may not be closed: the record has"
        + " \(count) lines"
    }
  }

  /// In which of a record's lines, from 0, the first quoted cell begins that goes over several.
  private func openLine(_ base: UnsafePointer<UInt8>, _ span: RecordBatch.Span) -> Int? {
    let (start, end) = (Int(span.start), Int(span.start) + Int(span.length))
    var at = start
    while at < end {
      let begin = at
      let cell = next(base, &at, end)
      let own = UnsafeBufferPointer(start: base + begin, count: min(at, end) - begin)
      if own.first == UInt8(ascii: "\""), own.contains(0x0A) {
        return UnsafeBufferPointer(start: base + start, count: begin - start).count { $0 == 0x0A }
      }
      if cell == nil { return nil }
    }
    return nil
  }
}
