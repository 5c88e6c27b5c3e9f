import Columns
import Formats
import Glibc
import Plans
import Schemas

/// Reads the records of one partition of files, batch after batch. Calls block unless they say that
/// they don't; one thread at a time uses it.
final class FileRecords {
  static let chunk = 256 * 1024
  static let batchBytes = 1 << 20
  /// A followed file is left for another when it has not been written for so long (seconds).
  static let quietTime = 1.0
  /// One that is written all the time is left, to be gone back to, after so many looks.
  static let patience = 100
  /// One that is written faster than it is read is left, to be gone back to, so many bytes behind
  /// what it held when it was opened.
  static let turnBytes: Int64 = 64 << 20
  /// One that was removed is let go when it has not been written for so long (seconds).
  static let removedTime = 5.0

  enum Step {
    case records(RecordBatch, FilePlace)
    /// Nothing more at present.
    case caughtUp
    case ended
  }

  private let id: PartitionID
  let options: FileOptions
  /// Of a partition that is one file of a glob.
  private let onlyFile: String?
  /// New files may come under any name.
  private let keepsLedger: Bool
  let rowLimit: Int
  private(set) var place: FilePlace
  var splitter: RecordSplitter
  private var stream: FileStream?
  /// Files that came under its name since, in order: they may lose it before their turn comes.
  private var heirs: [FileStream] = []
  var heading: RecordHeading?
  /// The file of which a record of very many lines was told.
  var toldOdd: String?
  /// Bytes read and not yet part of a batch; they begin at `place.byte`.
  private var rest = Rest()
  /// The file is to be left when it holds nothing more; what was written to it until that was known
  /// is read first.
  private(set) var leave: Leave?
  /// Looks since another file was seen to wait.
  private var looks = 0
  /// Where the turn of the file at hand is over, if others wait.
  private var turnEnd = Int64.max
  var order: FileOrder
  /// The file as it was when it was closed at rest.
  private var asleep: FileStream.State?
  /// The file at rest was removed, and its place on the disk is free when it is closed.
  private var isForgotten = false
  /// Whether reading ends at the end of what is there.
  let ends: Bool

  private struct Rest {
    var bytes: [UInt8] = []
    /// How far a record with a gap was looked through; else it is looked through anew.
    var cut = Cut()

    var isEmpty: Bool { bytes.isEmpty }
    var count: Int64 { Int64(bytes.count) + cut.gap.bytes }
  }

  /// What a file is left for: another of the glob, or the new one of its name.
  struct Leave {
    var turn: FileOrder.Turn?
    var wasReplaced: Bool
  }

