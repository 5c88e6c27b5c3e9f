package import Columns
package import Schemas

/// The newest version of each key of a table, as of the time that its rows have come to.
///
/// Versions and the rows that look them up come in the order of their times, so that of each key
/// one version is enough. Not thread-safe; snapshots are immutable copies that share its pages.
package final class VersionStore {
  package static let stateName = "versions"
  private static let versionName = "$version"

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
    package fileprivate(set) var rows: [UInt32] = []
    /// The values of each of them: nulls where there is no version.
    package fileprivate(set) var columns: [Column] = []
    /// Places in `rows`, ascending.
    package fileprivate(set) var missing: [UInt32] = []
  }

  private let table: String
  private let fields: [Field]
  private let values: [Field]
  private let places: Places
  /// Microseconds; nil: a version counts until the next one.
  private let expiry: Int64?
  private let keys: KeptKeys
  private var columns: [KeptColumn]
  /// Since when the version of each key counts.
  private var versions = Cells<Int64>(0)
  private var deadlines = Heap<KeptDeadline>()
  /// A zero for each key.
  private var turns: [UInt32] = []

  /// `values` are nullable.
  package init(
    table: String, keys: [Field], values: [Field], places: Places, expiry: Int64?
  ) {
    self.table = table
    fields = keys
    self.values = values
    self.places = places
    self.expiry = expiry
    self.keys = KeptKeys(keys)
    columns = Self.columns(values)
  }

  private static func columns(_ values: [Field]) -> [KeptColumn] {
    values.map { KeptColumn($0, first: Column($0.type, nulls: 1)) }
  }

  /// Keys that have a version.
  package var count: Int { keys.keptCount }

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
    return max(1, min(columns.rowLimit, TextLimit.batchBytes / longest))
  }

  /// Takes the versions of a batch in, and looks up for its other rows what is the newest before
  /// them. The batch has event times and no selection. O(rows).
  package func absorb(_ batch: Batch) -> Found {
    guard batch.rowCount > 0, let times = batch.hidden.eventTimes?.ints else { return Found() }
    let inputs = Inputs(batch, places)
    defer { withExtendedLifetime(inputs) {} }
    let found = find(inputs, batch.rowCount)
    let steps = VersionSteps(found, count: batch.rowCount, turns: &turns) { inputs.isVersion($0) }
    var parts: [Found] = []
    for step in steps.steps {
      take(step.versions, found, inputs)
      if step.lookups.isEmpty { continue }
      parts.append(look(step.lookups, found, times))
    }
    return joined(parts)
  }

  /// The number of each row's key; a key that is looked up in vain gets none.
  private func find(_ inputs: Inputs, _ count: Int) -> UnsafeMutablePointer<UInt32> {
    let all = (0..<UInt32(truncatingIfNeeded: count))
    let versions = all.filter { inputs.isVersion(Int($0)) }
    if !versions.isEmpty {
      _ = keys.find(inputs.keys.map { $0.gathered(rows: versions) }, rowCount: versions.count)
      grow()
    }
    return keys.lookUp(inputs.keys, rowCount: count)
  }

  private func grow() {
    versions.grow(to: keys.count)
    for column in columns { column.grow(to: keys.count) }
    if turns.count < keys.count {
      turns += Array(repeating: 0, count: max(keys.count, 2 * turns.count) - turns.count)
    }
  }

  /// A version that came late may be older than the one that is there.
  private func take(_ rows: [UInt32], _ found: UnsafePointer<UInt32>, _ inputs: Inputs) {
    var taken: (keys: [UInt32], rows: [UInt32]) = ([], [])
    var deleted: [UInt32] = []
    for row in rows where found[Int(row)] != GroupTable.missing {
      let (key, version) = (found[Int(row)], inputs.versions[Int(row)])
      if keys.isKept(key), versions[key] > version { continue }
      if inputs.isDeletion(Int(row)) {
        keys.release(key)
        deleted.append(key)
        continue
      }
      versions.set(key, version)
      keys.keep(key)
      watch(key)
      taken.keys.append(key)
      taken.rows.append(row)
    }
    taken.keys.withUnsafeBufferPointer { keys in
      taken.rows.withUnsafeBufferPointer { rows in
        guard let keyList = keys.baseAddress, let rowList = rows.baseAddress else { return }
        for (column, input) in zip(columns, inputs.values) {
          column.set(keyList, rowList, keys.count, input)
        }
      }
    }
    for key in deleted where !keys.isKept(key) { forget(key) }
  }

  private func look(
    _ rows: [UInt32], _ found: UnsafePointer<UInt32>, _ times: UnsafePointer<Int64>
  ) -> Found {
    let numbers = rows.map { found[Int($0)] }
    var result = Found(rows: rows)
    var expired: [UInt32] = []
    for (place, row) in rows.enumerated() {
      let key = numbers[place]
      var isThere = key != GroupTable.missing && keys.isKept(key)
      if isThere, let expiry, times[Int(row)] > KeptDeadline.time(versions[key], expiry) {
        isThere = false
        expired.append(key)
      }
      if !isThere { result.missing.append(UInt32(truncatingIfNeeded: place)) }
    }
    result.columns =
      result.missing.isEmpty
      ? columns.columns(numbers) : values(of: numbers, without: result.missing)
    for key in expired { forget(key) }
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
      Batch(schema: schema, columns: columns.columns(alive), rowCount: alive.count),
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

  private func watch(_ key: UInt32) {
    guard let expiry, keys.watch(key) else { return }
    deadlines.add(KeptDeadline(time: KeptDeadline.time(versions[key], expiry), key: key))
  }

  private func forget(_ key: UInt32) {
    keys.release(key)
    for column in columns { column.reset(key) }
  }

  /// Forgets versions that no row on time can find any more.
  /// Amortised O(keys × log keys).
  package func expire(_ watermark: Timestamp) {
    if let expiry {
      while let due = deadlines.first, due.time < watermark.microseconds {
        deadlines.removeFirst()
        keys.unwatch(due.key)
        guard keys.isKept(due.key) else { continue }
        if KeptDeadline.time(versions[due.key], expiry) < watermark.microseconds {
          forget(due.key)
        } else {
          watch(due.key)
        }
      }
    }
    if keys.isSparse { renumber() }
  }

  /// Moves what is kept to new columns. O(that).
  private func renumber() {
    let kept = keys.renumber()
    let old = (columns, versions)
    columns = Self.columns(values)
    versions = Cells(0)
    versions.grow(to: kept.count)
    for (column, before) in zip(columns, old.0) { column.move(kept, of: before) }
    deadlines = Heap()
    for (number, key) in kept.enumerated() {
      let number = UInt32(truncatingIfNeeded: number)
      versions[number] = old.1[key]
      watch(number)
    }
  }
}

