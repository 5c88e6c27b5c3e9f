import Columns
import Schemas

/// Puts a column together from columns that each hold some of its rows.
struct Merge {
  private let type: DataType
  private let rowCount: Int
  private var pieces: [(column: Column, rows: Selection)] = []

  init(_ type: DataType, rowCount: Int) {
    self.type = type
    self.rowCount = rowCount
  }

  /// Takes the rows from the column. No row is taken twice.
  mutating func take(_ column: Column, _ rows: Selection) {
    if rows.count > 0 { pieces.append((column, rows)) }
  }

  /// The column; rows that nobody gave are null. O(rows).
  func finish(_ rows: RowSet) -> Column {
    let given = pieces.reduce(0) { $0 + $1.rows.count }
    let withNulls = given < rows.count || pieces.contains { $0.column.hasNulls }
    return type.isText ? finishText(withNulls) : finishFixed(withNulls)
  }

  private func finishFixed(_ withNulls: Bool) -> Column {
    let out = Column(fixed: type, rowCount: rowCount, withValidity: withNulls)
    out.values.initializeMemory(as: UInt8.self, repeating: 0, count: rowCount * type.width)
    out.validity?.initialize(repeating: 0, count: rowCount)
    for (column, rows) in pieces {
      switch type.width {
      case 1: scatter(column.bools, out.bools, rows)
      case 16: scatter(column.decimals, out.decimals, rows)
      default: scatter(column.ints, out.ints, rows)
      }
      if let valid = out.validity { scatterValidity(column, valid, rows) }
    }
    return out
  }

  private func finishText(_ withNulls: Bool) -> Column {
    let sources = Memory.allocate(rowCount)
    defer { sources.free() }
    let source = sources.base.assumingMemoryBound(to: UInt8.self)
    // 0: no piece; a branch with more pieces than a byte counts is written row by row all the same.
    source.initialize(repeating: 0, count: rowCount)
    var texts: [Column] = []
    for (column, rows) in pieces {
      texts.append(column)
      let number = UInt8(truncatingIfNeeded: min(texts.count, 255))
      for k in 0..<rows.count { source[Int(rows.rows[k])] = number }
    }
    let later = laterPieces()
    let writer = TextColumnWriter(type, rowCount: rowCount, byteCapacity: rowCount * 8)
    for row in 0..<rowCount {
      let number = Int(source[row])
      let column = number == 255 ? later[row] : (number == 0 ? nil : texts[number - 1])
      if let column, column.isValid(row) {
        writer.buffer.append(column.text(row))
        writer.endRow()
      } else if column == nil, !withNulls {
        writer.endRow()
      } else {
        writer.endNull()
      }
    }
    return writer.finish()
  }

  /// By row, the pieces from the 255th on.
  private func laterPieces() -> [Int: Column] {
    var later: [Int: Column] = [:]
    for (column, rows) in pieces.dropFirst(254) {
      for row in rows.rowNumbers { later[row] = column }
    }
    return later
  }

  private func scatterValidity(
    _ column: Column, _ valid: UnsafeMutablePointer<UInt8>, _ rows: Selection
  ) {
    if let from = column.validity { return scatter(from, valid, rows) }
    let list = rows.rows
    for k in 0..<rows.count { valid[Int(list[k])] = 1 }
  }

  @inline(__always)
  private func scatter<T: BitwiseCopyable>(
    _ from: UnsafePointer<T>, _ to: UnsafeMutablePointer<T>, _ rows: Selection
  ) {
    let list = rows.rows
    for k in 0..<rows.count { to[Int(list[k])] = from[Int(list[k])] }
  }
}
