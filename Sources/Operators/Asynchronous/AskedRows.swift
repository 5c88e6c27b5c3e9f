import Columns
import KeyedState
import Schemas

/// Rows of one batch that wait for their answers.
final class AskedRows {
  /// Without selection.
  let rows: Batch
  fileprivate let bytes: Int
  /// The number of its section in the queue, and its place there.
  fileprivate let section: Int
  fileprivate var place: Int
  fileprivate(set) var found: [FoundRow?]
  /// Rows without an answer.
  fileprivate(set) var open: Int
  /// Rows that have not left, as `release` says it.
  fileprivate var left: Int
  /// Rows that were taken, from the first on; only where order matters.
  fileprivate var taken = 0
  /// Rows with an answer that were not taken; only where order does not matter.
  fileprivate var ready: [UInt32] = []
  /// By what rows are known again; empty until it is asked for.
  var identities: [RowIdentity] = []
  /// The numbers of their answers (0: none yet); only where a journal has these.
  var numbers: [UInt64] = []

  fileprivate init(_ rows: Batch, section: Int, place: Int) {
    self.rows = rows
    bytes = rows.textBytes
    self.section = section
    self.place = place
    found = Array(repeating: nil, count: rows.rowCount)
    open = rows.rowCount
    left = rows.rowCount
  }

  /// Whether all of its rows have answers and were taken.
  fileprivate func isTaken(inOrder: Bool) -> Bool {
    inOrder ? taken == rows.rowCount : open == 0
  }

  /// The rows from the first one that was not taken to the last in front of one without an answer.
  fileprivate func takePrefix() -> [UInt32] {
    var end = taken
    while end < found.count, found[end] != nil { end += 1 }
    defer { taken = end }
    return (UInt32(taken)..<UInt32(end)).map { $0 }
  }

  /// The rows that were not taken and have an answer, where order matters.
  fileprivate var waiting: [Int] { (taken..<found.count).filter { found[$0] != nil } }
}

/// Rows that wait for their answers, in the order in which they came, and the watermarks between
/// them.
///
/// Rows leave in their order, as soon as all in front of them have their answers, or as their own
/// come; but never in front of a watermark that they came behind, nor behind one that they came in
/// front of.
struct AskedQueue {
  /// Rows between two watermarks.
  private struct Section {
    /// nil: all its rows were taken.
    var pieces: [AskedRows?] = []
    /// Pieces in front of it are gone; only where order matters.
    var head = 0
    /// Pieces that have rows that were not taken.
    var left = 0
    var ready: [AskedRows] = []
    /// The watermark behind its rows.
    var end: Timestamp?
  }

  let isOrdered: Bool
  private var sections = [Section()]
  /// The number of the first section.
  private var first = 0
  private(set) var count = 0
  private var rowBytes = 0
  private var answerBytes = AnswerBytes()
  /// The last watermark in front of which nothing waits.
  private(set) var watermark = Timestamp.beginning

  init(isOrdered: Bool) { self.isOrdered = isOrdered }

  /// Of the texts of all batches of which rows wait, and of the answers that they have.
  var textBytes: Int { rowBytes + answerBytes.count }

  /// `rows` has no selection.
  mutating func add(_ rows: Batch) -> AskedRows {
    let last = sections.count - 1
    let piece = AskedRows(rows, section: first + last, place: sections[last].pieces.count)
    sections[last].pieces.append(piece)
    sections[last].left += 1
    count += rows.rowCount
    rowBytes += piece.bytes
    return piece
  }

  /// A later watermark replaces an earlier one that no rows follow.
  mutating func add(_ time: Timestamp) {
    let last = sections.count - 1
    if sections[last].left > 0 {
      sections[last].end = time
      sections.append(Section())
    } else if last == 0 {
      watermark = max(watermark, time)
    } else {
      sections[last - 1].end = time
    }
  }

  /// The answer of a row that has none yet.
  mutating func answer(_ piece: AskedRows, _ row: Int, _ found: FoundRow) {
    guard piece.found[row] == nil else { return }
    piece.found[row] = found
    piece.open -= 1
    answerBytes.take(found)
    guard !isOrdered, sections.indices.contains(piece.section - first) else { return }
    if piece.ready.isEmpty { sections[piece.section - first].ready.append(piece) }
    piece.ready.append(UInt32(truncatingIfNeeded: row))
  }

