package import Columns
import Schemas

/// Looks rows up in a shared table, for one worker: holds the working memory and what it knows of
/// the dictionaries it met.
package final class TableLookup {
  /// What a batch found.
  package struct Result {
    /// The added columns, valid in the rows that count.
    package let columns: [Column]
    /// Rows with a match and without one; nil where all rows have one.
    package let matched: Selection?
    package let unmatched: Selection?
  }

  private let table: ReplicatedTable
  private let added: [Int]
  private let identity = IdentityRows()
  private let scratch = KeyScratch()
  private var hashes = Scratch<UInt64>()
  private var groups = Scratch<UInt32>()
  private var translations: [Translation] = []

  /// `added`: names of the table's columns that rows get. Nil if the table lacks one.
  package init?(_ table: ReplicatedTable, added: [String]) {
    let positions = added.compactMap { table.schema.index(of: $0) }
    guard positions.count == added.count else { return nil }
    self.table = table
    self.added = positions
  }

  /// Finds the rows of a batch by these key columns of it.
  package func find(_ keys: [Column], of batch: Batch) -> Result {
    let list = RowList(
      rows: batch.selection.map { UnsafePointer($0.rows) } ?? identity.first(batch.rowCount),
      count: batch.selectedCount)
    let found = groups.reserve(max(list.count, 1))
    if table.codec.isText, let dictionary = keys[0].dictionary {
      translation(dictionary).find(keys[0], list, into: found)
    } else {
      let hashes = hashes.reserve(max(batch.rowCount, 1))
      KeyHasher.hash(
        columns: keys, rowCount: batch.rowCount, selection: batch.selection, into: hashes)
      let bytes = table.codec.bytes(
        of: keys, list, rowCount: batch.rowCount, scratch: scratch)
      table.index.lookUp(bytes, UnsafePointer(hashes), list, into: found)
    }
    list.hideNulls(of: keys, in: found)
    return result(list, UnsafePointer(found), rowCount: batch.rowCount)
  }

  private func result(
    _ list: RowList, _ found: UnsafePointer<UInt32>, rowCount: Int
  ) -> Result {
    var missing = 0
    for i in 0..<list.count { missing &+= Int(truncatingIfNeeded: found[i] >> 31) }
    let columns = added.map {
      table.columns[$0].gathered(list, found, rowCount: rowCount, hasMissing: missing > 0)
    }
    guard missing > 0 else { return Result(columns: columns, matched: nil, unmatched: nil) }
    let matched = Selection(capacity: list.count)
    let unmatched = Selection(capacity: list.count)
    var (present, absent) = (0, 0)
    for i in 0..<list.count {
      matched.rows[present] = list.rows[i]
      unmatched.rows[absent] = list.rows[i]
      let isMissing = Int(truncatingIfNeeded: found[i] >> 31)
      present &+= 1 &- isMissing
      absent &+= isMissing
    }
    matched.count = present
    unmatched.count = absent
    return Result(columns: columns, matched: matched, unmatched: unmatched)
  }

  private func translation(_ dictionary: Column) -> Translation {
    if let known = translations.last(where: { $0.dictionary === dictionary }) { return known }
    if translations.count == DictionaryHashes.kept { translations.removeFirst() }
    let translation = Translation(dictionary, table.index)
    translations.append(translation)
    return translation
  }
}

/// The table row of each entry of a dictionary.
private final class Translation {
  let dictionary: Column
  private let rows: UnsafeMutablePointer<UInt32>

  init(_ dictionary: Column, _ index: GroupTable) {
    self.dictionary = dictionary
    let count = dictionary.rowCount
    rows = .allocate(capacity: max(count, 1))
    rows.initialize(repeating: GroupTable.missing, count: max(count, 1))
    guard let offsets = dictionary.offsets, let bytes = dictionary.bytes else { return }
    let hashes = DictionaryHashes(dictionary)
    let keys = KeyBytes(
      base: UnsafePointer(bytes), starts: UnsafePointer(offsets),
      ends: UnsafePointer(offsets + 1), validity: nil)
    let numbers = IdentityRows()
    let list = RowList(rows: numbers.first(count), count: count)
    index.lookUp(keys, UnsafePointer(hashes.hashes), list, into: rows)
  }

  deinit { rows.deallocate() }

