import Columns
import Glibc
import Schemas

/// One value as bytes: text as it is, anything else in little endian.
enum ValueBytes {
  /// Where a row's value lies, of plain and dictionary columns. The row is not null.
  static func of(_ column: Column, _ row: Int) -> UnsafeBufferPointer<UInt8> {
    if column.type.isText { return column.text(row) }
    let source = column.dictionary ?? column
    let at = column.isDictionary ? Int(column.codes[row]) : row
    let width = column.type.width
    let start = (source.values + at * width).assumingMemoryBound(to: UInt8.self)
    return UnsafeBufferPointer(start: start, count: width)
  }

  static func append(_ bytes: UnsafeBufferPointer<UInt8>, to builder: ColumnBuilder) {
    guard !builder.type.isText else { return builder.append(text: bytes) }
    guard let start = bytes.baseAddress else { return builder.appendNull() }
    let at = UnsafeRawPointer(start)
    switch builder.type {
    case .bool: builder.append(bool: at.load(as: UInt8.self) != 0)
    case .float: builder.append(float: at.loadUnaligned(as: Double.self))
    case .decimal: builder.append(decimal: at.loadUnaligned(as: Int128.self))
    default: builder.append(int: at.loadUnaligned(as: Int64.self))
    }
  }

  /// Whether `a` orders before `b` (negative), after it (positive) or beside it.
  static func compare(
    _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>, _ type: DataType
  ) -> Int {
    guard let x = a.baseAddress, let y = b.baseAddress else { return a.count - b.count }
    if type.isText {
      let order = memcmp(x, y, min(a.count, b.count))
      return order != 0 ? Int(order) : a.count - b.count
    }
    let p = UnsafeRawPointer(x)
    let q = UnsafeRawPointer(y)
    switch type {
    case .bool: return Int(x[0]) - Int(y[0])
    case .float:
      return order(
        orderedWord(p.loadUnaligned(as: Double.self)),
        orderedWord(q.loadUnaligned(as: Double.self)))
    case .decimal:
      return order(p.loadUnaligned(as: Int128.self), q.loadUnaligned(as: Int128.self))
    default:
      return order(p.loadUnaligned(as: Int64.self), q.loadUnaligned(as: Int64.self))
    }
  }

  @inline(__always)
  private static func order<Value: Comparable>(_ a: Value, _ b: Value) -> Int {
    a < b ? -1 : a > b ? 1 : 0
  }
}

extension ByteArena {
  /// Adds a length and the bytes.
  func appendValue(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let (reference, address) = reserve(4 + bytes.count)
    UnsafeMutableRawPointer(address).storeBytes(of: UInt32(bytes.count), as: UInt32.self)
    if let start = bytes.baseAddress, bytes.count > 0 {
      (address + 4).update(from: start, count: bytes.count)
    }
    return reference
  }

  /// What `appendValue` added.
  func value(_ reference: UInt64) -> UnsafeBufferPointer<UInt8> {
    let start = UnsafePointer(address(reference))
    let length = UnsafeRawPointer(start).loadUnaligned(as: UInt32.self)
    return UnsafeBufferPointer(start: start + 4, count: Int(length))
  }
}
