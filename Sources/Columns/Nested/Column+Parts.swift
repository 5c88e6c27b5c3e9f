package import Schemas

/// The elements of a column's lists, one behind the other.
package struct ListElements {
  package let column: Column
  /// The row that each comes from, ascending.
  package let rows: [UInt32]

  /// Of the lists in the rows that count. A null list has none. O(rows + elements).
  package init(_ lists: Column, of element: FieldType, _ rows: RowSet) {
    var total = 0
    var bytes = 0
    let type = element.type
    rows.forEach { row in
      guard lists.isValid(row) else { return }
      let cell = lists.text(row)
      total += NestedList(cell, element: type).count
      bytes += cell.count
    }
    var origins: [UInt32] = []
    origins.reserveCapacity(total)
    let builder = PartBuilder(type, rowCount: total, byteCapacity: type.isText ? bytes : 0)
    rows.forEach { row in
      guard lists.isValid(row) else { return }
      let list = NestedList(lists.text(row), element: type)
      builder.append(list)
      for _ in 0..<list.count { origins.append(UInt32(truncatingIfNeeded: row)) }
    }
    column = builder.finish()
    self.rows = origins
  }
}

/// Makes a column from parts of nested values, row after row.
package final class PartBuilder {
  private let type: DataType
  private let texts: TextColumnWriter?
  private let fixed: Column?
  private var row = 0
  private var nulls = 0

  package init(_ type: DataType, rowCount: Int, byteCapacity: Int = 0) {
    self.type = type
    if type.isText {
      texts = TextColumnWriter(type, rowCount: rowCount, byteCapacity: byteCapacity)
      fixed = nil
    } else {
      texts = nil
      fixed = Column(fixed: type, rowCount: rowCount, withValidity: true)
    }
  }

  /// Leaves rows that don't count until the next is `row`; they hold no value.
  @inline(__always)
  package func skip(to row: Int) {
    if let texts { return texts.skip(to: row) }
    while self.row < row { append(nil) }
  }

  /// The next row's value, nil for a null.
  @inline(__always)
  package func append(_ value: UnsafeBufferPointer<UInt8>?) {
    if let texts {
      if let value {
        texts.buffer.append(value)
        texts.endRow()
      } else {
        texts.endNull()
      }
      return
    }
    guard let fixed, let validity = fixed.validity else { return }
    let width = type.width
    let target = fixed.values + row &* width
    if let base = value?.baseAddress {
      target.copyMemory(from: base, byteCount: width)
      validity[row] = 1
    } else {
      target.initializeMemory(as: UInt8.self, repeating: 0, count: width)
      validity[row] = 0
      nulls &+= 1
    }
    row &+= 1
  }

  /// All elements of a list as rows; of fixed width in one move.
  func append(_ list: NestedList) {
    if let fixed, !list.hasNulls, let slots = list.slots, let validity = fixed.validity {
      let width = type.width
      (fixed.values + row * width).copyMemory(from: slots, byteCount: list.count * width)
      (validity + row).update(repeating: 1, count: list.count)
      row += list.count
      return
    }
    for index in 0..<list.count { append(list.element(index)) }
  }

  /// What is left of the rows holds no value.
  package func finish() -> Column {
    if let texts { return texts.finish() }
    guard let fixed else { return Column(fixed: type, rowCount: 0) }
    let given = row
    skip(to: fixed.rowCount)
    if nulls == fixed.rowCount - given { fixed.dropValidity() }
    return fixed
  }
}

extension Column {
  /// One field of a column of structs: a row for each row. O(rows).
  package func field(_ index: Int, of layout: StructLayout, _ rows: RowSet) -> Column {
    let builder = PartBuilder(layout.fields[index], rowCount: rowCount)
    rows.forEach { row in
      builder.skip(to: row)
      builder.append(isValid(row) ? layout.field(index, of: text(row)) : nil)
    }
    return builder.finish()
  }
}
