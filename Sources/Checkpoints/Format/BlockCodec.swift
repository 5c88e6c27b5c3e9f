import Columns
import Schemas

/// Rows of a state as bytes: columns one after the other, as they lie in memory.
///
/// `rows: u32, hidden columns: u8`, then for each column `flags: u8` (1: validity follows, a byte a
/// row), and its values: of fixed width raw, of text `rows + 1` offsets and the bytes. Dictionary
/// columns are written plain: codes never enter a checkpoint.
enum BlockCodec {
  /// Bytes of one block before compression, at most.
  static let byteLimit = 1 << 28

  /// Which of the hidden columns are kept, by bit.
  private static var hidden: [(WritableKeyPath<HiddenColumns, Column?>, DataType)] {
    [
      (\.eventTimes, .timestamp), (\.lanes, .int), (\.places, .int),
      (\.lateWatermarks, .timestamp), (\.rowKinds, .int),
    ]
  }

  /// O(rows × columns). The batch has no selection.
  static func encode(_ batch: Batch) -> [UInt8] {
    var writer = ByteWriter(capacity: 4096)
    writer.put(count: batch.rowCount)
    var mask: UInt8 = 0
    for (bit, entry) in hidden.enumerated() where batch.hidden[keyPath: entry.0] != nil {
      mask |= 1 << UInt8(bit)
    }
    writer.put(mask)
    for column in batch.columns { put(column, rows: batch.rowCount, &writer) }
    for (path, _) in hidden {
      if let column = batch.hidden[keyPath: path] { put(column, rows: batch.rowCount, &writer) }
    }
    return writer.take()
  }

  private static func put(_ column: Column, rows: Int, _ writer: inout ByteWriter) {
    if column.isDictionary {
      let plain = ColumnBuilder(column.type, capacity: rows)
      for row in 0..<rows { plain.append(from: column, row: row) }
      return put(plain.finish(), rows: rows, &writer)
    }
    writer.put(UInt8(column.hasNulls ? 1 : 0))
    if let validity = column.validity {
      writer.put(raw: UnsafeRawBufferPointer(start: validity, count: rows))
    }
    if let offsets = column.offsets, let bytes = column.bytes {
      // Written from zero, wherever the column's own text begins.
      let first = offsets[0]
      for row in 0...rows { writer.put(offsets[row] &- first) }
      let count = Int(offsets[rows] &- first)
      writer.put(raw: UnsafeRawBufferPointer(start: bytes + Int(first), count: count))
    } else {
      writer.put(raw: UnsafeRawBufferPointer(start: column.values, count: rows * column.type.width))
    }
  }

  /// O(bytes). Any bytes give a batch of this schema or an error.
  static func decode(_ reader: inout ByteReader, schema: Schema) throws(CheckpointError) -> Batch {
    let rows = Int(try reader.uint32())
    guard rows <= reader.remaining else { throw reader.damaged("\(rows) rows do not fit in") }
    let mask = try reader.byte()
    guard mask >> UInt8(hidden.count) == 0 else {
      throw reader.damaged("unknown hidden columns \(mask)")
    }
    var columns: [Column] = []
    for field in schema.fields {
      columns.append(try column(field.type, rows: rows, &reader))
    }
    var extra = HiddenColumns()
    for (bit, entry) in hidden.enumerated() where mask & (1 << UInt8(bit)) != 0 {
      extra[keyPath: entry.0] = try column(entry.1, rows: rows, &reader)
    }
    try reader.expectEnd()
    return Batch(schema: schema, columns: columns, rowCount: rows, hidden: extra)
  }

  private static func column(
    _ type: DataType, rows: Int, _ reader: inout ByteReader
  ) throws(CheckpointError) -> Column {
    let isNullable = try reader.bool()
    let validity = isNullable ? try reader.raw(rows) : nil
    let column: Column
    if type.isText {
      column = try text(type, rows: rows, isNullable: isNullable, &reader)
    } else {
      let range = try reader.raw(rows * type.width)
      column = Column(fixed: type, rowCount: rows, withValidity: isNullable)
      copy(reader.bytes, range, to: column.values)
    }
    if let validity, let target = column.validity {
      copy(reader.bytes, validity, to: target)
      for row in 0..<rows where target[row] > 1 {
        throw reader.damaged("a row is neither null nor valid")
      }
    }
    if type == .bool {
      for row in 0..<rows where column.bools[row] > 1 {
        throw reader.damaged("a bool is neither true nor false")
      }
    }
    return column
  }

  private static func text(
    _ type: DataType, rows: Int, isNullable: Bool, _ reader: inout ByteReader
  ) throws(CheckpointError) -> Column {
    var ends = reader
    _ = try reader.raw((rows + 1) * 4)
    var last: UInt32 = 0
    for row in 0...rows {
      let end = try ends.uint32()
      guard end >= last, row > 0 || end == 0 else { throw reader.damaged("text ends out of order") }
      last = end
    }
    let range = try reader.raw(Int(last))
    let column = Column(
      text: type, rowCount: rows, byteCount: range.count, withValidity: isNullable)
    if let offsets = column.offsets, let bytes = column.bytes {
      let table = (range.lowerBound - (rows + 1) * 4)..<range.lowerBound
      copy(reader.bytes, table, to: offsets)
      copy(reader.bytes, range, to: bytes)
    }
    if type.isNested {
      for row in 0..<rows where !NestedCheck.isSound(column.text(row), type) {
        throw reader.damaged("a value is no \(type)")
      }
    }
    return column
  }

  private static func copy(
    _ bytes: [UInt8], _ range: Range<Int>, to target: UnsafeMutableRawPointer
  ) {
    bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress, !range.isEmpty else { return }
      target.copyMemory(from: base + range.lowerBound, byteCount: range.count)
    }
  }
}
