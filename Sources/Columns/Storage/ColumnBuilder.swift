package import Schemas

/// Grows a plain column value by value, for decoders and exchanges; `finish` hands the column over.
///
/// Appending is amortised O(1). Not for kernels, which write whole columns at once.
package final class ColumnBuilder {
  package let type: DataType
  // Unchecked: as in `ByteBuffer`.
  @exclusivity(unchecked) package private(set) var rowCount = 0
  /// Bytes of text so far.
  @exclusivity(unchecked) package private(set) var byteCount = 0

  @exclusivity(unchecked) private var values: Memory
  @exclusivity(unchecked) private var offsets: Memory?
  @exclusivity(unchecked) private var validity: Memory?
  @exclusivity(unchecked) private var rowCapacity: Int

  package init(_ type: DataType, capacity: Int = 64, byteCapacity: Int = 1024) {
    self.type = type
    self.rowCapacity = max(capacity, 1)
    if type.isText {
      values = .allocate(byteCapacity)
      offsets = .allocate((rowCapacity + 1) * 4)
      offsets?.base.storeBytes(of: 0, as: UInt32.self)
    } else {
      values = .allocate(rowCapacity * type.width)
    }
  }

  deinit {
    values.free()
    offsets?.free()
    validity?.free()
  }

  package func append(bool value: Bool) {
    reserveRow()
    values.base.storeBytes(of: value ? 1 : 0, toByteOffset: rowCount, as: UInt8.self)
    rowCount += 1
  }

  /// Of `int`, `timestamp`, `date` and `duration`.
  package func append(int value: Int64) {
    reserveRow()
    values.base.storeBytes(of: value, toByteOffset: rowCount * 8, as: Int64.self)
    rowCount += 1
  }

  package func append(float value: Double) {
    reserveRow()
    values.base.storeBytes(of: value, toByteOffset: rowCount * 8, as: Double.self)
    rowCount += 1
  }

  /// The unscaled value, at the column's scale.
  package func append(decimal value: Int128) {
    reserveRow()
    values.base.storeBytes(of: value, toByteOffset: rowCount * 16, as: Int128.self)
    rowCount += 1
  }

  package func append(text: UnsafeBufferPointer<UInt8>) {
    reserveRow()
    reserveBytes(text.count)
    if let start = text.baseAddress, text.count > 0 {
      (values.base + byteCount).copyMemory(from: start, byteCount: text.count)
    }
    byteCount += text.count
    closeText()
  }

  package func append(string: String) {
    var string = string
    string.withUTF8 { append(text: $0) }
  }

  package func appendNull() {
    reserveRow()
    if validity == nil {
      let memory = Memory.allocate(rowCapacity)
      memory.base.initializeMemory(as: UInt8.self, repeating: 1, count: rowCapacity)
      validity = memory
    }
    validity?.base.storeBytes(of: 0, toByteOffset: rowCount, as: UInt8.self)
    if type.isText {
      closeText()
    } else {
      (values.base + rowCount * type.width).initializeMemory(
        as: UInt8.self, repeating: 0, count: type.width)
      rowCount += 1
    }
  }

  /// Appends one row of a column of the same type, plain or dictionary.
  package func append(from column: Column, row: Int) {
    guard column.isValid(row) else { return appendNull() }
    if type.isText { return append(text: column.text(row)) }
    reserveRow()
    let source = column.dictionary ?? column
    let sourceRow = column.isDictionary ? Int(column.codes[row]) : row
    (values.base + rowCount * type.width).copyMemory(
      from: source.values + sourceRow * type.width, byteCount: type.width)
    rowCount += 1
  }

  /// Hands over what was appended and begins anew.
  package func finish() -> Column {
    TextLimit.check(byteCount)
    let column = Column(
      type: type, rowCount: rowCount, validity: validity, values: values, offsets: offsets)
    rowCount = 0
    byteCount = 0
    validity = nil
    if type.isText {
      values = .allocate(1024)
      offsets = .allocate((rowCapacity + 1) * 4)
      offsets?.base.storeBytes(of: 0, as: UInt32.self)
    } else {
      values = .allocate(rowCapacity * type.width)
    }
    return column
  }

  private func closeText() {
    rowCount += 1
    offsets?.base.storeBytes(
      of: UInt32(truncatingIfNeeded: byteCount), toByteOffset: rowCount * 4, as: UInt32.self)
  }

  private func reserveRow() {
    guard rowCount == rowCapacity else { return }
    let larger = rowCapacity * 2
    if let old = offsets {
      offsets = grown(old, used: (rowCount + 1) * 4, to: (larger + 1) * 4)
    } else {
      values = grown(values, used: rowCount * type.width, to: larger * type.width)
    }
    if let old = validity {
      let memory = grown(old, used: rowCount, to: larger)
      (memory.base + rowCount).initializeMemory(
        as: UInt8.self, repeating: 1, count: larger - rowCount)
      validity = memory
    }
    rowCapacity = larger
  }

  private func reserveBytes(_ count: Int) {
    guard byteCount + count > values.capacity else { return }
    values = grown(values, used: byteCount, to: max(values.capacity * 2, byteCount + count))
  }

  private func grown(_ old: Memory, used: Int, to capacity: Int) -> Memory {
    let new = Memory.allocate(capacity)
    new.base.copyMemory(from: old.base, byteCount: used)
    old.free()
    return new
  }
}