extension VersionStore {
  package var declaration: StateDeclaration {
    StateDeclaration(
      name: Self.stateName, kind: .keyed,
      schema: Schema(fields + values + [Field(Self.versionName, .timestamp)]),
      keyColumns: fields.count, parameters: "versions of \(table)")
  }

  /// All that is kept, or what has changed since the last snapshot. O(changes + pages).
  package func snapshot(full: Bool) -> any StateSnapshot {
    KeptSnapshot(
      declaration, keys, full: full,
      values: TimedValues(columns, times: versions, keysOfBlock: columns.rowLimit))
  }

  /// Takes over the rows of a block of the state: each is the newest that is known of its key.
  /// O(rows).
  package func restore(_ block: Batch) {
    let batch = block.gathered()
    guard batch.rowCount > 0 else { return }
    let found = keys.find(Array(batch.columns[..<fields.count]), rowCount: batch.rowCount)
    grow()
    let times = batch.columns[fields.count + values.count].ints
    let held = batch.columns[fields.count..<fields.count + values.count]
      .map { $0.withFixedValues() }
    let kinds = batch.hidden.rowKinds?.ints
    for row in 0..<batch.rowCount {
      let key = found[row]
      if kinds.map({ $0[row] == RowKind.delete.rawValue }) ?? false {
        forget(key)
        continue
      }
      var number = UInt32(truncatingIfNeeded: row)
      for (column, value) in zip(columns, held) { column.set(found + row, &number, 1, value) }
      versions.set(key, times[row])
      keys.keep(key)
      watch(key)
    }
  }
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

  func isDeletion(_ row: Int) -> Bool { deleted.isValid(row) && deleted.bools[row] != 0 }
}
