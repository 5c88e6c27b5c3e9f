import Columns
import Formats
import Plans
import Schemas

/// How the bytes of a file become records.
extension FileRecords {
  /// How far a batch's bytes are cut.
  struct Cut {
    /// Where the next record begins.
    var from = 0
    var searched = 0
    var quoting = RecordSplitter.Quoting.bare
  }

  func split(
    _ batch: RecordBatch, _ cut: inout Cut, limit: Int
  ) throws(ConnectorError) {
    if splitter.rule == .lines {
      cut.from += byteOrderMark(batch, from: cut.from, to: batch.byteCount)
      cut.searched = max(cut.searched, cut.from)
      let lines = splitter.cutLines(
        batch, from: cut.from, searched: cut.searched, limit: limit,
        longest: options.longestRecord, ordinal: place.ordinal)
      if let start = lines.tooLong { throw tooLong(start) }
      cut.from = lines.from
      cut.searched = batch.count < limit ? batch.byteCount : lines.from
      return
    }
    let base = UnsafePointer(batch.arena)
    while batch.count < limit {
      let begin = cut.from + byteOrderMark(batch, from: cut.from, to: batch.byteCount)
      let at = splitter.newline(
        base, from: begin, searched: &cut.searched, end: batch.byteCount, quoting: &cut.quoting)
      if at < 0 { return }
      try take(batch, from: cut.from, to: at)
      cut = Cut(from: at + 1, searched: at + 1)
    }
  }

  func take(
    _ batch: RecordBatch, from: Int, to end: Int
  ) throws(ConnectorError) {
    if end - from > options.longestRecord { throw tooLong(from) }
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
    try take(batch, from: cut.from, to: batch.byteCount)
    cut.from = batch.byteCount
  }

  func tooLong(_ from: Int) -> ConnectorError {
    ConnectorError(
      .record,
      "\(options.place): the record at byte \(place.byte + Int64(from)) of \(place.file ?? "") is"
        + " longer than `max_record`, \(options.longestRecord) bytes")
  }
}