  func find(_ column: Column, _ list: RowList, into found: UnsafeMutablePointer<UInt32>) {
    let codes = column.codes
    let rows = self.rows
    for i in 0..<list.count { found[i] = rows[Int(codes[Int(list.rows[i])])] }
  }
}

extension TableColumn {
  /// A batch's column of what was found: row `list.rows[i]` gets table row `found[i]`, or null.
  func gathered(
    _ list: RowList, _ found: UnsafePointer<UInt32>, rowCount: Int, hasMissing: Bool
  ) -> Column {
    let hasNulls = hasMissing || validity != nil
    if values.type.isText && codes == nil { return gatheredText(list, found, rowCount: rowCount) }
    let column =
      values.type.isText
      ? Column(dictionary: values, rowCount: rowCount, withValidity: hasNulls)
      : Column(fixed: values.type, rowCount: rowCount, withValidity: hasNulls)
    let width = values.type.isText ? 4 : values.type.width
    if list.count < rowCount || hasMissing {
      column.values.initializeMemory(as: UInt8.self, repeating: 0, count: rowCount * width)
    }
    if let codes {
      codes.withUnsafeBufferPointer { codes in
        guard let codes = codes.baseAddress else { return }
        scatter(codes, column.codes, list, found, hasMissing: hasMissing)
      }
    } else {
      switch width {
      case 1: scatter(values.bools, column.bools, list, found, hasMissing: hasMissing)
      case 16: scatter(values.decimals, column.decimals, list, found, hasMissing: hasMissing)
      default: scatter(values.ints, column.ints, list, found, hasMissing: hasMissing)
      }
    }
    setValidity(of: column, list, found)
    return column
  }

  @inline(__always)
  private func scatter<Value>(
    _ source: UnsafePointer<Value>, _ target: UnsafeMutablePointer<Value>, _ list: RowList,
    _ found: UnsafePointer<UInt32>, hasMissing: Bool
  ) {
    let rows = list.rows
    if hasMissing {
      for i in 0..<list.count where found[i] != GroupTable.missing {
        target[Int(rows[i])] = source[Int(found[i])]
      }
    } else {
      for i in 0..<list.count { target[Int(rows[i])] = source[Int(found[i])] }
    }
  }

  private func setValidity(
    of column: Column, _ list: RowList, _ found: UnsafePointer<UInt32>
  ) {
    guard let flags = column.validity else { return }
    flags.initialize(repeating: 0, count: column.rowCount)
    for i in 0..<list.count where found[i] != GroupTable.missing {
      flags[Int(list.rows[i])] = validity?[Int(found[i])] ?? 1
    }
  }

  /// Text of many distinct values: copied, unless that is more than a batch should hold, for then
  /// few large ones are found again and again.
  private func gatheredText(
    _ list: RowList, _ found: UnsafePointer<UInt32>, rowCount: Int
  ) -> Column {
    var bytes = 0
    for i in 0..<list.count where found[i] != GroupTable.missing {
      bytes += values.text(Int(found[i])).count
    }
    if bytes > TextLimit.batchBytes { return sharedText(list, found, rowCount: rowCount) }
    let builder = ColumnBuilder(values.type, capacity: max(rowCount, 1))
    for i in 0..<list.count {
      while builder.rowCount < Int(list.rows[i]) { builder.append(string: "") }
      if found[i] == GroupTable.missing {
        builder.appendNull()
      } else {
        builder.append(from: values, row: Int(found[i]))
      }
    }
    while builder.rowCount < rowCount { builder.append(string: "") }
    return builder.finish()
  }

  /// Each text that was found once, as a dictionary of this batch.
  private func sharedText(
    _ list: RowList, _ found: UnsafePointer<UInt32>, rowCount: Int
  ) -> Column {
    var codes: [UInt32: UInt32] = [:]
    let builder = ColumnBuilder(values.type, capacity: list.count)
    for i in 0..<list.count where found[i] != GroupTable.missing && codes[found[i]] == nil {
      codes[found[i]] = UInt32(codes.count)
      // Empty for a null, which the validity tells.
      builder.append(text: values.text(Int(found[i])))
    }
    let column = Column(dictionary: builder.finish(), rowCount: rowCount, withValidity: true)
    column.codes.initialize(repeating: 0, count: rowCount)
    for i in 0..<list.count { column.codes[Int(list.rows[i])] = codes[found[i]] ?? 0 }
    setValidity(of: column, list, found)
    return column
  }
}
