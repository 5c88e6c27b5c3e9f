import Schemas

/// The place in a partition of files that reading goes on at.
struct FilePlace: Hashable, Sendable {
  /// Its name as the definition has it; nil before the first file.
  var file: String?
  /// Unpacked bytes.
  var byte: Int64
  /// Records of the partition before it.
  var ordinal: Int64
  /// The file held nothing more: it may go.
  var isAtEnd = false
  /// Which files were read besides; nil where their order alone says it.
  var ledger: FileLedger?

  static let beginning = FilePlace(file: nil, byte: 0, ordinal: 0)

  init(file: String?, byte: Int64, ordinal: Int64) {
    self.file = file
    self.byte = byte
    self.ordinal = ordinal
  }

  /// From `Position`, whose detail is `<byte> <file>`, or `<byte>= <file>` at the file's end; a
  /// ledger stands in front of the space.
  init(_ position: Position, in place: String) throws(ConnectorError) {
    ordinal = position.offset
    file = nil
    byte = 0
    if position.detail.isEmpty { return }
    let parts = position.detail.split(separator: " ", maxSplits: 1)
    var head = parts[0]
    var isSound = parts.count == 2
    if let mark = head.firstIndex(of: FileLedger.mark) {
      ledger = FileLedger(String(head[mark...]))
      isSound = isSound && ledger != nil
      head = head[..<mark]
    }
    if head.last == "=" {
      isAtEnd = true
      head.removeLast()
    }
    guard isSound, let byte = Int64(head), byte >= 0 else {
      throw ConnectorError(
        .fatal, "\(place): the stored position `\(position.detail)` is no file position")
    }
    file = String(parts[1])
    self.byte = byte
  }

  var position: Position {
    let head = "\(byte)\(isAtEnd ? "=" : "")\(ledger?.text ?? "")"
    return Position(offset: ordinal, detail: file.map { "\(head) \($0)" } ?? "")
  }
}

extension FilePlace {
  /// The place behind the end of this one's file; nil while nothing is left of `files`, which are
  /// all that there are, in the order of their names.
  ///
  /// Files are read in that order. With a ledger one that comes late, under a name before those
  /// that were read, is read too: the file at hand is left as it is for that long.
  func following(among files: [String]) -> FilePlace? {
    guard let file else { return nil }
    var next = FilePlace(file: nil, byte: 0, ordinal: ordinal)
    guard var ledger else {
      next.file = files.first { FileNames.precedes(file, $0) }
      return next.file == nil ? nil : next
    }
    let left = ledger.left
    let front = left?.file ?? file
    let unread = files.filter { $0 != file && $0 != front && !ledger.holds($0) }
    if let late = unread.first, FileNames.precedes(late, front) {
      if left == nil { ledger.left = FileLedger.Left(file: file, byte: byte) }
      next.file = late
    } else if let left {
      ledger.left = nil
      (next.file, next.byte) = (left.file, left.byte)
    } else if let later = unread.first {
      next.file = later
    } else {
      return nil
    }
    ledger.keep(files, adding: ledger.left?.file == file ? nil : file)
    next.ledger = ledger
    return next
  }

  /// Whether going on there leaves this place's file for good.
  func isFinished(by next: FilePlace) -> Bool { next.ledger?.left?.file != file }
}
