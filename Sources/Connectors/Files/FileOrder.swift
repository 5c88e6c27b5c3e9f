import Glibc

/// What is read when a file of a glob holds nothing more. To list a directory costs as much as it
/// has files, so a listing is used up before the next is made, but for looks at late files.
struct FileOrder {
  /// Where reading goes on.
  struct Turn: Sendable {
    var file: String
    var byte: Int64 = 0
    var mark: FileMark?
    /// The file at hand waits meanwhile, and is gone back to.
    var setsAside = false
    /// It was set aside.
    var returns = false
  }

  /// Files that came under a followed name meanwhile and are held open for it, at most.
  static let heirs = 64
  /// A line without an end is a record when its file was not written for so long (seconds).
  static let lineTime = 10.0
  /// How far a file server's clock may be from ours (seconds) before a line would be cut in two.
  static let clockDifference = 60.0
  /// A listing that is not used up is made anew after so long (nanoseconds).
  static let lateTime: UInt64 = 1_000_000_000
  /// Of so much of the time at most one part goes into listings.
  static let share: UInt64 = 20

  private let names: FileNames
  private let follows: Bool
  private let ends: Bool
  private var waiting: ArraySlice<Turn> = []
  private var listedAt: UInt64?
  private var cost: UInt64 = 0
  /// Of all files that are asked about, the one at hand too.
  private var stillness = FileStillness()

  init(_ names: FileNames, follows: Bool, ends: Bool) {
    self.names = names
    self.follows = follows
    self.ends = ends
  }

  /// Whether an open file was not written in the last seconds.
  mutating func isStill(_ stream: FileStream, for seconds: Double) -> Bool {
    guard let status = stream.status else { return true }
    return stillness.isStill(stream.path, status, for: seconds)
  }

  /// Whether nobody goes on with a line without an end.
  mutating func isLineDue(_ stream: FileStream) -> Bool {
    guard let status = stream.status else { return true }
    return isLineDue(stream.path, status)
  }

  private mutating func isLineDue(_ path: String, _ status: stat) -> Bool {
    stillness.isStill(path, status, for: Self.lineTime, doubting: Self.clockDifference)
  }

  /// What comes after the place's file; nil while there is nothing. Makes the ledger of a position
  /// that has none yet.
  mutating func next(after place: inout FilePlace) throws(ConnectorError) -> Turn? {
    guard let file = place.file else { return nil }
    skip(place, file)
    if isOld {
      try list(&place, file)
      skip(place, file)
    }
    guard let ledger = place.ledger else { return waiting.first }
    let front = ledger.left?.file ?? file
    if var late = waiting.first, FileNames.precedes(late.file, front) {
      late.setsAside = ledger.left == nil
      return late
    }
    if let left = ledger.left {
      return Turn(file: left.file, byte: left.byte, mark: left.mark, returns: true)
    }
    return waiting.first
  }

  /// Drops what was gone on to.
  private mutating func skip(_ place: FilePlace, _ file: String) {
    let left = place.ledger?.left?.file
    while let first = waiting.first, first.file == file || first.file == left {
      waiting = waiting.dropFirst()
    }
  }

  private var isOld: Bool {
    guard let listedAt else { return true }
    guard follows, !ends else { return waiting.isEmpty }
    let least = waiting.isEmpty ? 0 : Self.lateTime
    return Self.now - listedAt >= max(least, cost * Self.share)
  }

  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  private mutating func list(_ place: inout FilePlace, _ file: String) throws(ConnectorError) {
    let start = Self.now
    let files = try names.matching()
    if follows {
      // A position of an earlier version read by names alone.
      if place.ledger == nil {
        place.ledger = FileLedger(finished: files.filter { FileNames.isRead($0, at: file) })
      }
      // A folder that is away for a moment is as an empty one.
      if !files.isEmpty { place.ledger?.forget(except: files) }
      if !stillness.isEmpty { stillness.forget(except: (files + [file]).map(names.path)) }
      waiting = files.compactMap { $0 == file ? nil : turn($0, place) }[...]
    } else {
      waiting = files.filter { FileNames.precedes(file, $0) }.map { Turn(file: $0) }[...]
    }
    let end = Self.now
    listedAt = end
    cost = end - start
  }

  /// Whether there is something to read in a file, and from where.
  private mutating func turn(_ file: String, _ place: FilePlace) -> Turn? {
    guard let ledger = place.ledger, ledger.holds(file) else { return Turn(file: file) }
    guard let reading = ledger.reading(file) else { return nil }
    let path = names.path(of: file)
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let size = Int64(status.st_size)
    let isLineDue =
      size == reading.seen && size > reading.byte
      && (ends || isLineDue(path, status))
    guard size != reading.seen || isLineDue else { return nil }
    // Another file by now, under a name that was read.
    if let mark = reading.mark, !mark.isOf(path) { return Turn(file: file) }
    guard size >= reading.seen else { return nil }
    return Turn(file: file, byte: reading.byte, mark: reading.mark)
  }
}
