import Columns
import Formats
import Plans
import Schemas

/// How the bytes of a file become records.
extension FileRecords {
  /// Bytes that are kept of a record that is longer than it may be.
  static let keptBytes = 1_024
  /// A record of so many bytes and lines is told of: most of it may be records behind a quote that
  /// was never closed.
  private static let oddBytes = 1 << 16
  private static let oddLines = 1_000

  /// How far a batch's bytes are cut.
  struct Cut {
    /// Where the next record begins.
    var from = 0
    var searched = 0
    var quoting = RecordSplitter.Quoting.bare
    /// What was left out of that record, which is too long: its first bytes are there, and its last
    /// one so far.
    var gap = Gap()
    /// What was left out of the batch's last record.
    var passed = Gap()
  }

  /// What was left out of a record.
  struct Gap {
    var bytes: Int64 = 0
    /// Ends of lines among them.
    var lines = 0
  }

  /// Nothing is taken behind a record with a gap: places in the batch are those in the file.
  func split(
    _ batch: RecordBatch, _ cut: inout Cut, limit: Int
  ) throws(ConnectorError) {
    let base = UnsafePointer(batch.arena)
    while batch.count < limit, cut.passed.bytes == 0 {
      if splitter.rule == .lines, cut.gap.bytes == 0, !splitLines(batch, &cut, limit: limit) {
        return
      }
      let begin = cut.from + byteOrderMark(batch, from: cut.from, to: batch.byteCount)
      let at = splitter.newline(
        base, from: begin, searched: &cut.searched, end: batch.byteCount, quoting: &cut.quoting)
      if at < 0 { return }
      try take(batch, cut, to: at)
      cut = Cut(from: at + 1, searched: at + 1, passed: cut.gap)
    }
  }

  /// Whether the line that comes next is whole and too long.
  private func splitLines(_ batch: RecordBatch, _ cut: inout Cut, limit: Int) -> Bool {
    cut.from += byteOrderMark(batch, from: cut.from, to: batch.byteCount)
    cut.searched = max(cut.searched, cut.from)
    let lines = splitter.cutLines(
      batch, from: cut.from, searched: cut.searched, limit: limit,
      longest: options.longestRecord, ordinal: place.ordinal)
    cut.from = lines.from
    cut.searched =
      batch.count < limit && !lines.endsAtTooLong ? batch.byteCount : lines.from
    return lines.endsAtTooLong
  }

  /// Keeps memory where it is while a record that is too long goes on.
  func leaveOut(_ batch: RecordBatch, _ cut: inout Cut) throws(ConnectorError) {
    let kept = min(Self.keptBytes, options.longestRecord)
    let most = cut.gap.bytes > 0 ? kept + 1 : options.longestRecord
    guard batch.byteCount - cut.from > most else { return }
    if options.hasHeader, heading == nil { throw tooLong(cut.from) }
    let start = cut.from + kept
    cut.gap.bytes += Int64(batch.byteCount - start - 1)
    cut.gap.lines += lineEnds(batch, from: start, to: batch.byteCount - 1)
    batch.leaveOut(from: start)
    cut.searched = batch.byteCount
  }

  private func lineEnds(_ batch: RecordBatch, from: Int, to end: Int) -> Int {
    UnsafeBufferPointer(start: batch.arena + from, count: end - from).count { $0 == 0x0A }
  }

  private func take(
    _ batch: RecordBatch, _ cut: Cut, to end: Int
  ) throws(ConnectorError) {
    let from = cut.from
    let length = Int64(end - from) + cut.gap.bytes
    if length > options.longestRecord {
      if options.hasHeader, heading == nil { throw tooLong(from) }
      return refuse(batch, cut, to: end, length: length)
    }
    if splitter.rule == .quotedLines, end - from >= Self.oddBytes { tellOdd(batch, from, to: end) }
    let start = from + byteOrderMark(batch, from: from, to: end)
    guard let span = splitter.record(UnsafePointer(batch.arena), from: start, to: end) else {
      return
    }
    if options.hasHeader, heading == nil {
      guard let bytes = batch.bytes(span),
        let names = CSVCell.heading(bytes, separator: options.separator)
      else {
        throw ConnectorError(
          .fatal, "\(options.place): the first line of \(place.file ?? "") is no CSV heading")
      }
      heading = names
      options.note(names, of: place.file ?? "")
      // A line of one empty cell is a record where there is one column.
      splitter.skipsEmpty = names.names.count > 1
      return
    }
    batch.append(placed: span, timestamp: .min, offset: place.ordinal + Int64(batch.count))
  }

  /// Once a file.
  private func tellOdd(_ batch: RecordBatch, _ from: Int, to end: Int) {
    let lines = 1 + lineEnds(batch, from: from, to: end)
    guard lines >= Self.oddLines, let file = place.file, toldOdd != file else { return }
    toldOdd = file
    options.notify(
      "\(options.place): a record of \(file) has \(lines) lines, from byte"
        + " \(place.byte + Int64(from)) on: if a quote in it was never closed, they are no records"
        + " of their own")
  }

  /// Makes a record that is too long one that is no row.
  private func refuse(_ batch: RecordBatch, _ cut: Cut, to end: Int, length: Int64) {
    let byte = place.byte + Int64(cut.from)
    let lines = 1 + cut.gap.lines + lineEnds(batch, from: cut.from, to: end)
    let isQuoted = lines > 1
    let reason =
      "it is longer than `max_record`, \(options.longestRecord) bytes: it has \(length)"
      + (isQuoted ? " in \(lines) lines, and a quote in it may not be closed" : "")
      + ", from byte \(byte) of \(place.file ?? "") on"
    if isQuoted { options.notify("\(options.place): a record is no row: \(reason)") }
    let kept = min(end - cut.from, Self.keptBytes, options.longestRecord)
    batch.append(
      placed: RecordBatch.Span(
        start: UInt32(truncatingIfNeeded: cut.from), length: Int32(truncatingIfNeeded: kept)),
      timestamp: .min, offset: place.ordinal + Int64(batch.count), fault: reason)
  }

  /// How many bytes of a byte order mark a file of text begins with.
  func byteOrderMark(_ batch: RecordBatch, from: Int, to end: Int) -> Int {
    guard place.byte + Int64(from) == 0, options.format != .raw, end - from >= 3 else { return 0 }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return mark.indices.allSatisfy { batch.arena[from + $0] == mark[$0] } ? mark.count : 0
  }

  /// A last line without a newline is a record once nothing can follow it.
  func takeLast(
    _ batch: RecordBatch, _ cut: inout Cut, _ stream: FileStream
  ) throws(ConnectorError) {
    // What a cut frame ends with is no record: `next` says what is wrong.
    guard cut.from < batch.byteCount, batch.count < rowLimit, stream.isWhole else { return }
    if options.follows {
      guard let leave else { return }
      if let turn = leave.turn {
        if turn.setsAside { return }
        // One that may grow is gone back to for it.
        if !ends, stream.isPlain, !order.isLineDue(stream) { return }
      }
    }
    try take(batch, cut, to: batch.byteCount)
    cut = Cut(from: batch.byteCount, passed: cut.gap)
  }

  private func tooLong(_ from: Int) -> ConnectorError {
    ConnectorError(
      .record,
      "\(options.place): the record at byte \(place.byte + Int64(from)) of \(place.file ?? "") is"
        + " longer than `max_record`, \(options.longestRecord) bytes")
  }
}
