import Columns
import KeyedState
import Schemas

/// What a key was answered with.
enum FoundRow {
  /// The table has no row of the key.
  case missing
  /// That row of that batch.
  case row(Batch, Int)
  case fallback
  /// The server answered, but the row under the key cannot be read. No fallback is in its place.
  case unreadable(String)
  /// There was no answer.
  case failed(LookupFailure)
}

extension FoundRow {
  /// About how many bytes of text it has: what the rows of its batch have on the average.
  fileprivate var textBytes: Int {
    guard case .row(let rows, _) = self else { return 0 }
    return rows.textBytes / max(rows.rowCount, 1)
  }

  /// Of the texts of its batch.
  var batchBytes: Int { if case .row(let rows, _) = self { rows.textBytes } else { 0 } }
}

/// Rows of one batch that wait for their answers.
final class AskedRows {
  /// Without selection.
  let rows: Batch
  /// The number of its section in the queue.
  fileprivate let section: Int
  fileprivate(set) var found: [FoundRow?]
  /// Rows without an answer.
  fileprivate(set) var open: Int
  /// Rows with an answer that have not left; only where order does not matter.
  fileprivate var ready: [UInt32] = []

  fileprivate init(_ rows: Batch, section: Int) {
    self.rows = rows
    self.section = section
    found = Array(repeating: nil, count: rows.rowCount)
    open = rows.rowCount
  }
}

/// Rows that wait for their answers, in the order in which they came, and the watermarks between
/// them.
///
/// Rows leave in their order, or as their answers come; but never in front of a watermark that they
/// came behind, nor behind one that they came in front of.
struct AskedQueue {
  /// Rows between two watermarks.
  private struct Section {
    var pieces: [AskedRows] = []
    /// Pieces in front of it are gone; only where order matters.
    var head = 0
    /// Pieces that have rows left.
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
  /// Of the texts of all batches of which rows wait, and of the answers that they have.
  private(set) var textBytes = 0
  /// The last watermark in front of which nothing waits.
  private(set) var watermark = Timestamp.beginning

  init(isOrdered: Bool) { self.isOrdered = isOrdered }

  /// `rows` has no selection.
  mutating func add(_ rows: Batch) -> AskedRows {
    let piece = AskedRows(rows, section: first + sections.count - 1)
    sections[sections.count - 1].pieces.append(piece)
    sections[sections.count - 1].left += 1
    count += rows.rowCount
    textBytes += rows.textBytes
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
    textBytes += found.textBytes
    guard !isOrdered, sections.indices.contains(piece.section - first) else { return }
    if piece.ready.isEmpty { sections[piece.section - first].ready.append(piece) }
    piece.ready.append(UInt32(truncatingIfNeeded: row))
  }

  /// Whether `take` would give some.
  var hasReady: Bool {
    guard isOrdered else { return !sections[0].ready.isEmpty }
    let section = sections[0]
    return section.head < section.pieces.count && section.pieces[section.head].open == 0
  }

  /// The next rows of one batch that may leave, ascending; nil if there are none.
  mutating func take() -> (piece: AskedRows, rows: [UInt32])? {
    guard hasReady else { return nil }
    let piece: AskedRows
    let rows: [UInt32]
    if isOrdered {
      piece = sections[0].pieces[sections[0].head]
      rows = (0..<UInt32(piece.rows.rowCount)).map { $0 }
      sections[0].head += 1
    } else {
      piece = sections[0].ready.removeFirst()
      rows = piece.ready.sorted()
      piece.ready = []
    }
    count -= rows.count
    for row in rows { textBytes -= piece.found[Int(row)]?.textBytes ?? 0 }
    if piece.open == 0 {
      textBytes -= piece.rows.textBytes
      sections[0].left -= 1
      dropPieces()
    }
    passWatermarks()
    return (piece, rows)
  }

  /// Pieces that are gone, in bulk: each is moved a bounded number of times.
  private mutating func dropPieces() {
    if isOrdered {
      guard sections[0].head * 2 >= sections[0].pieces.count else { return }
      sections[0].pieces.removeFirst(sections[0].head)
      sections[0].head = 0
    } else if sections[0].left * 2 <= sections[0].pieces.count {
      sections[0].pieces.removeAll { $0.open == 0 && $0.ready.isEmpty }
    }
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
    (count, textBytes) = (0, 0)
  }

  /// All rows that have not left, in order.
  var batches: [Batch] {
    sections.flatMap { section in
      section.pieces[section.head...].compactMap { piece in
        if isOrdered { return piece.rows }
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
