package import Columns
package import Schemas

/// The newest version of each key of a table, as of the time that its rows have come to.
///
/// Versions and the rows that look them up come in the order of their times, so that of each key
/// one version is enough. Of latest rows the newest is the last that came, whatever the times are.
/// Not thread-safe; snapshots are immutable copies that share its pages.
package final class VersionStore {
  package static let stateName = "versions"

  /// Where columns stand in batches.
  package struct Places {
    package let keys: [Int]
    package let version: Int
    package let deleted: Int
    package let values: [Int]

    package init(keys: [Int], version: Int, deleted: Int, values: [Int]) {
      self.keys = keys
      self.version = version
      self.deleted = deleted
      self.values = values
    }
  }

  /// What rows have found.
  package struct Found {
    /// The rows of the batch that looked something up, ascending.
    package internal(set) var rows: [UInt32] = []
    /// The values of each of them: nulls where there is no version.
    package internal(set) var columns: [Column] = []
    /// Places in `rows`, ascending.
    package internal(set) var missing: [UInt32] = []
  }

  private let table: String
  private let values: [Field]
  private let places: Places
  private let kept: KeptRows
  private let isLatest: Bool

  /// `values` are nullable. `isLatest`: rows come and are looked up by `take` and `look`.
  package init(
    table: String, keys: [Field], values: [Field], places: Places, expiry: Int64?,
    isLatest: Bool = false
  ) {
    self.table = table
    self.isLatest = isLatest
    self.values = values
    self.places = places
    kept = KeptRows(
      keys: keys,
      values: values.map { KeptRows.Value(field: $0, first: Column($0.type, nulls: 1)) },
      time: "$version", expiry: expiry)
  }

  /// Keys that have a version.
  package var count: Int { kept.count }

  /// How many rows of a batch may come at a time, so that what they find makes no overlong column:
  /// they may find what is there, and what comes with them. O(rows).
  package func rowLimit(of batch: Batch) -> Int {
    var longest = 1
    let isVersion = batch.columns[places.version]
    for (place, value) in zip(places.values, values) where value.type.isText {
      let column = batch.columns[place]
      for row in 0..<batch.rowCount where isVersion.isValid(row) && column.isValid(row) {
        longest = max(longest, column.text(row).count)
      }
    }
    return max(1, min(kept.rowLimit, TextLimit.batchBytes / longest))
  }

  /// How many rows may be looked up at a time, so that what they find makes no overlong column.
  package var rowLimit: Int { kept.rowLimit }

  /// Takes rows of the table in, each in the place of what there is of its key. The batch has no
  /// selection. O(rows).
  package func take(_ batch: Batch) {
    guard batch.rowCount > 0 else { return }
    let inputs = Inputs(batch, places)
    defer { withExtendedLifetime(inputs) {} }
    let found = find(inputs, batch.rowCount)
    take((0..<UInt32(truncatingIfNeeded: batch.rowCount)).map(\.self), found, inputs)
    // Where time stands still nothing else makes room.
    kept.expire(.beginning)
  }

  /// What there is of the keys of rows, which stand in these columns. The batch has no selection,
  /// and event times where rows of the table expire. O(rows).
  package func look(_ batch: Batch, keys: [Int]) -> Found {
    let columns = keys.map { batch.columns[$0] }
    let found = kept.keys.lookUp(columns, rowCount: batch.rowCount)
    let rows = (0..<UInt32(truncatingIfNeeded: batch.rowCount)).map(\.self)
    return look(rows, found, batch.hidden.eventTimes?.ints)
  }

  /// Takes the versions of a batch in, and looks up for its other rows what is the newest before
  /// them. The batch has event times and no selection. O(rows).
  package func absorb(_ batch: Batch) -> Found {
    guard batch.rowCount > 0, let times = batch.hidden.eventTimes?.ints else { return Found() }
    let inputs = Inputs(batch, places)
    defer { withExtendedLifetime(inputs) {} }
    let found = find(inputs, batch.rowCount)
    let steps = VersionSteps(found, count: batch.rowCount, turns: &kept.turns) {
      inputs.isVersion($0)
    }
    var parts: [Found] = []
    for step in steps.steps {
      take(step.versions, found, inputs)
      if step.lookups.isEmpty { continue }
      parts.append(look(step.lookups, found, times))
    }
    return joined(parts)
  }

  /// The number of each row's key; one that is looked up in vain gets none, nor one with a null.
  private func find(_ inputs: Inputs, _ count: Int) -> UnsafeMutablePointer<UInt32> {
    let all = (0..<UInt32(truncatingIfNeeded: count))
    let versions = all.filter { inputs.isVersion(Int($0)) && inputs.hasKey(Int($0)) }
    if !versions.isEmpty {
      let columns = inputs.keys.map { $0.gathered(rows: versions) }
      _ = kept.keys.find(columns, rowCount: versions.count)
      kept.grow()
    }
    return kept.keys.lookUp(inputs.keys, rowCount: count)
  }

  /// A version that came late may be older than the one that is there.
  private func take(_ rows: [UInt32], _ found: UnsafePointer<UInt32>, _ inputs: Inputs) {
    var taken: (keys: [UInt32], rows: [UInt32]) = ([], [])
    var deleted: [UInt32] = []
    for row in rows where found[Int(row)] != GroupTable.missing {
      let (key, version) = (found[Int(row)], inputs.versions[Int(row)])
      if !isLatest, kept.keys.isKept(key), kept.time(of: key) > version { continue }
      if inputs.isDeletion(Int(row)) {
        kept.keys.release(key)
        deleted.append(key)
        continue
      }
      kept.own(found + Int(row), 1)
      kept.keep(key, at: version)
      taken.keys.append(key)
      taken.rows.append(row)
    }
    taken.keys.withUnsafeBufferPointer { keys in
      taken.rows.withUnsafeBufferPointer { rows in
        guard let keyList = keys.baseAddress, let rowList = rows.baseAddress else { return }
        for (column, input) in zip(kept.columns, inputs.values) {
          column.set(keyList, rowList, keys.count, input)
        }
      }
    }
    for key in deleted where !kept.keys.isKept(key) { kept.forget(key) }
  }

  private func look(
    _ rows: [UInt32], _ found: UnsafePointer<UInt32>, _ times: UnsafePointer<Int64>?
  ) -> Found {
    let numbers = rows.map { found[Int($0)] }
    var result = Found(rows: rows)
    var expired: [UInt32] = []
    for (place, row) in rows.enumerated() {
      let key = numbers[place]
      var isThere = key != GroupTable.missing && kept.keys.isKept(key)
      if isThere, let times, kept.isOver(key, at: times[Int(row)]) {
        isThere = false
        // Of latest rows one that comes later may be older, and find it still.
        if !isLatest { expired.append(key) }
      }
      if !isThere { result.missing.append(UInt32(truncatingIfNeeded: place)) }
    }
    result.columns =
      result.missing.isEmpty
      ? kept.columns.columns(numbers) : values(of: numbers, without: result.missing)
    for key in expired { kept.forget(key) }
    return result
  }

  /// The values of keys, and nulls at these places, which are ascending.
  private func values(of numbers: [UInt32], without missing: [UInt32]) -> [Column] {
    guard missing.count < numbers.count else {
      return values.map { Column($0.type, nulls: numbers.count) }
    }
    var alive: [UInt32] = []
    var order: [UInt32] = []
    var next = missing[...]
    let null = UInt32(truncatingIfNeeded: numbers.count - missing.count)
    for (place, number) in numbers.enumerated() {
      if next.first == UInt32(truncatingIfNeeded: place) {
        next = next.dropFirst()
        order.append(null)
      } else {
        order.append(UInt32(truncatingIfNeeded: alive.count))
        alive.append(number)
      }
    }
    let schema = Schema(values)
    let parts = [
      Batch(schema: schema, columns: kept.columns.columns(alive), rowCount: alive.count),
      Batch(schema: schema, columns: values.map { Column($0.type, nulls: 1) }, rowCount: 1),
    ]
    return Batch.concatenated(parts).gathered(rows: order).columns
  }

  /// What the steps have found, in the order of the rows.
  private func joined(_ parts: [Found]) -> Found {
    guard parts.count > 1 else { return parts.first ?? Found() }
    let schema = Schema(values)
    let all = Batch.concatenated(
      parts.map { Batch(schema: schema, columns: $0.columns, rowCount: $0.rows.count) })
    let rows = parts.flatMap(\.rows)
    var isMissing = Array(repeating: false, count: rows.count)
    var start = 0
    for part in parts {
      for place in part.missing { isMissing[start + Int(place)] = true }
      start += part.rows.count
    }
    let order = (0..<UInt32(truncatingIfNeeded: rows.count)).sorted {
      rows[Int($0)] < rows[Int($1)]
    }
    return Found(
      rows: order.map { rows[Int($0)] }, columns: all.gathered(rows: order).columns,
      missing: order.indices.filter { isMissing[Int(order[$0])] }
        .map { UInt32(truncatingIfNeeded: $0) })
  }

  /// Forgets versions that no row on time can find any more.
  /// Amortised O(keys × log keys).
  package func expire(_ watermark: Timestamp) { kept.expire(watermark) }

  package var declaration: StateDeclaration {
    StateDeclaration(
      name: Self.stateName, kind: .keyed, schema: kept.schema,
      keyColumns: kept.keys.fields.count,
      parameters: "\(isLatest ? "latest rows" : "versions") of \(table)")
  }

  /// All that is kept, or what has changed since the last snapshot. O(changes + pages).
  package func snapshot(full: Bool) -> any StateSnapshot {
    kept.snapshot(declaration, full: full)
  }

  /// Takes over the rows of a block of the state. O(rows).
  package func restore(_ block: Batch) { kept.restore(block) }
}

/// The columns of a batch that versions are made of.
private final class Inputs {
  let keys: [Column]
  let values: [Column]
  let versions: UnsafePointer<Int64>
  private let column: Column
  private let deleted: Column

  init(_ batch: Batch, _ places: VersionStore.Places) {
    keys = places.keys.map { batch.columns[$0] }
    values = places.values.map { batch.columns[$0].withFixedValues() }
    column = batch.columns[places.version].withFixedValues()
    versions = UnsafePointer(column.ints)
    deleted = batch.columns[places.deleted].withFixedValues()
  }

  func isVersion(_ row: Int) -> Bool { column.isValid(row) }

  func hasKey(_ row: Int) -> Bool { keys.allSatisfy { $0.isValid(row) } }

  func isDeletion(_ row: Int) -> Bool { deleted.isValid(row) && deleted.bools[row] != 0 }
}
