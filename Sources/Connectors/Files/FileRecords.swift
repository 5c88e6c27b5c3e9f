import Columns
import Formats
import Glibc
import Plans
import Schemas

/// What a file source or table says.
struct FileOptions: Sendable {
  /// "source `events`".
  var place: String
  var names: FileNames
  var compression: String
  var format: DecodingSpec.Format
  var separator: UInt8
  var hasHeader: Bool
  var follows: Bool
  var isParallel: Bool
  var longestRecord: Int

  init(
    place: String, _ options: ResolvedOptions, _ decoding: DecodingSpec,
    _ environment: ConnectorEnvironment
  ) throws(ConnectorError) {
    self.place = place
    names = FileNames(
      try options.requiredText("path", in: place), in: environment.directory)
    compression = try options.word(
      "compression", of: ["auto", "none", "zstd", "lz4", "gzip"], else: "auto", in: place)
    format = decoding.format
    do throws(FormatError) {
      separator = try CSVCell.separator(decoding.options)
    } catch {
      throw ConnectorError(.configuration, "\(place): \(error)")
    }
    hasHeader = decoding.format == .csv && CSVCell.hasHeader(decoding.options)
    follows = try options.bool("follow", else: false, in: place)
    isParallel = try options.bool("parallel", else: false, in: place)
    longestRecord = Int(
      try options.int("max_record", else: 64 << 20, atLeast: 1, in: place))
  }
}

/// Reads the records of one partition of files, batch after batch. Calls block unless they say that
/// they don't; one thread at a time uses it.
final class FileRecords {
  static let chunk = 256 * 1024
  static let batchBytes = 1 << 20
  /// A followed file is left for another when it has not been written for so long (seconds).
  static let quietTime = 1.0

  enum Step {
    case records(RecordBatch, FilePlace)
    /// Nothing more at present.
    case caughtUp
    case ended
  }

  private let id: PartitionID
  private let options: FileOptions
  /// Of a partition that is one file of a glob.
  private let onlyFile: String?
  /// New files may come under any name.
  private let keepsLedger: Bool
  private let rowLimit: Int
  private(set) var place: FilePlace
  private var splitter: RecordSplitter
  private var stream: FileStream?
  private var heading: RecordHeading?
  /// Bytes read and not yet part of a batch; they begin at `place.byte`.
  private var rest: [UInt8] = []
  /// The file is to be left when it holds nothing more; what was written to it until that was known
  /// is read first.
  private var isLeaving = false
  /// Whether reading ends at the end of what is there.
  private let ends: Bool
  /// The file of `place` was read to its end before this life, and is not open yet.
  private var mayBeGone: Bool

  init(
    _ id: PartitionID, _ options: FileOptions, at place: FilePlace, ends: Bool, rowLimit: Int
  ) {
    self.id = id
    self.options = options
    self.place = place
    self.place.isAtEnd = false
    mayBeGone = place.isAtEnd
    self.ends = ends || !options.follows
    self.rowLimit = rowLimit
    onlyFile = options.isParallel ? id.topic : nil
    keepsLedger = options.follows && onlyFile == nil && options.names.isGlob
    splitter = RecordSplitter(options.format)
  }

  func next() throws(ConnectorError) -> Step {
    while true {
      guard let stream = try openStream() else { return ends ? .ended : .caughtUp }
      if let batch = try readBatch(stream) {
        isLeaving = false
        return .records(batch, place)
      }
      // The end of what is there.
      if try stream.wasCut() { throw FileStream.gap(stream.path, stream.offset) }
      let following = try nextPlace()
      let wasReplaced = !ends && following == nil && stream.wasReplaced()
      if !ends, following == nil, !wasReplaced { return .caughtUp }
      if options.follows, !isLeaving {
        // Who writes to it may not know yet that it goes on elsewhere. One that is only set aside
        // for a late file is come back to.
        let isSetAside = following.map { !place.isFinished(by: $0) } ?? false
        guard ends || isSetAside || stream.isQuiet(for: Self.quietTime) else { return .caughtUp }
        isLeaving = true
        continue
      }
      if wasReplaced {
        var again = place
        again.byte = 0
        goOn(at: again)
        continue
      }
      if !stream.isWhole, following.map(place.isFinished) ?? true {
        throw ConnectorError(
          .fatal, "\(options.place): \(stream.path) ends in the middle of a compressed frame")
      }
      guard let following else { return .ended }
      goOn(at: following)
    }
  }

  /// The next records as far as they can be had without waiting; nil where there are none, which
  /// says nothing of why. Where reading goes on stays the same whoever reads.
  func nextAtHand() throws(ConnectorError) -> (RecordBatch, FilePlace)? {
    guard let stream, let batch = try readBatch(stream, waits: false) else { return nil }
    return (batch, place)
  }

  private func goOn(at next: FilePlace) {
    stream = nil
    isLeaving = false
    heading = nil
    rest = []
    // One that was left may have been taken away meanwhile.
    mayBeGone = place.ledger?.left.map { $0.file == next.file } ?? false
    place = next
  }

  /// The file that is read, opened where the place says; nil where there is none yet.
  private func openStream() throws(ConnectorError) -> FileStream? {
    if let stream { return stream }
    let file: String
    if let named = place.file {
      guard let present = try presentFile(named) else { return nil }
      file = present
    } else if let onlyFile {
      file = onlyFile
    } else if let first = try options.names.matching().first {
      file = first
    } else {
      return nil
    }
    let compression = Compression(option: options.compression, path: file)
    if options.hasHeader, place.byte > 0 { try readHeading(file, compression) }
    let stream = try FileStream(options.names.path(of: file), compression, at: place.byte)
    if keepsLedger, place.file == nil { place.ledger = FileLedger() }
    place.file = file
    self.stream = stream
    rest = []
    return stream
  }

