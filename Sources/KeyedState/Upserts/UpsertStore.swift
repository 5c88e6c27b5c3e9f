package import Columns
package import Schemas

/// The newest row of each key, and what becomes of it with each further one.
///
/// Rows of a key are taken one by one in the order in which they come, so that what is told does
/// not hang on which of them come together. Not thread-safe; snapshots are immutable copies that
/// share its pages.
package final class UpsertStore {
  package static let stateName = "rows"

  private let schema: Schema
  private let keyPlaces: [Int]
  private let valuePlaces: [Int]
  private let tellsTimes: Bool
  private let kept: KeptRows

  /// `keys` are the places of the key's columns. `tellsTimes`: a row that differs in nothing but
  /// its event time is an update too.
  package init(schema: Schema, keys: [Int], tellsTimes: Bool) {
    self.schema = schema
    self.tellsTimes = tellsTimes
    keyPlaces = keys
    valuePlaces = schema.fields.indices.filter { !keys.contains($0) }
    kept = KeptRows(
      keys: keys.map { schema[$0] },
      values: valuePlaces.map {
        KeptRows.Value(field: schema[$0], first: .blank(schema[$0], 1))
      },
      time: "$time", expiry: nil)
  }

  /// Keys that have a row.
  package var count: Int { kept.count }

  /// Takes rows in; those that take back delete the row of their key, of which they have the key
  /// alone. Gives the changes, in batches of at most so many rows. O(rows).
  package func absorb(_ batch: Batch, rowLimit: Int = Batch.rowLimit) -> [Batch] {
    let rows = batch.gathered()
    let size = partSize(of: rows)
    var changes: [Batch] = []
    for start in stride(from: 0, to: rows.rowCount, by: size) {
      let end = min(start + size, rows.rowCount)
      let isAll = start == 0 && end == rows.rowCount
      let numbers = (start..<end).map { UInt32(truncatingIfNeeded: $0) }
      changes += take(isAll ? rows : rows.gathered(rows: numbers), rowLimit: rowLimit)
    }
    // Forgets numbers of keys that are gone.
    kept.expire(.beginning)
    return changes
  }

  /// How many rows may be taken at a time, so that they and what is kept of their keys make no
  /// overlong column.
  private func partSize(of rows: Batch) -> Int {
    var longest = 1
    for column in rows.columns where column.type.isText {
      for row in 0..<rows.rowCount where column.isValid(row) {
        longest = max(longest, column.text(row).count)
      }
    }
    return max(1, min(kept.rowLimit, TextLimit.batchBytes / longest))
  }

  private func take(_ rows: Batch, rowLimit: Int) -> [Batch] {
    let count = rows.rowCount
    guard count > 0 else { return [] }
    let numbers = kept.keys.find(keyPlaces.map { rows.columns[$0] }, rowCount: count)
    kept.grow()
    // A copy: what is found is valid until the next call.
    let keys = Array(UnsafeBufferPointer(start: numbers, count: count))
    let steps = UpsertSteps(
      rows, keys, stored: stored(distinct(keys)), comparesTimes: tellsTimes)
    set(steps.newest, rows)
    return told(steps, keys, rowLimit: rowLimit)
  }

  /// Each key once, in the order in which they come.
  private func distinct(_ keys: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    for key in keys where kept.turns[Int(key)] == 0 {
      kept.turns[Int(key)] = 1
      result.append(key)
    }
    for key in result { kept.turns[Int(key)] = 0 }
    return result
  }

  /// The rows that are kept of these keys.
  private func stored(_ keys: [UInt32]) -> (keys: [UInt32], rows: Batch)? {
    let known = keys.filter { kept.keys.isKept($0) }
    guard !known.isEmpty else { return nil }
    let (names, values) = (kept.keyColumns(known), kept.columns.columns(known))
    let columns = schema.fields.indices.map { place in
      if let key = keyPlaces.firstIndex(of: place) { return names[key] }
      return values[valuePlaces.firstIndex(of: place) ?? 0]
    }
    let rows = Batch(schema: schema, columns: columns, rowCount: known.count)
    let times = Column(fixed: .timestamp, rowCount: known.count)
    for (row, key) in known.enumerated() { times.ints[row] = kept.time(of: key) }
    rows.hidden.eventTimes = times
    return (known, rows)
  }

  /// Keeps the newest rows; of keys without one nothing.
  private func set(_ newest: [UpsertSteps.Newest], _ rows: Batch) {
    let times = rows.hidden.eventTimes?.ints
    var (keys, numbers): ([UInt32], [UInt32]) = ([], [])
    for entry in newest {
      guard let row = entry.row else {
        kept.forget(entry.key)
        continue
      }
      keys.append(entry.key)
      numbers.append(row)
    }
    keys.withUnsafeBufferPointer { keys in
      numbers.withUnsafeBufferPointer { rowNumbers in
        guard let a = keys.baseAddress, let b = rowNumbers.baseAddress else { return }
        for (column, place) in zip(kept.columns, valuePlaces) {
          column.set(a, b, keys.count, rows.columns[place].withFixedValues())
        }
        kept.own(a, keys.count)
        for i in 0..<keys.count { kept.keep(a[i], at: times?[Int(b[i])] ?? 0) }
      }
    }
  }

  private func told(_ steps: UpsertSteps, _ keys: [UInt32], rowLimit: Int) -> [Batch] {
    var batches: [Batch] = []
    for part in steps.changes.chunks(rowLimit) {
      let batch = steps.all.gathered(rows: part.map(\.row))
      batch.hidden.rowKinds = .kinds(part.map(\.kind))
      let lanes = Column(fixed: .int, rowCount: part.count)
      for (row, change) in part.enumerated() { lanes.ints[row] = kept.lane(of: change.key) }
      batch.hidden.lanes = lanes
      if !steps.hasTimes { batch.hidden.eventTimes = nil }
      batches.append(batch)
    }
    return batches
  }

  package var declaration: StateDeclaration {
    StateDeclaration(
      name: Self.stateName, kind: .keyed, schema: kept.schema, keyColumns: keyPlaces.count,
      parameters: "newest rows")
  }

  /// All that is kept, or what has changed since the last snapshot. O(changes + pages).
  package func snapshot(full: Bool) -> any StateSnapshot {
    kept.snapshot(declaration, full: full)
  }

  /// Takes over the rows of a block of the state. O(rows).
  package func restore(_ block: Batch) { kept.restore(block) }
}

extension KeptRows {
  /// The keys' own columns.
  fileprivate func keyColumns(_ numbers: [UInt32]) -> [Column] {
    keys.codec.columns(numbers.count) { keys.table.key(numbers[$0]) }
  }

  /// Where a row of the key stands among rows of its time, whatever record it came from.
  fileprivate func lane(of key: UInt32) -> Int64 {
    Int64(truncatingIfNeeded: keys.table.hash(key) >> 1)
  }
}
