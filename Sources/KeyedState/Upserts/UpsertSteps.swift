import Columns
import Schemas

/// What the rows of a batch do to the rows of their keys, one after the other.
struct UpsertSteps {
  /// A row of `all` that is told.
  struct Change {
    var row: UInt32
    var kind: RowKind
    var key: UInt32
  }

  /// What a key has in the end: a row of the batch, or none.
  struct Newest {
    var key: UInt32
    var row: UInt32?
  }

  /// What was kept, then the rows of the batch.
  let all: Batch
  private(set) var changes: [Change] = []
  /// Of keys that have changed.
  private(set) var newest: [Newest] = []
  let hasTimes: Bool

  /// `keys` are the rows' keys, `stored` the rows of some of these.
  init(
    _ batch: Batch, _ keys: [UInt32], stored: (keys: [UInt32], rows: Batch)?, comparesTimes: Bool
  ) {
    hasTimes = batch.hidden.eventTimes != nil
    let rows = Batch(schema: batch.schema, columns: batch.columns, rowCount: batch.rowCount)
    rows.hidden.eventTimes = batch.hidden.eventTimes
    all = Batch.concatenated([stored?.rows, rows].compactMap(\.self))
    let split = stored?.keys.count ?? 0
    var standing: [UInt32: UInt32] = [:]
    for (row, key) in (stored?.keys ?? []).enumerated() {
      standing[key] = UInt32(truncatingIfNeeded: row)
    }
    let equality = RowEquality(all, from: 0, comparesTimes && hasTimes)
    var touched: [UInt32: Int] = [:]
    for row in 0..<batch.rowCount {
      let (key, place) = (keys[row], UInt32(truncatingIfNeeded: split + row))
      let old = standing[key]
      if batch.takesBack(row) {
        guard let old else { continue }
        standing[key] = nil
        changes.append(Change(row: old, kind: .delete, key: key))
      } else {
        if let old, equality.areEqual(Int(old), Int(place)) { continue }
        standing[key] = place
        if let old { changes.append(Change(row: old, kind: .updateBefore, key: key)) }
        changes.append(Change(row: place, kind: old == nil ? .insert : .updateAfter, key: key))
      }
      let entry = Newest(
        key: key, row: batch.takesBack(row) ? nil : UInt32(truncatingIfNeeded: row))
      if let known = touched[key] {
        newest[known] = entry
      } else {
        touched[key] = newest.count
        newest.append(entry)
      }
    }
  }
}

extension [UpsertSteps.Change] {
  /// Parts of at most so many, of two at least; the halves of a pair stay together.
  func chunks(_ limit: Int) -> [ArraySlice<UpsertSteps.Change>] {
    var parts: [ArraySlice<UpsertSteps.Change>] = []
    var start = 0
    while start < count {
      var end = Swift.min(start + Swift.max(limit, 2), count)
      if end < count, self[end].kind == .updateAfter { end -= 1 }
      parts.append(self[start..<end])
      start = end
    }
    return parts
  }
}