  /// Whether `take` would give some.
  var hasReady: Bool {
    guard isOrdered else { return !sections[0].ready.isEmpty }
    guard sections[0].head < sections[0].pieces.count,
      let piece = sections[0].pieces[sections[0].head]
    else { return false }
    return piece.found[piece.taken] != nil
  }

  /// The next rows of one batch that may leave, ascending; nil if there are none. Whoever has put
  /// them out says so by `release`.
  mutating func take() -> (piece: AskedRows, rows: [UInt32])? {
    let piece: AskedRows
    let rows: [UInt32]
    if isOrdered {
      let head = sections[0].head
      guard hasReady, let next = sections[0].pieces[head] else { return nil }
      piece = next
      rows = piece.takePrefix()
    } else {
      guard hasReady else { return nil }
      piece = sections[0].ready.removeFirst()
      rows = piece.ready.sorted()
      piece.ready = []
    }
    count -= rows.count
    if piece.isTaken(inOrder: isOrdered) {
      if isOrdered { sections[0].head += 1 }
      sections[0].pieces[piece.place] = nil
      sections[0].left -= 1
      dropPieces()
    }
    passWatermarks()
    return (piece, rows)
  }

  /// Rows that were taken have left, and need their answers no more.
  mutating func release(_ piece: AskedRows, _ rows: some Sequence<UInt32>) {
    for row in rows {
      answerBytes.letGo(piece.found[Int(row)])
      piece.found[Int(row)] = .missing
      piece.left -= 1
    }
    if piece.left == 0 { rowBytes -= piece.bytes }
  }

  /// Places of pieces that are gone, in bulk: each is moved a bounded number of times.
  private mutating func dropPieces() {
    if isOrdered {
      guard sections[0].head * 2 >= sections[0].pieces.count else { return }
      sections[0].pieces.removeFirst(sections[0].head)
      sections[0].head = 0
    } else {
      guard sections[0].left * 2 <= sections[0].pieces.count else { return }
      sections[0].pieces.removeAll { $0 == nil }
    }
    for (place, piece) in sections[0].pieces.enumerated() { piece?.place = place }
  }

  private mutating func passWatermarks() {
    while sections[0].left == 0, let end = sections[0].end {
      watermark = max(watermark, end)
      sections.removeFirst()
      first += 1
    }
  }

  /// Leaves the watermarks, behind which nothing waits then.
  mutating func removeRows() {
    for section in sections { if let end = section.end { watermark = max(watermark, end) } }
    first += sections.count
    sections = [Section()]
    (count, rowBytes, answerBytes) = (0, 0, AnswerBytes())
  }

  /// Rows that have their answers and were not taken.
  var answered: [AnswerJournal.Given] {
    sections.flatMap { section in
      section.pieces[section.head...].compactMap(\.self).flatMap { piece in
        let rows = isOrdered ? piece.waiting : piece.ready.map { Int($0) }
        return rows.compactMap { row in
          piece.found[row].map { AnswerJournal.Given(piece: piece, row: row, found: $0) }
        }
      }
    }
  }

  /// All rows that have not left, in order.
  var batches: [Batch] {
    sections.flatMap { section in
      section.pieces[section.head...].compactMap { piece in
        guard let piece else { return nil }
        if isOrdered { return piece.rows.rows(from: piece.taken) }
        let ready = Set(piece.ready)
        let left = (0..<UInt32(piece.rows.rowCount)).filter {
          piece.found[Int($0)] == nil || ready.contains($0)
        }
        if left.isEmpty { return nil }
        return left.count == piece.rows.rowCount ? piece.rows : piece.rows.gathered(rows: left)
      }
    }
  }
}

extension Batch {
  /// Those from a row on; it has no selection.
  fileprivate func rows(from first: Int) -> Batch {
    first == 0 ? self : gathered(rows: (UInt32(first)..<UInt32(rowCount)).map { $0 })
  }
}