  /// The file of `place` was read to its end, and is not open: another may have its name by now.
  private var mayBeGone: Bool
  /// Nothing had the name of a file that was read to its end.
  private var wasAway = false
  /// There was nothing more when it was looked at last.
  private var hasRested = false

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
    splitter = RecordSplitter(options.format, separator: options.separator)
    order = FileOrder(options.names, follows: keepsLedger, ends: self.ends)
  }

  func next() throws(ConnectorError) -> Step {
    let step = try read()
    if case .caughtUp = step { hasRested = true }
    return step
  }

  private func read() throws(ConnectorError) -> Step {
    while true {
      if isAsleep { return .caughtUp }
      guard let stream = try openStream() else { return ends ? .ended : .caughtUp }
      holdHeir(of: stream)
      if hasRested, let mark = place.mark, try stream.wasRewritten(since: mark) {
        throw FileStream.otherFile(stream.path, stream.offset)
      }
      hasRested = false
      if place.byte > turnEnd, let turn = try turnOfOthers(stream) {
        goOn(turn)
        continue
      }
      if let batch = try readBatch(stream) {
        leave = nil
        return .records(batch, place)
      }
      // The end of what is there.
      if try stream.wasCut() { throw FileStream.gap(stream.path, stream.offset) }
      if options.follows, leave == nil {
        let wasReplaced = !ends && (!heirs.isEmpty || stream.wasReplaced())
        let turn = wasReplaced ? nil : try nextTurn()
        if turn != nil || wasReplaced {
          guard mayLeave(stream, turn) else { return .caughtUp }
          leave = Leave(turn: turn, wasReplaced: wasReplaced)
          continue
        }
        if !ends {
          isForgotten =
            rest.isEmpty && stream.isRemoved && order.isStill(stream, for: Self.removedTime)
          return .caughtUp
        }
      }
      let turn = options.follows ? leave?.turn : try nextTurn()
      if leave?.wasReplaced == true {
        goOnAnew()
        continue
      }
      if !stream.isWhole, !(turn?.setsAside ?? false) {
        throw ConnectorError(
          .fatal, "\(options.place): \(stream.path) ends in the middle of a compressed frame")
      }
      guard let turn else { return .ended }
      goOn(turn)
    }
  }

  /// Who writes to it may not know yet that it goes on elsewhere. One that is gone back to when it
  /// has grown may be left while it is busy.
  private func mayLeave(_ stream: FileStream, _ turn: FileOrder.Turn?) -> Bool {
    if let turn {
      if ends || turn.setsAside || (turn.returns && stream.isPlain) { return true }
      looks += 1
      if stream.isPlain, looks > Self.patience { return true }
    }
    return order.isStill(stream, for: Self.quietTime)
  }

  /// Where a file that never comes to its end is left for another, or goes on.
  private func turnOfOthers(_ stream: FileStream) throws(ConnectorError) -> FileOrder.Turn? {
    if let turn = try nextTurn() { return turn }
    beginTurn(stream)
    return nil
  }

  private func beginTurn(_ stream: FileStream) {
    let isShared = keepsLedger && !ends && stream.isPlain && heirs.isEmpty
    let size = isShared ? stream.status.map { Int64($0.st_size) } : nil
    turnEnd = size.map { $0 + Self.turnBytes } ?? .max
  }

  /// Closes the file, to be opened again where it was read to. One at rest has nothing more, and is
  /// not opened before it changes, where no other waits for its end.
  func letGo(isAtRest: Bool = false) {
    guard let stream else { return }
    asleep = isAtRest && onlyFile != nil ? stream.state : nil
    mayBeGone = isAtRest
    self.stream = nil
    rest = Rest()
    leave = nil
  }

  /// Closes the file where too many are open, or nobody else has it any more.
  func letGoIfDue(isAtRest: Bool = false) {
    guard heirs.isEmpty else { return }
    // The order of a glob's files is not to wait.
    if isForgotten || (onlyFile != nil && FileStream.areMany) { letGo(isAtRest: isAtRest) }
    isForgotten = false
  }

  /// Whether the file that was closed is as it was.
  private var isAsleep: Bool {
    guard let asleep, let file = place.file else { return false }
    if FileStream.State(of: options.names.path(of: file)) == asleep { return true }
    self.asleep = nil
    return false
  }

  /// The next records as far as they can be had without waiting; nil where there are none, which
  /// says nothing of why. Where reading goes on stays the same whoever reads.
  func nextAtHand() throws(ConnectorError) -> (RecordBatch, FilePlace)? {
    guard !hasRested, place.byte <= turnEnd, let stream,
      let batch = try readBatch(stream, waits: false)
    else {
      return nil
    }
    holdHeir(of: stream)
    return (batch, place)
  }

  private func goOn(_ turn: FileOrder.Turn) {
    let isOther = stream?.wasReplaced() ?? true
    var reading: FileLedger.Reading?
    if let stream, stream.isPlain {
      let seen = place.byte + rest.count
      reading = FileLedger.Reading(
        byte: place.byte, seen: seen, mark: place.mark ?? stream.mark(seen))
    }
    place.goOn(turn, reading: reading, isOther: isOther)
    close()
    // It may have been taken away since it was seen.
    mayBeGone = true
  }

  /// Goes on in the new file of the same name.
  private func goOnAnew() {
    (place.byte, place.mark) = (0, nil)
    let held = heirs
    close()
    mayBeGone = false
    stream = held.first
    heirs = Array(held.dropFirst())
    turnEnd = .max
  }

  private func holdHeir(of stream: FileStream) {
    guard !ends, heirs.count < FileOrder.heirs, (heirs.last ?? stream).wasReplaced() else { return }
    let compression = Compression(option: options.compression, path: stream.path)
    // One that cannot be opened is opened in its turn, which says why.
    if let heir = try? FileStream(stream.path, compression, at: 0) { heirs.append(heir) }
  }

  private func close() {
    stream = nil
    heirs = []
    leave = nil
    looks = 0
    heading = nil
    rest = Rest()
  }

  /// The file that is read, opened where the place says; nil where there is none yet.
  private func openStream() throws(ConnectorError) -> FileStream? {
    if let stream { return stream }
    let file: String
    let wasAtEnd = mayBeGone
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
    let path = options.names.path(of: file)
    if place.byte > 0, let mark = place.mark, !mark.isOf(path) {
      guard options.follows, wasAtEnd else { throw FileStream.otherFile(path, place.byte) }
      goOnAnew()
    } else if wasAway, isShorter(path, compression) {
      goOnAnew()
    }
    wasAway = false
    if options.hasHeader, heading == nil, place.byte > 0 { try readHeading(file, compression) }
    let stream = try FileStream(path, compression, at: place.byte)
    if keepsLedger, place.file == nil { place.ledger = FileLedger() }
    place.file = file
    self.stream = stream
    rest = Rest()
    beginTurn(stream)
    return stream
  }

  /// The file that reading goes on in: the one behind it where it was read and is gone; nil while
  /// there is none.
  private func presentFile(_ named: String) throws(ConnectorError) -> String? {
    guard mayBeGone, access(options.names.path(of: named), F_OK) != 0 else {
      mayBeGone = false
      return named
    }
    // Its folder may come back, and the file with it; another under its name begins otherwise.
    wasAway = true
    guard let turn = try nextTurn() else { return nil }
    var forGood = turn
    forGood.setsAside = false
    goOn(forGood)
    return try presentFile(turn.file)
  }

  /// Whether a file that has come under a name cannot be the one that was read.
  private func isShorter(_ path: String, _ compression: Compression) -> Bool {
    guard place.mark != nil, let state = FileStream.State(of: path) else { return true }
    return compression == .none && state.size < place.byte
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
      rest = Rest()
    }
    _ = try readBatch(stream, rows: 1)
  }

  /// What comes behind the end of the file of `place`; nil while there is nothing.
  private func nextTurn() throws(ConnectorError) -> FileOrder.Turn? {
    guard onlyFile == nil, options.names.isGlob else { return nil }
    return try order.next(after: &place)
  }

  /// What is wrong with a file says which source it is of.
  private func read(
    _ stream: FileStream, into room: UnsafeMutablePointer<UInt8>, waits: Bool
  ) throws(ConnectorError) -> Int {
    do throws(ConnectorError) {
      return waits
        ? try stream.read(into: room, Self.chunk)
        : try stream.readAtHand(into: room, Self.chunk) ?? 0
    } catch {
      throw ConnectorError(error.kind, "\(options.place): \(error.message)")
    }
  }

  /// The next records of the file; nil at the end of what is there, or of what is at hand.
  private func readBatch(
    _ stream: FileStream, rows: Int? = nil, waits: Bool = true
  ) throws(ConnectorError) -> RecordBatch? {
    let limit = rows ?? rowLimit
    let batch = RecordBatch(
      partition: id, capacity: limit, byteCapacity: Self.batchBytes + Self.chunk)
    batch.places = .bytes(from: place.byte)
    rest.bytes.withUnsafeBufferPointer { held in
      guard let base = held.baseAddress else { return }
      batch.reserve(held.count).update(from: base, count: held.count)
      batch.commit(held.count)
    }
    var cut = rest.cut
    while true {
      try split(batch, &cut, limit: limit)
      if batch.count == limit || cut.passed.bytes > 0 { break }
      if batch.count > 0, batch.byteCount >= Self.batchBytes { break }
      try leaveOut(batch, &cut)
      let room = batch.reserve(Self.chunk)
      let got = try read(stream, into: room, waits: waits)
      batch.commit(got)
      if got == 0 {
        if waits { try takeLast(batch, &cut, stream) }
        break
      }
    }
    place.byte += Int64(cut.from) + cut.passed.bytes
    rest.bytes = Array(
      UnsafeBufferPointer(start: batch.arena + cut.from, count: batch.byteCount - cut.from))
    rest.cut =
      cut.gap.bytes > 0
      ? Cut(searched: rest.bytes.count, quoting: cut.quoting, gap: cut.gap) : Cut()
    place.ordinal += Int64(batch.count)
    if place.byte > 0, (place.mark?.count ?? 0) < FileMark.limit {
      place.mark = stream.mark(place.byte)
    }
    batch.heading = heading
    return batch.count > 0 ? batch : nil
  }
}
