package import Columns
import Schemas

/// Matches on their way out: which rows they have, and what comes out of these.
struct FoundMatches {
  /// Rows of matches that are looked at in one piece of work.
  private static let pieceRows = 1 << 17

  private let schema: Schema
  private let keyCount: Int
  private let values: MatchValues
  private let rowLimit: Int
  private var paths = MatchPaths()
  /// By match: why it is none after all.
  private var reasons: [Int: String] = [:]
  /// By match: when its time was over; nil: its time is that of its last row.
  private var ends: [Int64?] = []

  /// Fails with an aggregate that this build cannot compute.
  init(
    _ schema: Schema, keys: [Field], _ measures: [MatchMeasure], rowLimit: Int
  ) throws(UnknownAggregate) {
    self.schema = schema
    keyCount = keys.count
    self.rowLimit = rowLimit
    values = try MatchValues(measures, keys: keys)
  }

  /// Whether they make a batch.
  var isFull: Bool { paths.starts.count >= rowLimit || paths.numbers.count >= Self.pieceRows }

  var isEmpty: Bool { paths.starts.isEmpty }

  mutating func add(_ attempt: MatchAttempt, _ path: [MatchAttempt.Taken], end: Int64?) {
    paths.begin()
    ends.append(end)
    for taken in path {
      paths.append(attempt.rows[Int(taken.row)].number, taken.step)
    }
  }

  /// A search that could not go on, from its first row to the one that it stood at.
  mutating func add(_ attempt: MatchAttempt, failed reason: String, end: Int64?) {
    reasons[paths.starts.count] = reason
    paths.begin()
    ends.append(end)
    paths.append(attempt.rows[0].number, MatchPaths.unnamed)
    guard attempt.seen > 1 else { return }
    paths.append(attempt.rows[attempt.seen - 1].number, MatchPaths.unnamed)
  }

  /// A row for each match; there must be one. O(rows of all).
  mutating func take(from shelf: RowShelf) -> MatchResults {
    let rows = shelf.gathered(paths.numbers[...])
    let firsts = paths.starts.map { UInt32(truncatingIfNeeded: $0) }
    let lasts = (paths.starts.dropFirst() + [paths.numbers.count]).map {
      UInt32(truncatingIfNeeded: $0 - 1)
    }
    let begin = rows.gathered(rows: firsts)
    let end = rows.gathered(rows: lasts)
    let (columns, failed) = values.columns(of: rows, paths)
    let bounds = [begin, end].map {
      $0.hidden.eventTimes ?? .repeating(0, .timestamp, firsts.count)
    }
    let batch = Batch(
      schema: schema, columns: Array(begin.columns.prefix(keyCount)) + bounds + columns,
      rowCount: firsts.count)
    batch.hidden = tags(begin, end)
    let results = MatchResults(rows: batch, failed: failed, reasons: reasons)
    paths.removeAll()
    reasons.removeAll()
    ends.removeAll(keepingCapacity: true)
    return results
  }

  /// Those of the last row; of a match that had to wait those of the first, at the end of its time.
  private func tags(_ begin: Batch, _ end: Batch) -> HiddenColumns {
    let waits = ends.contains { $0 != nil }
    var hidden = HiddenColumns()
    hidden.eventTimes = end.hidden.eventTimes
    hidden.lanes = waits ? begin.hidden.lanes : end.hidden.lanes
    hidden.places = waits ? begin.hidden.places : end.hidden.places
    guard waits else { return hidden }
    let times = Column(fixed: .timestamp, rowCount: ends.count)
    for (match, time) in ends.enumerated() { times.ints[match] = time ?? 0 }
    hidden.eventTimes = times
    return hidden
  }
}

/// Matches as rows, and what is wrong with some of them.
package struct MatchResults {
  package let rows: Batch
  /// Values that do not fit their types.
  package let failed: [FailedResult]
  /// By row: why the search that began with its first row could not go on.
  package let reasons: [Int: String]
}
