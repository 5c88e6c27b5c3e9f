package import Schemas

/// Writes a text column of a known number of rows, row after row: `buffer` takes a row's bytes, and
/// `endRow` or `endNull` closes it.
package final class TextColumnWriter {
  package let buffer: ByteBuffer
  /// The row that is written next. Unchecked as in `ByteBuffer`.
  @exclusivity(unchecked) package private(set) var row = 0

  private let type: DataType
  private let rowCount: Int
  private let offsets: Memory
  @exclusivity(unchecked) private var validity: Memory?
  private var isFinished = false

  package init(_ type: DataType, rowCount: Int, byteCapacity: Int = 1024) {
    self.type = type
    self.rowCount = rowCount
    buffer = ByteBuffer(capacity: byteCapacity)
    offsets = .allocate((rowCount + 1) * 4)
    offsets.base.storeBytes(of: 0, as: UInt32.self)
  }

  deinit {
    guard !isFinished else { return }
    offsets.free()
    validity?.free()
  }

  /// Closes the row. At most `rowCount` rows are closed.
  @inline(__always)
  package func endRow() {
    precondition(row < rowCount, "a text column takes no more rows than were said")
    row &+= 1
    offsets.base.storeBytes(
      of: UInt32(truncatingIfNeeded: buffer.count), toByteOffset: row &* 4, as: UInt32.self)
  }

  /// Closes the row as null; what was written for it must have been taken back.
  package func endNull() {
    if validity == nil {
      let memory = Memory.allocate(rowCount)
      memory.base.initializeMemory(as: UInt8.self, repeating: 1, count: rowCount)
      validity = memory
    }
    validity?.base.storeBytes(of: 0, toByteOffset: row, as: UInt8.self)
    endRow()
  }

  /// Closes rows without bytes up to `row`, which is the next to be written: rows that don't count.
  @inline(__always)
  package func skip(to row: Int) { while self.row < row { endRow() } }

  /// Closes what is left as empty and hands the column over. Called once.
  package func finish() -> Column {
    precondition(!isFinished, "a text column is handed over once")
    skip(to: rowCount)
    isFinished = true
    TextLimit.check(buffer.count)
    return Column(
      type: type, rowCount: rowCount, validity: validity, values: buffer.take(),
      offsets: offsets)
  }
}
