package import Columns
import Formats
import Glibc
package import Plans
import Schemas

/// The records of one file from front to back, unpacked by its name's ending: for commands, which
/// read a file once and tell their user what is wrong in which line. A record's offset is the
/// number of the line that it begins on. Calls block.
package final class RecordFile {
  package static let rowLimit = 4096
  private static let chunk = 256 * 1024
  private static let batchBytes = 4 << 20
  private static let longestRecord = 64 << 20

  /// What the first line of a CSV file says.
  package private(set) var heading: RecordHeading?
  private let path: String
  private let format: DecodingSpec.Format
  private let separator: UInt8
  private var splitter: RecordSplitter
  private let stream: FileStream
  private let id: PartitionID
  /// The number of the line that comes next.
  private var line: Int64 = 1
  /// Of a record that is not yet whole.
  private var rest: [UInt8] = []
  private var isAtEnd = false
  /// Read to know the heading.
  private var held: RecordBatch?

  /// How far a batch's bytes are cut.
  private struct Cut {
    var from = 0
    var searched = 0
    var quoting = RecordSplitter.Quoting.bare
  }

  /// Opens the file and reads its heading.
  package init(
    _ path: String, format: DecodingSpec.Format, options: [Option] = []
  ) throws(ConnectorError) {
    self.path = path
    self.format = format
    do throws(FormatError) {
      separator = try CSVCell.separator(options)
    } catch {
      throw ConnectorError(.configuration, "\(error)")
    }
    splitter = RecordSplitter(format, separator: separator)
    stream = try FileStream(path, Compression(option: "auto", path: path), at: 0)
    id = PartitionID(source: "file", topic: path, number: 0)
    held = try cutBatch()
  }

  /// The next records; nil at the end of the file.
  package func next() throws(ConnectorError) -> RecordBatch? {
    if let batch = held {
      held = nil
      return batch
    }
    return try cutBatch()
  }

  private func cutBatch() throws(ConnectorError) -> RecordBatch? {
    let batch = RecordBatch(
      partition: id, capacity: Self.rowLimit, byteCapacity: Self.batchBytes + Self.chunk)
    rest.withUnsafeBufferPointer { held in
      guard let base = held.baseAddress else { return }
      batch.reserve(held.count).update(from: base, count: held.count)
      batch.commit(held.count)
    }
    batch.places = .lines
    var cut = Cut()
    while true {
      try cutRecords(batch, &cut)
      let isFull = batch.count == Self.rowLimit
      if isFull || (batch.count > 0 && batch.byteCount >= Self.batchBytes) { break }
      if batch.byteCount - cut.from > Self.longestRecord { throw tooLong() }
      if isAtEnd {
        try takeLast(batch, &cut)
        break
      }
      let got = try stream.read(into: batch.reserve(Self.chunk), Self.chunk)
      batch.commit(got)
      isAtEnd = got == 0
    }
    rest = Array(
      UnsafeBufferPointer(start: batch.arena + cut.from, count: batch.byteCount - cut.from))
    batch.heading = heading
    return batch.count > 0 ? batch : nil
  }

  private func cutRecords(_ batch: RecordBatch, _ cut: inout Cut) throws(ConnectorError) {
    while batch.count < Self.rowLimit {
      let begin = cut.from + (line == 1 ? byteOrderMark(batch, cut.from, batch.byteCount) : 0)
      let at = splitter.newline(
        UnsafePointer(batch.arena), from: begin, searched: &cut.searched,
        end: batch.byteCount, quoting: &cut.quoting)
      if at < 0 { return }
      try take(batch, from: cut.from, to: at)
      cut = Cut(from: at + 1, searched: at + 1)
    }
  }

  private func take(_ batch: RecordBatch, from: Int, to end: Int) throws(ConnectorError) {
    let begun = line
    line += 1 + (format == .csv ? newlines(batch, from, end) : 0)
    let start = from + (begun == 1 ? byteOrderMark(batch, from, end) : 0)
    guard let span = splitter.record(UnsafePointer(batch.arena), from: start, to: end) else {
      return
    }
    guard format == .csv, heading == nil else {
      return batch.append(placed: span, timestamp: .min, offset: begun)
    }
    guard let bytes = batch.bytes(span),
      let names = CSVCell.heading(bytes, separator: separator)
    else {
      throw ConnectorError(.fatal, "the first line of \(path) is no CSV heading")
    }
    heading = names
    // A line of one empty cell is a record where there is one column.
    splitter.skipsEmpty = names.names.count > 1
  }

  /// Line ends between quotes.
  private func newlines(_ batch: RecordBatch, _ from: Int, _ end: Int) -> Int64 {
    let record = UnsafeBufferPointer(start: batch.arena + from, count: end - from)
    return record.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
  }

  private func byteOrderMark(_ batch: RecordBatch, _ from: Int, _ end: Int) -> Int {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let begin = UnsafeBufferPointer(start: batch.arena + from, count: end - from)
    return begin.starts(with: mark) ? mark.count : 0
  }

  /// A last line needs no line end.
  private func takeLast(_ batch: RecordBatch, _ cut: inout Cut) throws(ConnectorError) {
    guard stream.isWhole else {
      throw ConnectorError(
        .fatal, "\(path) ends in the middle of its compressed data: take a whole copy")
    }
    guard cut.from < batch.byteCount else { return }
    try take(batch, from: cut.from, to: batch.byteCount)
    cut.from = batch.byteCount
  }

  private func tooLong() -> ConnectorError {
    let why = format == .csv ? "; a quote in it may not be closed" : ""
    return ConnectorError(
      .record,
      "\(path): the record that begins in line \(line) is longer than \(Self.longestRecord) bytes"
        + why)
  }
}
