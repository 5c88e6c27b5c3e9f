import Columns

/// What a key was answered with.
enum FoundRow {
  /// The table has no row of the key.
  case missing
  /// That row of that batch.
  case row(AnswerBatch, Int)
  case fallback
  /// The server answered, but the row under the key cannot be read. No fallback is in its place.
  case unreadable(String)
  /// There was no answer.
  case failed(LookupFailure)

  var isFailure: Bool {
    switch self {
    case .unreadable, .failed: true
    case .missing, .row, .fallback: false
    }
  }

  /// The rows among which it is.
  var batch: AnswerBatch? { if case .row(let batch, _) = self { batch } else { nil } }
}

/// Rows of one answer, or rows of several that were gathered. Used by one operator.
final class AnswerBatch {
  let rows: Batch
  /// Of the texts of all rows.
  let textBytes: Int
  private let texts: [Column]
  /// Rows of the input that wait with an answer of it.
  fileprivate var waiting = 0

  init(_ rows: Batch) {
    self.rows = rows
    texts = rows.columns.filter(\.type.isText)
    textBytes = texts.reduce(0) { $0 + $1.ownTextBytes }
  }

  /// Of one row.
  func textBytes(_ row: Int) -> Int { texts.reduce(0) { $0 + $1.textBytes(row) } }
}

/// Counts the bytes of answers that rows wait with: of a batch once, however many these are.
struct AnswerBytes {
  private(set) var count = 0

  mutating func take(_ found: FoundRow) {
    guard let batch = found.batch else { return }
    if batch.waiting == 0 { count += batch.textBytes }
    batch.waiting += 1
  }

  mutating func letGo(_ found: FoundRow?) {
    guard let batch = found?.batch else { return }
    batch.waiting -= 1
    if batch.waiting == 0 { count -= batch.textBytes }
  }
}
