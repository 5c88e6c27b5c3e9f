import Columns

/// Which rows changes become, before these are read.
struct ChangePlan {
  enum Place {
    /// The number of a whole row, or of one of which the key alone is read.
    case whole(Int), named(Int)
    case nothing
  }

  struct Entry {
    var record: Int
    var kind: RowKind
    var place: Place
  }

  private(set) var entries: [Entry] = []
  /// `name` is what the envelope calls the row.
  private(set) var whole: [(entry: Int, name: String, bytes: [UInt8])] = []
  private(set) var named: [(entry: Int, before: [UInt8]?)] = []
  /// Why an entry fails.
  private(set) var reasons: [Int: String] = [:]

  mutating func pass(_ record: Int) {
    entries.append(Entry(record: record, kind: .insert, place: .nothing))
  }

  mutating func fail(_ record: Int, _ reason: String) {
    reasons[entries.count] = reason
    pass(record)
  }

  /// A change that says what the row was.
  mutating func add(_ change: ChangeEnvelope, _ record: Int) {
    let missing = "has no `before`; give the source a `key:`, or have the table write it"
    switch (change.operation, change.before, change.after) {
    case ("c", _, let after?), ("r", _, let after?): addWhole(record, .insert, "after", after)
    case ("u", let before?, let after?):
      addWhole(record, .updateBefore, "before", before)
      addWhole(record, .updateAfter, "after", after)
    case ("d", let before?, _): addWhole(record, .delete, "before", before)
    case ("u", nil, .some), ("d", nil, _):
      fail(record, "`op: \(change.operation)` \(missing) (`REPLICA IDENTITY FULL`)")
    default: fail(record, Self.problem(change))
    }
  }

  /// A change of a row that is known by its key.
  mutating func addNewest(_ change: ChangeEnvelope, _ record: Int) {
    switch (change.operation, change.after) {
    case ("c", let after?), ("r", let after?), ("u", let after?):
      addWhole(record, .insert, "after", after)
    case ("d", _):
      named.append((entries.count, change.before))
      entries.append(Entry(record: record, kind: .delete, place: .named(named.count - 1)))
    default: fail(record, Self.problem(change))
    }
  }

  private mutating func addWhole(
    _ record: Int, _ kind: RowKind, _ name: String, _ bytes: [UInt8]
  ) {
    whole.append((entries.count, name, bytes))
    entries.append(Entry(record: record, kind: kind, place: .whole(whole.count - 1)))
  }

  private static func problem(_ change: ChangeEnvelope) -> String {
    switch change.operation {
    case "c", "r", "u": "`op: \(change.operation)` has no `after`"
    case "t": "its table was truncated (`op: t`), which says not which rows are gone"
    default: "`op: \(change.operation)` is none of c, r, u and d"
    }
  }

  /// The whole rows as records, with what those have besides their values.
  func wholeRows(_ records: RecordBatch) -> RecordBatch {
    let made = RecordBatch(
      partition: records.partition, capacity: max(whole.count, 1),
      byteCapacity: whole.reduce(64) { $0 + $1.bytes.count })
    for row in whole {
      let record = entries[row.entry].record
      row.bytes.withUnsafeBytes { bytes in
        made.append(
          value: bytes, key: raw(records, records.keys[record]),
          headers: raw(records, records.headers[record]),
          timestamp: records.timestamps[record], offset: records.offsets[record])
      }
    }
    return made
  }

  private func raw(_ records: RecordBatch, _ span: RecordBatch.Span) -> UnsafeRawBufferPointer? {
    records.bytes(span).map { UnsafeRawBufferPointer($0) }
  }
}
