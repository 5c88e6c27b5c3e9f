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
  /// What the file begins with; nil before its first record, and of earlier versions.
  var mark: FileMark?
  /// Which files were read besides; nil where their order alone says it.
  var ledger: FileLedger?

  static let beginning = FilePlace(file: nil, byte: 0, ordinal: 0)

  init(file: String?, byte: Int64, ordinal: Int64) {
    self.file = file
    self.byte = byte
    self.ordinal = ordinal
  }

  /// From `Position`, whose detail is `<byte>~<mark> <file>`, or `<byte>~<mark>= <file>` at the
  /// file's end; a ledger stands in front of the space.
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
    if let tilde = head.firstIndex(of: "~") {
      mark = FileMark(head[head.index(after: tilde)...])
      isSound = isSound && mark != nil
      head = head[..<tilde]
    }
    guard isSound, let byte = Int64(head), byte >= 0 else {
      throw ConnectorError(
        .fatal, "\(place): the stored position `\(position.detail)` is no file position")
    }
    file = String(parts[1])
    self.byte = byte
  }

  var position: Position {
    guard let file else { return Position(offset: ordinal, detail: "") }
    let mark = mark.map { "~\($0.text)" } ?? ""
    return Position(
      offset: ordinal,
      detail: "\(byte)\(mark)\(isAtEnd ? "=" : "")\(ledger?.text ?? "") \(file)")
  }
}

extension FilePlace {
  /// Leaves this place's file, read to its end, for another. `reading`: how far it was read, where
  /// it may grow; `isOther`: its name is another file's by now, which is not read.
  mutating func goOn(_ turn: FileOrder.Turn, reading: FileLedger.Reading?, isOther: Bool) {
    if turn.setsAside {
      ledger?.left = file.map { FileLedger.Left(file: $0, byte: byte, mark: mark) }
    } else if let file, !isOther {
      ledger?.add(file, reading)
    }
    if turn.returns { ledger?.left = nil }
    (file, byte, mark) = (turn.file, turn.byte, turn.mark)
  }
}
