package import Columns
package import Schemas

/// One value of a row of state, for operators that work key by key and not by column.
package enum StateValue: Hashable, Sendable {
  case null
  case bool(Bool)
  /// Of `int`, `timestamp`, `date` and `duration`.
  case int(Int64)
  case float(Double)
  /// Unscaled.
  case decimal(Int128)
  /// Of `string`, `bytes` and `json`.
  case text([UInt8])

  /// The value of a row, of plain and dictionary columns.
  package init(_ column: Column, _ row: Int) {
    guard column.isValid(row) else {
      self = .null
      return
    }
    if column.type.isText {
      self = .text(Array(column.text(row)))
      return
    }
    let source = column.dictionary ?? column
    let at = column.isDictionary ? Int(column.codes[row]) : row
    switch column.type {
    case .bool: self = .bool(source.bools[at] != 0)
    case .float: self = .float(source.floats[at])
    case .decimal: self = .decimal(source.decimals[at])
    default: self = .int(source.ints[at])
    }
  }

  /// Appends the value; one of another type than the builder's counts as null.
  func append(to builder: ColumnBuilder) {
    switch (self, builder.type) {
    case (.bool(let value), .bool): builder.append(bool: value)
    case (.float(let value), .float): builder.append(float: value)
    case (.decimal(let value), .decimal): builder.append(decimal: value)
    case (.int(let value), .int), (.int(let value), .timestamp), (.int(let value), .date),
      (.int(let value), .duration):
      builder.append(int: value)
    case (.text(let value), let type) where type.isText:
      value.withUnsafeBufferPointer { builder.append(text: $0) }
    default: builder.appendNull()
    }
  }

  /// Null first; then by value, text by its bytes.
  static func precedes(_ a: StateValue, _ b: StateValue) -> Bool {
    switch (a, b) {
    case (.null, .null): false
    case (.null, _): true
    case (.bool(let x), .bool(let y)): !x && y
    case (.int(let x), .int(let y)): x < y
    case (.float(let x), .float(let y)): orderedWord(x) < orderedWord(y)
    case (.decimal(let x), .decimal(let y)): x < y
    case (.text(let x), .text(let y)): x.lexicographicallyPrecedes(y)
    default: false
    }
  }
}

/// A key of keyed state with its hash, which says to which key group it belongs.
package struct StateKey: Hashable, Sendable {
  package let values: [StateValue]
  package let hash: UInt64

  /// The key of each row that counts, in order; other rows have none. O(rows).
  package static func keys(of columns: [Column], in batch: Batch) -> [StateKey] {
    var hashes = Array(repeating: UInt64(0), count: batch.rowCount)
    KeyHasher.hash(
      columns: columns, rowCount: batch.rowCount, selection: batch.selection, into: &hashes)
    return (0..<batch.selectedCount).map { place in
      let row = batch.selection.map { Int($0.rows[place]) } ?? place
      return StateKey(values: columns.map { StateValue($0, row) }, hash: hashes[row])
    }
  }

  package static func == (a: StateKey, b: StateKey) -> Bool {
    a.hash == b.hash && a.values == b.values
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(hash) }

  package var keyGroup: KeyGroup { KeyGroup(hash: hash) }
}
