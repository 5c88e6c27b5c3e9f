package import Columns
package import Schemas

/// Rows found by key: a table as all workers share it, immutable from the moment it was made.
///
/// Text columns of at most 65,536 distinct values are kept as a dictionary, so that enriched rows
/// carry codes instead of copies.
package final class ReplicatedTable: @unchecked Sendable {
  static let dictionaryLimit = 65_536

  package let schema: Schema
  /// Names of the key columns, in the order in which they are looked up.
  package let keys: [String]
  /// Rows with distinct keys.
  package var rowCount: Int { index.count }

  let index: GroupTable
  let codec: KeyCodec
  /// One for each field of the schema, row = group of the key.
  let columns: [TableColumn]

  /// Of rows with the same key the last counts; a row with a null in its key is never found.
  /// O(rows).
  package init(schema: Schema, keys: [String], batches: [Batch]) throws(TableError) {
    self.schema = schema
    self.keys = keys
    let positions = keys.compactMap { schema.index(of: $0) }
    guard positions.count == keys.count, !keys.isEmpty else {
      throw .noSuchKey(keys.first { schema.index(of: $0) == nil } ?? "")
    }
    codec = KeyCodec(positions.map { schema[$0].type })
    index = GroupTable()
    var latest: [(batch: Int, row: Int)] = []
    for (number, batch) in batches.enumerated() {
      Self.add(batch.gathered(), number, positions, codec, index, &latest)
    }
    let gathered = batches.map { $0.gathered() }
    columns = schema.fields.indices.map { field in
      let builder = ColumnBuilder(schema[field].type, capacity: max(latest.count, 1))
      for (batch, row) in latest {
        builder.append(from: gathered[batch].columns[field], row: row)
      }
      return TableColumn(builder.finish())
    }
  }

  /// All rows, in batches. O(rows).
  package var batches: [Batch] {
    stride(from: 0, to: rowCount, by: Batch.rowLimit).map { start in
      let rows = start..<min(start + Batch.rowLimit, rowCount)
      return Batch(
        schema: schema, columns: columns.map { $0.plain(rows) }, rowCount: rows.count)
    }
  }

  /// Notes each row as the latest of its key.
  private static func add(
    _ batch: Batch, _ number: Int, _ positions: [Int], _ codec: KeyCodec, _ index: GroupTable,
    _ latest: inout [(batch: Int, row: Int)]
  ) {
    let columns = positions.map { batch.columns[$0].withoutDictionary() }
    // The keys' bytes may lie in them.
    defer { withExtendedLifetime(columns) {} }
    let rows = (0..<batch.rowCount).filter { row in columns.allSatisfy { $0.isValid(row) } }
    let numbers = rows.map { UInt32($0) }
    var hashes = Array(repeating: UInt64(0), count: batch.rowCount)
    var groups = Array(repeating: UInt32(0), count: rows.count)
    KeyHasher.hash(columns: columns, rowCount: batch.rowCount, selection: nil, into: &hashes)
    let scratch = KeyScratch()
    numbers.withUnsafeBufferPointer { numbers in
      guard let base = numbers.baseAddress else { return }
      let list = RowList(rows: base, count: numbers.count)
      let bytes = codec.bytes(of: columns, list, rowCount: batch.rowCount, scratch: scratch)
      index.find(bytes, hashes, list, into: &groups)
    }
    for (row, group) in zip(rows, groups) {
      if Int(group) == latest.count {
        latest.append((number, row))
      } else {
        latest[Int(group)] = (number, row)
      }
    }
  }
}

/// Why a table could not be made.
package enum TableError: Error, Hashable, Sendable {
  /// The table has no column of that name to be its key.
  case noSuchKey(String)
}

/// A column of a table: plain, or codes into a dictionary.
struct TableColumn {
  /// What is looked into: the values themselves, or the dictionary, without nulls and never empty.
  let values: Column
  /// Of each table row, its row in `values`; nil: the same.
  let codes: [UInt32]?
  /// Of each table row, 0 for null; nil where none is.
  let validity: [UInt8]?

  init(_ column: Column) {
    validity = column.validity.map { flags in (0..<column.rowCount).map { flags[$0] } }
    guard column.type.isText else {
      values = column
      codes = nil
      return
    }
    let distinct = GroupTable()
    let builder = ColumnBuilder(column.type, capacity: 64)
    var codes: [UInt32] = []
    codes.reserveCapacity(column.rowCount)
    for row in 0..<column.rowCount {
      let text = column.text(row)
      let before = distinct.count
      let code = distinct.find(text: text, KeyHasher.hash(text: text))
      if distinct.count > before { builder.append(text: text) }
      codes.append(code)
      if distinct.count > ReplicatedTable.dictionaryLimit {
        values = column
        self.codes = nil
        return
      }
    }
    if distinct.count == 0 { builder.append(string: "") }
    values = builder.finish()
    self.codes = codes
  }
}

extension TableColumn {
  /// Some of its rows as they were.
  func plain(_ rows: Range<Int>) -> Column {
    let builder = ColumnBuilder(values.type, capacity: rows.count)
    for row in rows {
      if validity.map({ $0[row] == 0 }) ?? false {
        builder.appendNull()
      } else {
        builder.append(from: values, row: codes.map { Int($0[row]) } ?? row)
      }
    }
    return builder.finish()
  }
}

extension GroupTable {
  /// Finds or makes the group of a text, which may be empty.
  func find(text: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> UInt32 {
    if let start = text.baseAddress {
      return find(start, UInt32(truncatingIfNeeded: text.count), hash)
    }
    var empty: UInt64 = 0
    return withUnsafeBytes(of: &empty) { bytes in
      find(bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self), 0, hash)
    }
  }
}

extension Column {
  /// The column as plain values; itself where it has no dictionary. O(rows and their bytes).
  func withoutDictionary() -> Column {
    guard dictionary != nil else { return self }
    guard type.isText else { return withFixedValues() }
    let builder = ColumnBuilder(type, capacity: rowCount)
    for row in 0..<rowCount { builder.append(from: self, row: row) }
    return builder.finish()
  }
}
