package import Columns
import Schemas

/// A key's value as text, as servers know it.
package enum KeyText {
  /// Of a row whose value is there, of a type that `LookupPolicy.takesKeys`.
  package static func text(_ column: Column, _ row: Int) -> [UInt8] {
    let buffer = ByteBuffer(capacity: 64)
    switch column.type {
    case .int: IntegerText.write(column.entry(row).column.ints[column.entry(row).row], to: buffer)
    case .bool: return Array((column.bool(row) ? "true" : "false").utf8)
    case .decimal(_, let scale): DecimalText.write(column.decimal(row), scale: scale, to: buffer)
    case .date: DateText.write(column.int(row), to: buffer)
    case .timestamp: TimestampText.write(column.int(row), to: buffer)
    default: return Array(column.text(row))
    }
    return Array(UnsafeBufferPointer(start: UnsafePointer(buffer.base), count: buffer.count))
  }
}
