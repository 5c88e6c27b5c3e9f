import Glibc

/// A constant text that a column's texts are tested against, eight bytes at a time.
///
/// Up to 16 bytes a row costs two masked loads and no branch; they may read past a row's end, into
/// the next row or the slack behind the column.
package struct TextNeedle {
  private let count: Int
  private let head: UInt64
  private let tail: UInt64
  private let mask: UInt64
  private let bytes: [UInt8]

  package init(_ text: [UInt8]) {
    count = text.count
    bytes = text
    var head: UInt64 = 0
    var tail: UInt64 = 0
    for (i, byte) in text.prefix(8).enumerated() { head |= UInt64(byte) << UInt64(8 * i) }
    if text.count > 8 {
      for (i, byte) in text.suffix(8).enumerated() { tail |= UInt64(byte) << UInt64(8 * i) }
    }
    self.head = head
    self.tail = tail
    mask = text.count >= 8 ? .max : (1 << UInt64(8 * text.count)) - 1
  }

  /// Writes for each row whether its text is the needle. Plain columns only.
  package func matches(_ column: Column, to out: UnsafeMutablePointer<UInt8>, _ rows: RowSet) {
    guard let offsets = column.offsets, let text = column.bytes else { return }
    if count <= 8 {
      rows.forEach { out[$0] = isShort(offsets, text, $0) }
    } else if count <= 16 {
      rows.forEach { out[$0] = isMiddling(offsets, text, $0) }
    } else {
      rows.forEach { out[$0] = isLong(offsets, text, $0) }
    }
  }

  /// The rows whose text is the needle. Columns without nulls.
  package func select(_ column: Column, _ rows: RowSet) -> Selection {
    if let dictionary = column.dictionary {
      let isNeedle = Memory.allocate(dictionary.rowCount)
      defer { isNeedle.free() }
      let values = isNeedle.base.assumingMemoryBound(to: UInt8.self)
      matches(dictionary, to: values, RowSet(rowCount: dictionary.rowCount))
      return CompareKernels.select(values, column.codes, rows)
    }
    let result = Selection(capacity: rows.count)
    guard let offsets = column.offsets, let text = column.bytes else { return result }
    let kept = result.rows
    var count = 0
    if self.count <= 8 {
      rows.forEach { row in
        kept[count] = UInt32(truncatingIfNeeded: row)
        count &+= Int(isShort(offsets, text, row))
      }
    } else if self.count <= 16 {
      rows.forEach { row in
        kept[count] = UInt32(truncatingIfNeeded: row)
        count &+= Int(isMiddling(offsets, text, row))
      }
    } else {
      rows.forEach { row in
        kept[count] = UInt32(truncatingIfNeeded: row)
        count &+= Int(isLong(offsets, text, row))
      }
    }
    result.count = count
    return result
  }

  @inline(__always)
  private func isShort(
    _ offsets: UnsafePointer<UInt32>, _ text: UnsafePointer<UInt8>, _ row: Int
  ) -> UInt8 {
    let start = Int(offsets[row])
    let word = UnsafeRawPointer(text).loadUnaligned(fromByteOffset: start, as: UInt64.self)
    return byte(Int(offsets[row &+ 1]) &- start == count)
      & byte(UInt64(littleEndian: word) & mask == head)
  }

  @inline(__always)
  private func isMiddling(
    _ offsets: UnsafePointer<UInt32>, _ text: UnsafePointer<UInt8>, _ row: Int
  ) -> UInt8 {
    let start = Int(offsets[row])
    let raw = UnsafeRawPointer(text) + start
    let first = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
    let last = UInt64(
      littleEndian: raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
    return byte(Int(offsets[row &+ 1]) &- start == count) & byte(first == head)
      & byte(last == tail)
  }

  private func isLong(
    _ offsets: UnsafePointer<UInt32>, _ text: UnsafePointer<UInt8>, _ row: Int
  ) -> UInt8 {
    let start = Int(offsets[row])
    guard Int(offsets[row &+ 1]) &- start == count else { return 0 }
    return byte(memcmp(text + start, bytes, count) == 0)
  }
}