  /// The file that reading goes on in: the one behind it where it was read and is gone; nil while
  /// there is none.
  private func presentFile(_ named: String) throws(ConnectorError) -> String? {
    guard mayBeGone, access(options.names.path(of: named), F_OK) != 0 else {
      mayBeGone = false
      return named
    }
    // What comes under its name is another file.
    place.byte = 0
    guard let following = try nextPlace(), let file = following.file else { return nil }
    mayBeGone = place.ledger?.left.map { $0.file == file } ?? false
    place = following
    return try presentFile(file)
  }

  /// Where a file that has nothing more was left; nil if a part of a record waits for its rest.
  var restingPlace: FilePlace? {
    guard stream != nil, rest.isEmpty else { return nil }
    var place = place
    place.isAtEnd = true
    return place
  }

  /// The first line of a file that reading goes on in the middle of.
  private func readHeading(_ file: String, _ compression: Compression) throws(ConnectorError) {
    let stream = try FileStream(options.names.path(of: file), compression, at: 0)
    let at = place
    place = FilePlace(file: file, byte: 0, ordinal: at.ordinal)
    defer {
      place = at
      rest = []
    }
    _ = try readBatch(stream, rows: 1)
  }

  /// The place behind the end of the file of `place`; nil while there is none.
  private func nextPlace() throws(ConnectorError) -> FilePlace? {
    guard onlyFile == nil, options.names.isGlob, let file = place.file else { return nil }
    let files = try options.names.matching()
    if keepsLedger, place.ledger == nil {
      // A position of an earlier version, which read by names alone.
      place.ledger = FileLedger(finished: files.filter { FileNames.precedes($0, file) })
    }
    return place.following(among: files)
  }

  /// The next records of the file; nil at the end of what is there, or of what is at hand.
  private func readBatch(
    _ stream: FileStream, rows: Int? = nil, waits: Bool = true
  ) throws(ConnectorError) -> RecordBatch? {
    let limit = rows ?? rowLimit
    let batch = RecordBatch(
      partition: id, capacity: limit, byteCapacity: Self.batchBytes + Self.chunk)
    rest.withUnsafeBufferPointer { held in
      guard let base = held.baseAddress else { return }
      batch.reserve(held.count).update(from: base, count: held.count)
      batch.commit(held.count)
    }
    var cut = Cut()
    while true {
      try split(batch, &cut, limit: limit)
      if batch.count == limit || (batch.count > 0 && batch.byteCount >= Self.batchBytes) { break }
      if batch.byteCount - cut.from > options.longestRecord { throw tooLong(cut.from) }
      let room = batch.reserve(Self.chunk)
      let got =
        waits
        ? try stream.read(into: room, Self.chunk)
        : try stream.readAtHand(into: room, Self.chunk) ?? 0
      batch.commit(got)
      if got == 0 {
        if waits { try takeLast(batch, &cut, stream) }
        break
      }
    }
    rest = Array(
      UnsafeBufferPointer(start: batch.arena + cut.from, count: batch.byteCount - cut.from))
    place.byte += Int64(cut.from)
    place.ordinal += Int64(batch.count)
    batch.heading = heading
    return batch.count > 0 ? batch : nil
  }

  /// How far a batch's bytes are cut.
  private struct Cut {
    /// Where the next record begins.
    var from = 0
    var searched = 0
    var quotes = 0
  }

  private func split(
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
      let at = splitter.newline(
        base, from: cut.from, searched: &cut.searched, end: batch.byteCount, quotes: &cut.quotes)
      if at < 0 { return }
      try take(batch, from: cut.from, to: at)
      cut = Cut(from: at + 1, searched: at + 1)
    }
  }

  private func take(
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
      // A line of one empty cell is a record where there is one column.
      splitter.skipsEmpty = names.names.count > 1
      return
    }
    batch.append(placed: span, timestamp: .min, offset: place.ordinal + Int64(batch.count))
  }

  /// How many bytes of a byte order mark a file of text begins with.
  private func byteOrderMark(_ batch: RecordBatch, from: Int, to end: Int) -> Int {
    guard place.byte + Int64(from) == 0, options.format != .raw, end - from >= 3 else { return 0 }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return mark.indices.allSatisfy { batch.arena[from + $0] == mark[$0] } ? mark.count : 0
  }

  /// A last line without a newline is a record once nothing can follow it.
  private func takeLast(
    _ batch: RecordBatch, _ cut: inout Cut, _ stream: FileStream
  ) throws(ConnectorError) {
    // What a cut frame ends with is no record: `next` says what is wrong.
    guard cut.from < batch.byteCount, batch.count < rowLimit, stream.isWhole else { return }
    if options.follows {
      guard isLeaving else { return }
      if !stream.wasReplaced() {
        guard let next = try nextPlace(), place.isFinished(by: next) else { return }
      }
    }
    try take(batch, from: cut.from, to: batch.byteCount)
    cut.from = batch.byteCount
  }

  private func tooLong(_ from: Int) -> ConnectorError {
    ConnectorError(
      .record,
      "\(options.place): the record at byte \(place.byte + Int64(from)) of \(place.file ?? "") is"
        + " longer than `max_record`, \(options.longestRecord) bytes")
  }
}
